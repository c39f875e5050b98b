// Softmax over the columns of each row, and its relatives.
#pragma once

#include <cstdint>

namespace trimtab {

// softmax: exp(x - max) / sum. log_softmax: x - max - log(sum). sparsemax: max(x - tau, 0), tau so
// that the row sums to 1: the nearest point of the simplex (Martins & Astudillo 2016).
enum class Softmax : int32_t { softmax, log_softmax, sparsemax };

struct SoftmaxKernels {
  // y[i,:] = f(x[i,:]). A nan or an infinity in a row makes the whole of it nan, minus infinity
  // only where nothing else is there.
  void (*forward)(Softmax f, int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                  int64_t ldy);
  // From the output. softmax: dx = y * (dy - sum_j dy * y). log_softmax: dx = dy - exp(y) * sum_j
  // dy. sparsemax: dx = dy - the mean of dy, over the columns whose y is not 0; 0 elsewhere.
  void (*backward)(Softmax f, int64_t rows, int64_t columns, const float* y, int64_t ldy,
                   const float* dy, int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

// Softmax over the columns of each row.
#pragma once

#include <cstdint>

namespace trimtab {

struct SoftmaxKernels {
  // y[i,:] = exp(x[i,:] - max) / sum.
  void (*forward)(int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                  int64_t ldy);
  // dx = y * (dy - sum_j dy * y).
  void (*backward)(int64_t rows, int64_t columns, const float* y, int64_t ldy, const float* dy,
                   int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

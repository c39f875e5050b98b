// The parts of a Dense layer that are not a BLAS product: bias, and products with a narrow side.
#pragma once

#include <cstdint>

namespace trimtab {

struct DenseKernels {
  // y = x + bias (one value a column).
  void (*add_bias)(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* bias,
                   float* y, int64_t ldy);
  // sums[j] = (accumulate ? sums[j] : 0) + sum_i x[i,j].
  void (*column_sums)(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate,
                      float* sums);

  // Products with few units (1 to 8), where a BLAS call costs more than the work. kernel is
  // (inputs, units), row-major and dense. Called with any 1 <= units <= 8.
  // y[i,u] = sum_k x[i,k] * kernel[k,u], k in a fixed order.
  void (*narrow_forward)(int64_t rows, int64_t inputs, int64_t units, const float* x, int64_t ldx,
                         const float* kernel, float* y, int64_t ldy);
  // d_kernel[k,u] = sum_i x[i,k] * dy[i,u] for the given columns of x: the caller passes x and
  // d_kernel already moved to its slice of inputs.
  void (*narrow_kernel_gradient)(int64_t rows, int64_t inputs, int64_t units, const float* x,
                                 int64_t ldx, const float* dy, int64_t lddy, float* d_kernel);
  // dx[i,k] = sum_u dy[i,u] * kernel[k,u], for the caller's slice of inputs (dx and kernel moved).
  void (*narrow_input_gradient)(int64_t rows, int64_t inputs, int64_t units, const float* dy,
                                int64_t lddy, const float* kernel, float* dx, int64_t lddx);
};

}  // namespace trimtab

// The rectified linear unit with a learned slope for each column. Source: He et al. 2015.
#pragma once

#include <cstdint>

namespace trimtab {

struct PreluKernels {
  // y = x where x > 0, alpha * x elsewhere.
  void (*forward)(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* alpha,
                  float* y, int64_t ldy);
  // dx = dy where x > 0, 0 where x is 0 (as in Keras), alpha * dy elsewhere.
  void (*input_gradient)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                         const float* alpha, const float* dy, int64_t lddy, float* dx,
                         int64_t lddx);
  // sums[j] = sum of dy * x over the rows where x is not above 0, added to what is there if
  // `accumulate`.
  void (*alpha_gradient)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                         const float* dy, int64_t lddy, bool accumulate, float* sums);
};

}  // namespace trimtab

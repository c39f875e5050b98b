// Columns that rise from one to the next, in groups.
#pragma once

#include <cstdint>

namespace trimtab {

struct IncreasingKernels {
  // y[i,j] = x[i,j] where j starts a group of `group` columns, else y[i,j-1] + log(1 +
  // exp(x[i,j])). y may be x.
  void (*forward)(int64_t rows, int64_t columns, int64_t group, const float* x, int64_t ldx,
                  float* y, int64_t ldy);
  // dx[i,j] = the sum of dy[i,j] and all behind it in its group, times sigmoid(x[i,j]) unless j
  // starts the group. dx may be dy.
  void (*backward)(int64_t rows, int64_t columns, int64_t group, const float* x, int64_t ldx,
                   const float* dy, int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

// Columns moved and scaled by fixed numbers.
#pragma once

#include <cstdint>

namespace trimtab {

struct RescalingKernels {
  // y = x * scale + offset, of each column.
  void (*forward)(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* scale,
                  const float* offset, float* y, int64_t ldy);
  // dx = dy * scale.
  void (*backward)(int64_t rows, int64_t columns, const float* scale, const float* dy, int64_t lddy,
                   float* dx, int64_t lddx);
  // y = (x - mean) / deviation with deviation = max(sqrt(variance), 1e-7), as Keras has it;
  // inverted y = x * deviation + mean. Without the difference, a column whose mean is far from 0
  // would lose its digits.
  void (*normalize)(bool invert, int64_t rows, int64_t columns, const float* x, int64_t ldx,
                    const float* mean, const float* variance, float* y, int64_t ldy);
  // dx = dy / deviation; inverted dy * deviation.
  void (*normalize_backward)(bool invert, int64_t rows, int64_t columns, const float* variance,
                             const float* dy, int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

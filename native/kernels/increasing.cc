#include "kernels/increasing.h"

#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {

void increasing_forward(int64_t rows, int64_t columns, int64_t group, const float* x, int64_t ldx,
                        float* y, int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = x + i * ldx;
    float* to = y + i * ldy;
    float before = 0.0f;
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats first = lanes.load(from + j);
      float own[kLanes], steps[kLanes];
      store(own, first);
      store(steps, softplus(first));
      const int64_t count = columns - j < kLanes ? columns - j : kLanes;
      for (int64_t k = 0; k < count; ++k) {
        before = (j + k) % group == 0 ? own[k] : before + steps[k];
        to[j + k] = before;
      }
    });
  }
}

void increasing_backward(int64_t rows, int64_t columns, int64_t group, const float* x, int64_t ldx,
                         const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  for (int64_t i = 0; i < rows; ++i) {
    const float *at = x + i * ldx, *from = dy + i * lddy;
    float* to = dx + i * lddx;
    float behind = 0.0f;
    for (int64_t j = columns - 1; j >= 0; --j) {
      behind = (j + 1) % group == 0 ? from[j] : behind + from[j];
      to[j] = behind;
    }
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats slope = sigmoid(lanes.load(at + j)), sums = lanes.load(to + j);
      Ints starts{};
      for (int k = 0; k < kLanes; ++k) starts[k] = (j + k) % group == 0 ? -1 : 0;
      lanes.store(to + j, sums * select(starts, fill(1.0f), slope));
    });
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

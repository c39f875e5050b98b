#include "kernels/softmax.h"

#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
// Measured: 2.7 / 1.8 cycles an element.
void softmax_forward(int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                     int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = x + i * ldx;
    float* to = y + i * ldy;
    // A nan may be passed over here: it comes back through the sum.
    const float largest = maximum_of(from, columns);
    Floats total{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      Floats e = exp(lanes.load(from + j) - largest);
      lanes.store(to + j, e);
      total += lanes.clear_rest(e);
    });
    float sum = sum_of(total);
    over_columns(columns, [&](int64_t j, auto lanes)
                              TRIMTAB_BODY { lanes.store(to + j, lanes.load(to + j) / sum); });
  }
}

// Measured: 0.55 / 0.57 cycles an element.
void softmax_backward(int64_t rows, int64_t columns, const float* y, int64_t ldy, const float* dy,
                      int64_t lddy, float* dx, int64_t lddx) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* p = y + i * ldy;
    const float* d = dy + i * lddy;
    Floats total{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      total = fma(lanes.load(d + j), lanes.load(p + j), total);
    });
    float sum = sum_of(total);
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(dx + i * lddx + j, lanes.load(p + j) * (lanes.load(d + j) - sum));
    });
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

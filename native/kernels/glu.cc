#include "kernels/glu.h"

#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {

// Measured: 2.0 / 1.3 cycles an output.
void glu_forward(int64_t rows, int64_t units, const float* x, int64_t ldx, float* y, int64_t ldy) {
  over_block(rows, units, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    const float* from = x + i * ldx + j;
    lanes.store(y + i * ldy + j, lanes.load(from) * sigmoid(lanes.load(from + units)));
  });
}

// Measured: 2.7 / 1.6 cycles an output.
void glu_backward(int64_t rows, int64_t units, const float* x, int64_t ldx, const float* dy,
                  int64_t lddy, float* dx, int64_t lddx) {
  over_block(rows, units, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    const float* from = x + i * ldx + j;
    float* to = dx + i * lddx + j;
    const Floats d = lanes.load(dy + i * lddy + j), value = lanes.load(from);
    const Logistic gate = logistic(lanes.load(from + units));
    lanes.store(to, d * gate.value);
    lanes.store(to + units, d * value * gate.derivative);
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

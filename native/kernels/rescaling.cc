#include "kernels/rescaling.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr int64_t kStrip = 256;  // columns whose deviations are held at a time

// f(deviations, start, width) for strips of columns.
template <class Function>
TRIMTAB_INLINE void over_strips(int64_t columns, const float* variance, Function f) {
  float deviation[kStrip + kLanes];
  for (int64_t start = 0; start < columns; start += kStrip) {
    const int64_t width = columns - start < kStrip ? columns - start : kStrip;
    over_columns(width, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats root = square_root(lanes.load(variance + start + j));
      store(deviation + j, root < 1e-7f ? fill(1e-7f) : root);
    });
    f(static_cast<const float*>(deviation), start, width);
  }
}

}  // namespace

// Measured: 0.33 / 0.31 cycles an element.
void rescaling_forward(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                       const float* scale, const float* offset, float* y, int64_t ldy) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    lanes.store(y + i * ldy + j,
                lanes.load(x + i * ldx + j) * lanes.load(scale + j) + lanes.load(offset + j));
  });
}

void rescaling_backward(int64_t rows, int64_t columns, const float* scale, const float* dy,
                        int64_t lddy, float* dx, int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    lanes.store(dx + i * lddx + j, lanes.load(dy + i * lddy + j) * lanes.load(scale + j));
  });
}

// Measured: 0.63 cycles an element with AVX2.
void rescaling_normalize(bool invert, int64_t rows, int64_t columns, const float* x, int64_t ldx,
                         const float* mean, const float* variance, float* y, int64_t ldy) {
  over_strips(columns, variance,
              [=](const float* deviation, int64_t start, int64_t width) TRIMTAB_BODY {
                over_block(rows, width, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
                  const Floats v = lanes.load(x + i * ldx + start + j);
                  const Floats middle = lanes.load(mean + start + j), d = load(deviation + j);
                  lanes.store(y + i * ldy + start + j, invert ? v * d + middle : (v - middle) / d);
                });
              });
}

void rescaling_normalize_backward(bool invert, int64_t rows, int64_t columns, const float* variance,
                                  const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  over_strips(columns, variance,
              [=](const float* deviation, int64_t start, int64_t width) TRIMTAB_BODY {
                over_block(rows, width, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
                  const Floats v = lanes.load(dy + i * lddy + start + j), d = load(deviation + j);
                  lanes.store(dx + i * lddx + start + j, invert ? v * d : v / d);
                });
              });
}

}  // namespace trimtab::TRIMTAB_LEVEL

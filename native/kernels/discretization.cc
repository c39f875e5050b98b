#include "kernels/discretization.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

void set(int64_t columns, float value, float* y) {
  over_columns(columns,
               [=](int64_t j, auto lanes) TRIMTAB_BODY { lanes.store(y + j, fill(value)); });
}

}  // namespace

// Measured: 1.8 / 1.1 cycles an element with 8 boundaries.
void discretization_forward(int64_t rows, int64_t columns, int64_t boundaries,
                            const float* boundary, const float* x, int64_t ldx, float* y,
                            int64_t ldy) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    const Floats v = lanes.load(x + i * ldx + j);
    Floats bin{};
    for (int64_t k = 0; k < boundaries; ++k) bin += keep_where(v >= boundary[k], fill(1.0f));
    lanes.store(y + i * ldy + j, v == v ? bin : v);
  });
}

void discretization_encode(Encoding how, int64_t rows, int64_t columns, int64_t depth,
                           const float* x, int64_t ldx, float* y, int64_t ldy) {
  const int64_t step = how == Encoding::one_hot ? depth : 0;
  const auto end = static_cast<float>(depth);
  for (int64_t i = 0; i < rows; ++i) {
    float* to = y + i * ldy;
    set(how == Encoding::one_hot ? columns * depth : depth, 0.0f, to);
    for (int64_t j = 0; j < columns; ++j, to += step) {
      const float code = x[i * ldx + j];
      if (!(code > -1.0f && code < end)) {
        set(depth, __builtin_nanf(""), to);
        continue;
      }
      float& place = to[static_cast<int64_t>(code)];
      place = how == Encoding::count ? place + 1.0f : place + (1.0f - place);
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

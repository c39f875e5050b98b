#include "kernels/prelu.h"

#include "kernels/columns.h"

namespace trimtab::TRIMTAB_LEVEL {

// Measured: 0.31 / 0.32 cycles an element.
void prelu_forward(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* alpha,
                   float* y, int64_t ldy) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    const Floats v = lanes.load(x + i * ldx + j);
    lanes.store(y + i * ldy + j, v > 0.0f ? v : lanes.load(alpha + j) * v);
  });
}

// Measured: 0.54 / 0.39 cycles an element.
void prelu_input_gradient(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                          const float* alpha, const float* dy, int64_t lddy, float* dx,
                          int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    const Floats v = lanes.load(x + i * ldx + j), d = lanes.load(dy + i * lddy + j);
    const Floats low = v == 0.0f ? fill(0.0f) : lanes.load(alpha + j) * d;
    lanes.store(dx + i * lddx + j, v > 0.0f ? d : low);
  });
}

void prelu_alpha_gradient(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                          const float* dy, int64_t lddy, bool accumulate, float* sums) {
  over_chunks(columns, [=](int64_t start, int64_t width) TRIMTAB_BODY {
    ColumnSums<1> result;
    sum_rows<1>(
        rows, width,
        [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
          const Floats v = lanes.load(x + i * ldx + start + j);
          const Floats d = lanes.load(dy + i * lddy + start + j);
          return Terms<1>{{v > 0.0f ? 0.0f * d : d * v}};
        },
        result);
    over_columns(width, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats sum = result.at(0, j);
      lanes.store(sums + start + j, accumulate ? lanes.load(sums + start + j) + sum : sum);
    });
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

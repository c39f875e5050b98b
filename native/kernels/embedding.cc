#include "kernels/embedding.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// The row that a code names, or -1. nan is neither above nor below anything.
TRIMTAB_INLINE int64_t row_of(float code, int64_t size) {
  return code > -1.0f && code < static_cast<float>(size) ? static_cast<int64_t>(code) : -1;
}

}  // namespace

// Measured: 512 rows of 64 columns, a table of 100 rows: 0.34 / 0.35 cycles an element.
void embedding_forward(int64_t rows, int64_t columns, const float* codes, int64_t ldc,
                       const float* table, int64_t size, float* y, int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = row_of(codes[i * ldc], size);
    float* to = y + i * ldy;
    if (row < 0) {
      for (int64_t j = 0; j < columns; ++j) to[j] = __builtin_nanf("");
      continue;
    }
    const float* from = table + row * columns;
    over_columns(columns, [=](int64_t j, auto lanes)
                              TRIMTAB_BODY { lanes.store(to + j, lanes.load(from + j)); });
  }
}

// Measured: as forward, 0.33 / 0.35 cycles an element.
void embedding_table_gradient(int64_t rows, int64_t columns, const float* codes, int64_t ldc,
                              const float* dy, int64_t lddy, int64_t size, int64_t first,
                              int64_t last, float* d_table) {
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = row_of(codes[i * ldc], size);
    if (row < first || row >= last) continue;
    const float* from = dy + i * lddy;
    float* to = d_table + row * columns;
    over_columns(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(to + j, lanes.load(to + j) + lanes.load(from + j));
    });
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

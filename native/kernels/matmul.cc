// Products of matrices that lie row by row; those with layers' kernels are in panels.cc.
#include "kernels/matmul.h"

#include "kernels/tile.h"

namespace trimtab::TRIMTAB_LEVEL {

// Measured: 64 x 256 x 256, 79 GFLOP/s of 95 / 163 of 183 (b turned 74 / 140); 256 x 512 x 512, 86
// of 98 / 162 of 184.
void matmul_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row,
                    int64_t a_column, const float* b, int64_t b_row, int64_t b_column, float* c,
                    int64_t ldc, float* scratch) {
  if (k == 0) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = 0.0f;
    }
    return;
  }
  const bool pack_a = (a_column != 1 && a_row != 1) || n > kFewColumns;
  const bool pack_b = b_column != 1 || (m > kFewRows && k * b_row > kSmall);
  float* strip = scratch + matmul_scratch(m, k) - 16 - kColumns * least(kInner, k);
  for (int64_t q = 0; q < k; q += kInner) {
    const int64_t inner = least(kInner, k - q);
    for (int64_t r = 0; r < m; r += kBlock) {
      const LeftRows left{a + r * a_row + q * a_column,
                          a_row,
                          a_column,
                          least(kBlock, m - r),
                          inner,
                          pack_a,
                          scratch};
      left.prepare();
      for (int64_t j = 0; j < n; j += kColumns) {
        const int64_t columns = least(kColumns, n - j);
        const float* right = b + q * b_row + j * b_column;
        int64_t b_along = b_row;
        if (pack_b || columns < kColumns) {
          if (b_column == 1) {
            pack_along<kColumns>(right, b_row, columns, inner, strip);
          } else {
            pack_across<kColumns>(right, b_column, columns, inner, strip);
          }
          right = strip;
          b_along = kColumns;
        }
        for (int64_t i = 0; i < left.rows; i += kRows) {
          left.meet(i, right, b_along,
                    {c + (r + i) * ldc + j, ldc, least(kRows, left.rows - i), 0, columns, q == 0});
        }
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

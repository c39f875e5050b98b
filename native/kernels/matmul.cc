// Products for the shapes of tables: tens to hundreds of rows, layers of tens to a thousand
// columns.
//
// A tile of c, kRows x kColumns, stays in registers while its sum runs. For that the operands are
// packed: a block of a, rows by the inner dimension, into strips of kRows that lie in the second
// cache; a strip of kColumns columns of b at a time, right before it is used, into the first. Goto
// & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", with the roles chosen
// for few rows: b (weights, or the gradient of a layer) is packed once per block of rows and never
// travels through memory in packed form.
#include "kernels/matmul.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// 32 registers hold 12 x 2 sums, 16 hold 6 x 2, with room for two vectors of b and one value of a.
constexpr int kRows = kLanes == 16 ? 12 : 6;
constexpr int kColumns = 2 * kLanes;
constexpr int64_t kInner = 256;  // block of the sum; fixes the order of additions
constexpr int64_t kFewColumns = 4 * kColumns;
constexpr int64_t kBlock = 22 * 12;  // rows of a packed at once: a whole batch of 256
static_assert(kBlock == 264 && kBlock % kRows == 0 && kColumns <= 32 && kInner == 256);

// a0 b0 a1 b1 ... of the lower and of the upper halves.
template <class Vector, int lanes = sizeof(Vector) / 4>
TRIMTAB_INLINE Vector interleave_low(Vector a, Vector b) {
  if constexpr (lanes == 16) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  } else if constexpr (lanes == 8) {
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  } else {
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
  }
}
template <class Vector, int lanes = sizeof(Vector) / 4>
TRIMTAB_INLINE Vector interleave_high(Vector a, Vector b) {
  if constexpr (lanes == 16) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
  } else if constexpr (lanes == 8) {
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  } else {
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
  }
}

// In place, a square of kLanes x kLanes: each of log2(kLanes) rounds interleaves the upper with the
// lower half of the rows, which moves one bit of the row number into the column number.
TRIMTAB_INLINE void transpose(Floats (&v)[kLanes]) {
#pragma GCC unroll 4
  for (int round = 1; round < kLanes; round *= 2) {
    Floats next[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes / 2; ++i) {
      next[2 * i] = interleave_low(v[i], v[i + kLanes / 2]);
      next[2 * i + 1] = interleave_high(v[i], v[i + kLanes / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) v[i] = next[i];
  }
}

// strip[p][i] = x[i * stride + p]: `Width` rows of memory side by side, zeros below `rows`.
template <int Width>
TRIMTAB_INLINE void pack_across(const float* x, int64_t stride, int64_t rows, int64_t inner,
                                float* strip) {
  int64_t p = 0;
  if (rows == Width) {
    constexpr int whole = Width < kLanes ? Width : Width / kLanes * kLanes;
    for (; p + kLanes <= inner; p += kLanes) {
      for (int i = 0; i < whole; i += kLanes) {
        Floats v[kLanes];
#pragma GCC unroll 16
        for (int r = 0; r < kLanes; ++r) {
          v[r] = i + r < Width ? load(x + (i + r) * stride + p) : Floats{};
        }
        transpose(v);
        // Where Width < kLanes a store runs into what the next one writes, and the last one of all
        // into the strip's spare room.
#pragma GCC unroll 16
        for (int r = 0; r < kLanes; ++r) store(strip + (p + r) * Width + i, v[r]);
      }
      for (int i = whole; i < Width; ++i) {
        for (int r = 0; r < kLanes; ++r) strip[(p + r) * Width + i] = x[i * stride + p + r];
      }
    }
  }
  for (; p < inner; ++p) {
    for (int64_t i = 0; i < Width; ++i) strip[p * Width + i] = i < rows ? x[i * stride + p] : 0.0f;
  }
}

// strip[p][j] = x[p * stride + j]: `Width` columns of memory, zeros right of `columns`.
template <int Width>
TRIMTAB_INLINE void pack_along(const float* x, int64_t stride, int64_t columns, int64_t inner,
                               float* strip) {
  if (columns == Width) {
    for (int64_t p = 0; p < inner; ++p)
      __builtin_memcpy(strip + p * Width, x + p * stride, 4 * Width);
    return;
  }
  for (int64_t p = 0; p < inner; ++p) {
    for (int64_t j = 0; j < Width; ++j) {
      strip[p * Width + j] = j < columns ? x[p * stride + j] : 0.0f;
    }
  }
}

// One tile: sum over p of a[p][i] * b[p][j]; added to c unless `first`. b is a packed strip, a too,
// unless it is read where it lies: row i at a + i * a_row.
template <bool packed>
TRIMTAB_INLINE void tile(int64_t inner, const float* a, int64_t a_row, const float* b, float* c,
                         int64_t ldc, int64_t rows, int64_t columns, bool first) {
  Floats sum[kRows][2];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) sum[i][0] = sum[i][1] = Floats{};
  for (int64_t p = 0; p < inner; ++p) {
    const Floats left = load(b), right = load(b + kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Floats value = fill(packed ? a[i] : a[i * a_row]);
      sum[i][0] = fma(value, left, sum[i][0]);
      sum[i][1] = fma(value, right, sum[i][1]);
    }
    a += packed ? kRows : 1;
    b += kColumns;
  }
  if (rows == kRows && columns == kColumns) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      float* at = c + i * ldc;
      store(at, first ? sum[i][0] : load(at) + sum[i][0]);
      store(at + kLanes, first ? sum[i][1] : load(at + kLanes) + sum[i][1]);
    }
    return;
  }
  // A tile over the edge goes through memory; its sums are the same.
  float whole[kRows * kColumns];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    store(whole + i * kColumns, sum[i][0]);
    store(whole + i * kColumns + kLanes, sum[i][1]);
  }
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      float* at = c + i * ldc + j;
      const float value = whole[i * kColumns + j];
      *at = first ? value : *at + value;
    }
  }
}

TRIMTAB_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace

// Measured: 64 x 256 x 256, 75 GFLOP/s of 91 / 130 of 178 (b turned 69 / 123); 256 x 512 x 512, 81
// of 91 / 153 of 181.
void matmul_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row,
                    int64_t a_column, const float* b, int64_t b_row, int64_t b_column, float* c,
                    int64_t ldc, float* scratch) {
  if (k == 0) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = 0.0f;
    }
    return;
  }
  // Packing a pays where many strips of b meet it. Elsewhere its rows, if they lie in memory as
  // rows, are read in place.
  const bool in_place = a_column == 1 && n <= kFewColumns;
  float* strips = scratch;
  float* strip = scratch + matmul_scratch(m, k) - 16 - kColumns * least(kInner, k);
  for (int64_t q = 0; q < k; q += kInner) {
    const int64_t inner = least(kInner, k - q);
    for (int64_t r = 0; r < m; r += kBlock) {
      const int64_t rows = least(kBlock, m - r);
      for (int64_t i = 0; i < rows; i += kRows) {
        const float* from = a + (r + i) * a_row + q * a_column;
        if (in_place && rows - i >= kRows) continue;
        if (a_column == 1) {
          pack_across<kRows>(from, a_row, least(kRows, rows - i), inner, strips + i * inner);
        } else {
          pack_along<kRows>(from, a_column, least(kRows, rows - i), inner, strips + i * inner);
        }
      }
      for (int64_t j = 0; j < n; j += kColumns) {
        const int64_t columns = least(kColumns, n - j);
        const float* from = b + q * b_row + j * b_column;
        if (b_column == 1) {
          pack_along<kColumns>(from, b_row, columns, inner, strip);
        } else {
          pack_across<kColumns>(from, b_column, columns, inner, strip);
        }
        for (int64_t i = 0; i < rows; i += kRows) {
          float* to = c + (r + i) * ldc + j;
          if (in_place && rows - i >= kRows) {
            tile<false>(inner, a + (r + i) * a_row + q, a_row, strip, to, ldc, kRows, columns,
                        q == 0);
          } else {
            tile<true>(inner, strips + i * inner, 0, strip, to, ldc, least(kRows, rows - i),
                       columns, q == 0);
          }
        }
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

// Products for the shapes of tables: tens to hundreds of rows, layers of tens to a thousand
// columns.
//
// A tile of c, kRows x kColumns, stays in registers while its sum runs. Where many tiles meet the
// operands, these are packed: a block of a, rows by the inner dimension, into strips of kRows that
// lie in the second cache; a strip of kColumns columns of b at a time, right before it is used,
// into the first. Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication",
// with the roles chosen for few rows: b (weights, or the gradient of a layer) is packed once per
// block of rows and never travels through memory in packed form. With few rows packing would cost
// as much as a part of the product, and operands are read where they lie.
#include "kernels/matmul.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// 32 registers hold 12 x 2 sums, 16 hold 6 x 2, with room for two vectors of b and one value of a.
constexpr int kRows = kLanes == 16 ? 12 : 6;
constexpr int kThird = kRows / 3;  // heights of lower tiles: one and two of these
constexpr int kColumns = 2 * kLanes;
constexpr int64_t kInner = 256;  // block of the sum; fixes the order of additions
// Packing pays where many tiles meet what is packed, and where rows of memory far apart would push
// each other out of the first cache. Elsewhere an operand is read where it lies: a up to so many
// columns of c, b up to so many rows or up to such a size (with two vectors of 512 bits a step of
// the inner loop lasts long enough to fetch them from the second cache).
constexpr int64_t kFewColumns = 4 * kColumns;
constexpr int64_t kFewRows = kLanes == 16 ? 64 : kRows;
constexpr int64_t kSmall = 8192;
// Where b lies turned and meets few rows: from this length of the sum on, c is computed turned.
constexpr int64_t kTurnedRows = kLanes == 16 ? 64 : 0, kTurnedInner = 128;
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

// How a's part of a tile lies: element (i, p) at i * across + p * along. In a packed strip across
// is 1 and along kRows.
struct Lies {
  int64_t across, along;
};

template <int Rows>
struct Sums {
  Floats values[Rows][2];
};

// One tile's sums over p of a[i][p] * b[p][j]. `neighbours`: a's across is 1.
template <int Rows, bool neighbours>
TRIMTAB_INLINE Sums<Rows> sums_of(int64_t inner, const float* a, Lies lies, const float* b,
                                  int64_t b_along) {
  Sums<Rows> sums;
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) sums.values[i][0] = sums.values[i][1] = Floats{};
  for (int64_t p = 0; p < inner; ++p) {
    const Floats left = load(b), right = load(b + kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Floats value = fill(neighbours ? a[i] : a[i * lies.across]);
      sums.values[i][0] = fma(value, left, sums.values[i][0]);
      sums.values[i][1] = fma(value, right, sums.values[i][1]);
    }
    a += lies.along;
    b += b_along;
  }
  return sums;
}

// The tile's place in c: row i at c + i * ldc.
struct Place {
  float* c;
  int64_t ldc, rows, columns;
  bool first;  // else the sums are added to what is there
};

template <int Rows>
TRIMTAB_INLINE void put(const Sums<Rows>& sums, const Place& to) {
  if (to.columns == kColumns) {
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      float* at = to.c + i * to.ldc;
      if (i >= to.rows) break;
      store(at, to.first ? sums.values[i][0] : load(at) + sums.values[i][0]);
      store(at + kLanes, to.first ? sums.values[i][1] : load(at + kLanes) + sums.values[i][1]);
    }
    return;
  }
  // A tile over the edge goes through memory; its sums are the same.
  float whole[Rows * kColumns];
  __builtin_memcpy(whole, &sums, sizeof whole);
  for (int64_t i = 0; i < to.rows; ++i) {
    for (int64_t j = 0; j < to.columns; ++j) {
      float* at = to.c + i * to.ldc + j;
      const float value = whole[i * kColumns + j];
      *at = to.first ? value : *at + value;
    }
  }
}

template <int Rows, bool neighbours>
TRIMTAB_INLINE void tile(int64_t inner, const float* a, Lies lies, const float* b, int64_t b_along,
                         const Place& to) {
  put(sums_of<Rows, neighbours>(inner, a, lies, b, b_along), to);
}

// The lowest tile that holds the rows: a batch of 32 is 12 + 12 + 8 rows, not three times 12.
template <bool neighbours>
void tile_of(int64_t rows, int64_t inner, const float* a, Lies lies, const float* b,
             int64_t b_along, const Place& to) {
  if (rows > 2 * kThird) {
    tile<kRows, neighbours>(inner, a, lies, b, b_along, to);
  } else if (rows > kThird) {
    tile<2 * kThird, neighbours>(inner, a, lies, b, b_along, to);
  } else {
    tile<kThird, neighbours>(inner, a, lies, b, b_along, to);
  }
}

// The same sums for c turned: sums.values[i] are column i of the tile, kColumns rows of c, or as
// many as there are.
template <int Rows>
TRIMTAB_INLINE void put_turned(const Sums<Rows>& sums, const Place& to) {
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    Floats v[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) v[i] = i < Rows ? sums.values[i][half] : Floats{};
    transpose(v);
    float* at = to.c + half * kLanes * to.ldc;
    const int64_t rows = to.rows - half * kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r) {
      if (r >= rows) break;
      float row[kLanes];
      if (!to.first) {
        float before[kLanes] = {};
        copy_few(before, at + r * to.ldc, to.columns);
        v[r] = load(before) + v[r];
      }
      store(row, v[r]);
      copy_few(at + r * to.ldc, row, to.columns);
    }
  }
}

TRIMTAB_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace

// The product where b lies turned and meets few rows: its turned strips would cost nearly as much
// as they give. So c is computed turned, from b's rows where they lie and strips of a's few rows.
TRIMTAB_INLINE void turned_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row,
                                   const float* b, int64_t b_column, float* c, int64_t ldc,
                                   float* strip) {
  for (int64_t q = 0; q < k; q += kInner) {
    const int64_t inner = least(kInner, k - q);
    for (int64_t i = 0; i < m; i += kColumns) {
      const int64_t rows = least(kColumns, m - i);
      pack_across<kColumns>(a + i * a_row + q, a_row, rows, inner, strip);
      for (int64_t j = 0; j < n; j += kRows) {
        const int64_t columns = least(kRows, n - j);
        const Place to{c + i * ldc + j, ldc, rows, columns, q == 0};
        const float* from = b + j * b_column + q;
        if (columns == kRows) {
          put_turned(sums_of<kRows, false>(inner, from, {b_column, 1}, strip, kColumns), to);
          continue;
        }
        for (int64_t each = 0; each < columns; ++each) {
          const Place one{to.c + each, ldc, rows, 1, q == 0};
          const float* row = from + each * b_column;
          put_turned(sums_of<1, false>(inner, row, {b_column, 1}, strip, kColumns), one);
        }
      }
    }
  }
}

// Measured on layers of 256 inputs and units, GFLOP/s of 95 / 183, product, kernel gradient and
// input gradient: 32 rows 70, 71, 62 / 155, 148, 148; 64 rows 80, 82, 73 / 149, 153, 148; 256 rows
// 83, 83, 81 / 160, 159, 157.
void matmul_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row,
                    int64_t a_column, const float* b, int64_t b_row, int64_t b_column, float* c,
                    int64_t ldc, float* scratch) {
  if (k == 0) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = 0.0f;
    }
    return;
  }
  const int64_t empty = (kColumns - m % kColumns) % kColumns;
  if constexpr (kTurnedRows > 0) {
    if (b_column != 1 && a_column == 1 && m <= kTurnedRows && k >= kTurnedInner && empty < kLanes) {
      turned_product(m, n, k, a, a_row, b, b_column, c, ldc, scratch);
      return;
    }
  }
  const bool pack_a = (a_column != 1 && a_row != 1) || n > kFewColumns;
  const bool pack_b = b_column != 1 || (m > kFewRows && k * b_row > kSmall);
  float* strips = scratch;
  float* strip = scratch + matmul_scratch(m, k) - 16 - kColumns * least(kInner, k);
  for (int64_t q = 0; q < k; q += kInner) {
    const int64_t inner = least(kInner, k - q);
    for (int64_t r = 0; r < m; r += kBlock) {
      const int64_t rows = least(kBlock, m - r);
      auto packed = [&](int64_t i) {  // rows that fill no tile of any height always are
        return pack_a || (rows - i < kRows && (rows - i) % kThird != 0);
      };
      for (int64_t i = 0; i < rows; i += kRows) {
        const float* from = a + (r + i) * a_row + q * a_column;
        if (!packed(i)) continue;
        if (a_column == 1) {
          pack_across<kRows>(from, a_row, least(kRows, rows - i), inner, strips + i * inner);
        } else {
          pack_along<kRows>(from, a_column, least(kRows, rows - i), inner, strips + i * inner);
        }
      }
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
        for (int64_t i = 0; i < rows; i += kRows) {
          const int64_t height = least(kRows, rows - i);
          const Place to{c + (r + i) * ldc + j, ldc, height, columns, q == 0};
          const float* left = a + (r + i) * a_row + q * a_column;
          if (packed(i)) {
            tile_of<true>(height, inner, strips + i * inner, {1, kRows}, right, b_along, to);
          } else if (a_row == 1) {
            tile_of<true>(height, inner, left, {1, a_column}, right, b_along, to);
          } else {
            tile_of<false>(height, inner, left, {a_row, 1}, right, b_along, to);
          }
        }
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

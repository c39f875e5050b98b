// A tile of a product, and how operands are packed for it; for matmul.cc and panels.cc.
//
// A tile of c, kRows x kColumns, stays in registers while its sum runs. Where many tiles meet the
// operands, these are packed: a block of a, rows by the inner dimension, into strips of kRows that
// lie in the second cache; a strip of kColumns columns of b at a time, right before it is used,
// into the first. Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication",
// with the roles chosen for few rows: b is packed once per block of rows and never travels through
// memory in packed form. With few rows packing would cost as much as a part of the product, and
// operands are read where they lie.
#pragma once

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
constexpr int64_t kBlock = 22 * 12;  // rows of a packed at once: a whole batch of 256
static_assert(kBlock == 264 && kBlock % kRows == 0 && kColumns <= 32 && kInner == 256);

TRIMTAB_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

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

// Columns [begin, end) of a strip of b, the others 0.
TRIMTAB_INLINE void pack_part(const float* x, int64_t stride, int64_t begin, int64_t end,
                              int64_t inner, float* strip) {
  for (int64_t p = 0; p < inner; ++p) {
    for (int64_t j = 0; j < kColumns; ++j) {
      strip[p * kColumns + j] = j >= begin && j < end ? x[p * stride + j] : 0.0f;
    }
  }
}

template <int Rows, int Vectors = 2>
struct Sums {
  Floats values[Rows][Vectors] = {};
};

// How a's part of a tile lies: element (i, p) at i * across + p * along. In a packed strip across
// is 1 and along kRows.
struct Lies {
  int64_t across, along;
};

// Adds a[i][p] * b[p][j] over p to a tile's sums. Across: a's, where the compiler may know it, else
// 0. Row p of b lies at p * b_along.
template <int Across, int Rows, int Vectors>
TRIMTAB_INLINE void add_products(Sums<Rows, Vectors>& sums, int64_t inner, const float* a,
                                 Lies lies, const float* b, int64_t b_along) {
  for (int64_t p = 0; p < inner; ++p) {
    Floats right[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) right[v] = load(b + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Floats left = fill(a[i * (Across > 0 ? Across : lies.across)]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        sums.values[i][v] = fma(left, right[v], sums.values[i][v]);
      }
    }
    a += lies.along;
    b += b_along;
  }
}

// A tile's place in c: row i at c + i * ldc, of which columns [begin, end) are wanted.
struct Place {
  float* c;
  int64_t ldc, rows, begin, end;
  bool first;  // else the sums are added to what is there
};

template <int Rows>
TRIMTAB_INLINE void put(const Sums<Rows>& sums, const Place& to) {
  if (to.begin == 0 && to.end == kColumns) {
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
    for (int64_t j = to.begin; j < to.end; ++j) {
      float* at = to.c + i * to.ldc + j;
      const float value = whole[i * kColumns + j];
      *at = to.first ? value : *at + value;
    }
  }
}

// The lowest tile that holds the rows: a batch of 32 is 12 + 12 + 8 rows, not three times 12.
template <int Across>
void tile(int64_t rows, int64_t inner, const float* a, Lies lies, const float* b, int64_t b_along,
          const Place& to) {
  auto of_height = [&](auto height) TRIMTAB_BODY {
    Sums<decltype(height)::value> sums;
    add_products<Across>(sums, inner, a, lies, b, b_along);
    put(sums, to);
  };
  if (rows > 2 * kThird) {
    of_height(Constant<kRows>{});
  } else if (rows > kThird) {
    of_height(Constant<2 * kThird>{});
  } else {
    of_height(Constant<kThird>{});
  }
}

// The rows [r, r + rows) of a meet strips of b: those that fill no tile are packed, and all where
// packing pays.
struct LeftRows {
  const float* a;
  int64_t a_row, a_column, rows, inner;
  bool pack;
  float* strips;

  bool packed(int64_t i) const { return pack || (rows - i < kRows && (rows - i) % kThird != 0); }
  void prepare() const {
    for (int64_t i = 0; i < rows; i += kRows) {
      if (!packed(i)) continue;
      const int64_t height = least(kRows, rows - i);
      if (a_column == 1) {
        pack_across<kRows>(a + i * a_row, a_row, height, inner, strips + i * inner);
      } else {
        pack_along<kRows>(a + i * a_row, a_column, height, inner, strips + i * inner);
      }
    }
  }
  // Rows i and on by a strip of b.
  void meet(int64_t i, const float* b, int64_t b_along, const Place& to) const {
    if (packed(i)) {
      tile<1>(to.rows, inner, strips + i * inner, {1, kRows}, b, b_along, to);
    } else if (a_row == 1) {
      tile<1>(to.rows, inner, a + i, {1, a_column}, b, b_along, to);
    } else {
      tile<0>(to.rows, inner, a + i * a_row, {a_row, 1}, b, b_along, to);
    }
  }
};

}  // namespace
}  // namespace trimtab::TRIMTAB_LEVEL

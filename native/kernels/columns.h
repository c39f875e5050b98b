// Sums down the columns of a block. A walk down one strip of columns would be the obvious way, but
// the rows of a layer lie a power of two apart as often as not, so that all of a strip falls into
// a few sets of the cache. So rows are read from end to end, a few together, and the sums wait in
// the nearest cache.
#pragma once

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr int64_t kChunk = 512;     // columns whose sums are held at a time
constexpr int64_t kRowBlock = 128;  // long sums are sums of sums over this many rows
constexpr int kRowsTogether = 4;

// S numbers for every column of a chunk.
template <int S>
struct ColumnSums {
  float values[S][kChunk];

  inline __attribute__((always_inline)) Floats at(int s, int64_t j) const {
    return load(values[s] + j);
  }
};

template <int S>
struct Terms {
  Floats values[S];
};

// sums[s][j] = sum over the rows of term(i, j, lanes).values[s], for up to kChunk columns. The
// order depends on the number of rows alone: blocks of rows; in a block four rows at a time,
// added in pairs; what is left row by row.
template <int S, class Term>
TRIMTAB_INLINE void sum_rows(int64_t rows, int64_t columns, Term term, ColumnSums<S>& sums) {
  ColumnSums<S> part;
  const auto size = static_cast<size_t>((columns + kLanes - 1) / kLanes * kLanes) * sizeof(float);
  for (int s = 0; s < S; ++s) __builtin_memset(sums.values[s], 0, size);
  for (int64_t start = 0; start < rows; start += kRowBlock) {
    for (int s = 0; s < S; ++s) __builtin_memset(part.values[s], 0, size);
    const int64_t height = rows - start < kRowBlock ? rows - start : kRowBlock;
    over_rows<kRowsTogether>(height, [&](int64_t i, auto together) TRIMTAB_BODY {
      over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
        constexpr int N = decltype(together)::value;
        Terms<S> t[N];
        for (int n = 0; n < N; ++n) t[n] = term(start + i + n, j, lanes);
        for (int s = 0; s < S; ++s) {
          Floats sum = t[0].values[s];
          if constexpr (N == 4) sum = (sum + t[1].values[s]) + (t[2].values[s] + t[3].values[s]);
          store(part.values[s] + j, load(part.values[s] + j) + sum);
        }
      });
    });
    for (int s = 0; s < S; ++s)
      for (int64_t j = 0; j < columns; j += kLanes)
        store(sums.values[s] + j, sums.at(s, j) + load(part.values[s] + j));
  }
}

// body(start, n) for chunks of at most kChunk columns.
template <class Body>
TRIMTAB_INLINE void over_chunks(int64_t columns, Body body) {
  for (int64_t start = 0; start < columns; start += kChunk)
    body(start, columns - start < kChunk ? columns - start : kChunk);
}

}  // namespace
}  // namespace trimtab::TRIMTAB_LEVEL

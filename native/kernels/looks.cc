#include "kernels/looks.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// Columns at a time: what they add up stays in registers down the rows.
constexpr int64_t kWide = 16;

template <int64_t width, bool counts>
void add(const LookBounds& b, int64_t rows, const float* y, int64_t ldy, const float* x,
         int64_t ldx, double* sums, int64_t lds) {
  double sum[width], squares[width];
  int32_t zeros[width] = {}, off[width] = {}, ends[width] = {};
  for (int64_t c = 0; c < width; ++c) {
    sum[c] = sums[c];
    squares[c] = sums[lds + c];
  }
  for (int64_t i = 0; i < rows; ++i, y += ldy, x += ldx) {
    for (int64_t c = 0; c < width; ++c) {
      const double value = y[c];
      sum[c] += value;
      squares[c] += value * value;
    }
    for (int64_t c = 0; c < width; ++c) zeros[c] += y[c] == 0.0f;
    if constexpr (counts) {
      for (int64_t c = 0; c < width; ++c) {
        off[c] += x[c] <= b.off;
        ends[c] += (x[c] <= b.low) | (x[c] >= b.high);
      }
    }
  }
  for (int64_t c = 0; c < width; ++c) {
    sums[c] = sum[c];
    sums[lds + c] = squares[c];
    sums[2 * lds + c] += zeros[c];
    if constexpr (counts) {
      sums[3 * lds + c] += off[c];
      sums[4 * lds + c] += ends[c];
    }
  }
}

template <bool counts>
void add_all(const LookBounds& b, int64_t rows, int64_t columns, const float* y, int64_t ldy,
             const float* x, int64_t ldx, double* sums, int64_t lds) {
  int64_t c = 0;
  for (; c + kWide <= columns; c += kWide) {
    add<kWide, counts>(b, rows, y + c, ldy, x + c, ldx, sums + c, lds);
  }
  for (; c < columns; ++c) add<1, counts>(b, rows, y + c, ldy, x + c, ldx, sums + c, lds);
}

}  // namespace

void looks_columns(const LookBounds& b, int64_t rows, int64_t columns, const float* y, int64_t ldy,
                   const float* x, int64_t ldx, double* sums, int64_t lds) {
  // A bound that is not nan is equal to itself.
  const bool counts = b.off == b.off || b.low == b.low || b.high == b.high;
  if (counts) {
    add_all<true>(b, rows, columns, y, ldy, x, ldx, sums, lds);
  } else {
    add_all<false>(b, rows, columns, y, ldy, x, ldx, sums, lds);
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

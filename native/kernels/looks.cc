#include "kernels/looks.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// g++ 12 converts eight floats in two halves and puts them together again.
TRIMTAB_INLINE Doubles wide(HalfFloats v) {
#if defined(__AVX512F__) && !defined(TRIMTAB_LANES)
  return bits<Doubles>(_mm512_maskz_cvtps_pd(0xff, bits<__m256>(v)));
#else
  return __builtin_convertvector(v, Doubles);
#endif
}

TRIMTAB_INLINE Doubles lower(Floats v) {
  HalfFloats half;
  __builtin_memcpy(&half, &v, sizeof half);
  return wide(half);
}

TRIMTAB_INLINE Doubles upper(Floats v) {
  HalfFloats half;
  __builtin_memcpy(&half, reinterpret_cast<const char*>(&v) + sizeof half, sizeof half);
  return wide(half);
}

// Adds the first `count` lanes of two halves.
TRIMTAB_INLINE void add_to(double* to, int64_t count, Doubles low, Doubles high) {
  constexpr int kHalf = kLanes / 2;
  if (count == kLanes) {
    store_as(to, load_as<Doubles>(to) + low);
    store_as(to + kHalf, load_as<Doubles>(to + kHalf) + high);
    return;
  }
  double t[kLanes];
  store_as(t, low);
  store_as(t + kHalf, high);
  for (int64_t k = 0; k < count; ++k) to[k] += t[k];
}

// Adds the first `count` lanes: each minus the number of rows that were counted.
TRIMTAB_INLINE void add_counts(double* to, int64_t count, Ints counted) {
  int32_t t[kLanes];
  store_as(t, counted);
  for (int64_t k = 0; k < count; ++k) to[k] -= t[k];
}

// A vector's worth of columns, down the rows.
template <bool counts, class Lanes>
TRIMTAB_INLINE void add_columns(const LookBounds& b, int64_t rows, int64_t count, Lanes lanes,
                                const float* y, int64_t ldy, const float* x, int64_t ldx,
                                double* sums, int64_t lds) {
  Doubles low{}, high{}, low_squares{}, high_squares{};
  Ints zeros{}, off{}, ends{};
  for (int64_t i = 0; i < rows; ++i) {
    const Floats value = lanes.load(y + i * ldy);
    const Doubles a = lower(value), c = upper(value);
    low += a;
    high += c;
    low_squares += a * a;
    high_squares += c * c;
    zeros += value == 0.0f;
    if constexpr (counts) {
      const Floats compared = lanes.load(x + i * ldx);
      off += compared <= b.off;
      ends += (compared <= b.low) | (compared >= b.high);
    }
  }
  add_to(sums, count, low, high);
  add_to(sums + lds, count, low_squares, high_squares);
  add_counts(sums + 2 * lds, count, zeros);
  if constexpr (counts) {
    add_counts(sums + 3 * lds, count, off);
    add_counts(sums + 4 * lds, count, ends);
  }
}

template <bool counts>
TRIMTAB_INLINE void add_all(const LookBounds& b, int64_t rows, int64_t columns, const float* y,
                            int64_t ldy, const float* x, int64_t ldx, double* sums, int64_t lds) {
  over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    const int64_t count = columns - j < kLanes ? columns - j : kLanes;
    add_columns<counts>(b, rows, count, lanes, y + j, ldy, x + j, ldx, sums + j, lds);
  });
}

}  // namespace

// A strip of columns at a time: the caller's blocks are a few rows high.
// Measured: 1.2 / 0.45 cycles an element, with bounds 1.3 / 0.74.
void looks_columns(const LookBounds& b, int64_t rows, int64_t columns, const float* y, int64_t ldy,
                   const float* x, int64_t ldx, double* sums, int64_t lds) {
  // A bound that is not nan is equal to itself.
  if (b.off == b.off || b.low == b.low || b.high == b.high) {
    add_all<true>(b, rows, columns, y, ldy, x, ldx, sums, lds);
  } else {
    add_all<false>(b, rows, columns, y, ldy, x, ldx, sums, lds);
  }
}

void looks_moved(int64_t n, const float* now, const float* before, double* sums) {
  Doubles low{}, high{}, low_moved{}, high_moved{};
  over_columns(n, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    const Floats weights = lanes.load(now + j);
    const Floats moved = weights - lanes.load(before + j);
    const Doubles a = lower(weights), b = upper(weights), c = lower(moved), d = upper(moved);
    low += a * a;
    high += b * b;
    low_moved += c * c;
    high_moved += d * d;
  });
  sums[0] = sum_of(low + high);
  sums[1] = sum_of(low_moved + high_moved);
}

}  // namespace trimtab::TRIMTAB_LEVEL

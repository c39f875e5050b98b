// A few words over the vector extensions that g++ and clang share: one width per level.
//
// A vector body is written once. Full vectors and the last columns that fill none go through the
// same arithmetic (`Whole` and `Part` below), so what happens to a column never depends on where
// the engine cuts a layer between threads. For the same reason products are never contracted by the
// compiler (-ffp-contract=off), which would decide case by case; where a fused multiply-add is
// wanted the code says fma().
//
// Everything here is static, hence private to the file that includes it: see README.md.
#pragma once

#include <cstdint>
#include <cstring>

// Fused multiply-add and square root are all that the vector extensions cannot say.
#if defined(__FMA__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#define TRIMTAB_INLINE static inline __attribute__((always_inline))
// On every loop body written as a lambda: called and not inlined, it would read what it captured
// from memory again after each store.
#define TRIMTAB_BODY __attribute__((always_inline))

namespace trimtab::TRIMTAB_LEVEL {
namespace {

#if defined(TRIMTAB_LANES)  // a width without its instructions, for tests
constexpr int kLanes = TRIMTAB_LANES;
#elif defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));
typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
typedef uint16_t Halfwords __attribute__((vector_size(4 * kLanes)));
typedef uint8_t Bytes __attribute__((vector_size(4 * kLanes)));
typedef int8_t Flags __attribute__((vector_size(kLanes)));  // one byte a lane
typedef double Doubles __attribute__((vector_size(4 * kLanes)));
typedef float HalfFloats __attribute__((vector_size(2 * kLanes)));

template <class To, class From>
TRIMTAB_INLINE To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

template <class Vector, class Scalar>
TRIMTAB_INLINE Vector load_as(const Scalar* p) {
  Vector v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <class Vector, class Scalar>
TRIMTAB_INLINE void store_as(Scalar* p, Vector v) {
  __builtin_memcpy(p, &v, sizeof v);
}

TRIMTAB_INLINE Floats load(const float* p) { return load_as<Floats>(p); }
TRIMTAB_INLINE void store(float* p, Floats v) { store_as(p, v); }
TRIMTAB_INLINE Floats fill(float x) { return x - Floats{}; }
TRIMTAB_INLINE Ints fill_ints(int32_t x) { return x - Ints{}; }
TRIMTAB_INLINE Words fill_words(uint32_t x) { return x - Words{}; }

// a * b + c, rounded once where the processor can, twice where it cannot; the same in every lane.
TRIMTAB_INLINE Floats fma(Floats a, Floats b, Floats c) {
#if defined(TRIMTAB_LANES)
  return a * b + c;
#elif defined(__AVX512F__)
  return bits<Floats>(_mm512_fmadd_ps(bits<__m512>(a), bits<__m512>(b), bits<__m512>(c)));
#elif defined(__FMA__)
  return bits<Floats>(_mm256_fmadd_ps(bits<__m256>(a), bits<__m256>(b), bits<__m256>(c)));
#elif defined(__aarch64__)
  return bits<Floats>(vfmaq_f32(bits<float32x4_t>(c), bits<float32x4_t>(a), bits<float32x4_t>(b)));
#else
  return a * b + c;
#endif
}

TRIMTAB_INLINE Floats square_root(Floats a) {
#if defined(TRIMTAB_LANES)
  for (int k = 0; k < kLanes; ++k) a[k] = __builtin_sqrtf(a[k]);
  return a;
#elif defined(__AVX512F__)
  // The form without a mask makes g++ 12 warn about its own header.
  return bits<Floats>(_mm512_maskz_sqrt_ps(0xffff, bits<__m512>(a)));
#elif defined(__AVX2__)
  return bits<Floats>(_mm256_sqrt_ps(bits<__m256>(a)));
#elif defined(__aarch64__)
  return bits<Floats>(vsqrtq_f32(bits<float32x4_t>(a)));
#elif defined(__SSE2__)
  return bits<Floats>(_mm_sqrt_ps(bits<__m128>(a)));
#else
  for (int k = 0; k < kLanes; ++k) a[k] = __builtin_sqrtf(a[k]);
  return a;
#endif
}

TRIMTAB_INLINE Floats select(Ints mask, Floats yes, Floats no) { return mask ? yes : no; }
TRIMTAB_INLINE Floats keep_where(Ints mask, Floats v) { return bits<Floats>(bits<Ints>(v) & mask); }
TRIMTAB_INLINE Floats absolute(Floats v) { return bits<Floats>(bits<Ints>(v) & 0x7fffffff); }
// The second where they do not compare, so that a nan in b stays.
TRIMTAB_INLINE Floats maximum(Floats a, Floats b) { return a > b ? a : b; }
TRIMTAB_INLINE Floats minimum(Floats a, Floats b) { return a < b ? a : b; }
// -1, 0 or 1; nan stays nan.
TRIMTAB_INLINE Floats sign(Floats v) {
  return v > 0.0f ? fill(1.0f) : (v < 0.0f ? fill(-1.0f) : v);
}

// 0, 1, 2, ...
TRIMTAB_INLINE Ints lane_numbers() {
  Ints v{};
  for (int k = 0; k < kLanes; ++k) v[k] = k;
  return v;
}

// Sums and maxima across the lanes, always in the same order.
TRIMTAB_INLINE float sum_of(Floats v) {
  float t[kLanes];
  store(t, v);
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) t[k] += t[k + half];
  return t[0];
}
TRIMTAB_INLINE double sum_of(Doubles v) {
  double t[kLanes / 2];
  store_as(t, v);
  for (int half = kLanes / 4; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) t[k] += t[k + half];
  return t[0];
}
TRIMTAB_INLINE float maximum_of(Floats v) {
  float t[kLanes];
  store(t, v);
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) t[k] = t[k] > t[k + half] ? t[k] : t[k + half];
  return t[0];
}

// One byte a lane, its sign extended: 0xff becomes all bits.
TRIMTAB_INLINE Ints widen(const uint8_t* p) {
#if defined(__AVX512F__)
  return bits<Ints>(_mm512_maskz_cvtepi8_epi32(0xffff, load_as<__m128i>(p)));
#elif defined(__AVX2__) && !defined(TRIMTAB_LANES)  // g++ 12 would take the bytes apart one by one
  return bits<Ints>(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(load_as<int64_t>(p))));
#else
  return __builtin_convertvector(load_as<Flags>(p), Ints);
#endif
}

// Copies fewer than kLanes items in pieces of 8, 4, 2 and 1 (a call of memcpy would spill every
// vector register).
template <class Scalar>
TRIMTAB_INLINE void copy_few(Scalar* to, const Scalar* from, int64_t count) {
  int64_t k = 0;
  if constexpr (kLanes > 8) {
    if (count & 8) {
      __builtin_memcpy(to + k, from + k, 8 * sizeof(Scalar));
      k += 8;
    }
  }
  if constexpr (kLanes > 4) {
    if (count & 4) {
      __builtin_memcpy(to + k, from + k, 4 * sizeof(Scalar));
      k += 4;
    }
  }
  if (count & 2) {
    __builtin_memcpy(to + k, from + k, 2 * sizeof(Scalar));
    k += 2;
  }
  if (count & 1) to[k] = from[k];
}

// How a vector's worth of columns is read and written: all of it ...
struct Whole {
  TRIMTAB_INLINE Floats load(const float* p) { return load_as<Floats>(p); }
  TRIMTAB_INLINE void store(float* p, Floats v) { store_as(p, v); }
  TRIMTAB_INLINE Ints load_mask(const uint8_t* p) { return widen(p); }
  // v, with 0 in the lanes that hold no column.
  TRIMTAB_INLINE Floats clear_rest(Floats v) { return v; }
};

// ... or the first `count` lanes, 0 < count < kLanes. The others read 0 and are not written.
struct Part {
  int64_t count;
  inline __attribute__((always_inline)) Floats load(const float* p) const {
    float t[kLanes] = {};
    copy_few(t, p, count);
    return load_as<Floats>(t);
  }
  inline __attribute__((always_inline)) void store(float* p, Floats v) const {
    float t[kLanes];
    store_as(t, v);
    copy_few(p, t, count);
  }
  inline __attribute__((always_inline)) Ints load_mask(const uint8_t* p) const {
    uint8_t t[kLanes] = {};
    copy_few(t, p, count);
    return widen(t);
  }
  inline __attribute__((always_inline)) Floats clear_rest(Floats v) const {
    return keep_where(lane_numbers() < static_cast<int32_t>(count), v);
  }
};

// body(j, lanes) for every vector of columns.
template <class Body>
TRIMTAB_INLINE void over_columns(int64_t columns, Body body) {
  int64_t j = 0;
  for (; j + kLanes <= columns; j += kLanes) body(j, Whole{});
  if (j < columns) body(j, Part{columns - j});
}

// body(i, j, lanes) for every vector of columns of every row.
template <class Body>
TRIMTAB_INLINE void over_block(int64_t rows, int64_t columns, Body body) {
  for (int64_t i = 0; i < rows; ++i)
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY { body(i, j, lanes); });
}

// The greatest of n numbers, those that are nan left out; minus infinity where there is none.
TRIMTAB_INLINE float maximum_of(const float* x, int64_t n) {
  Floats greatest = fill(-__builtin_huge_valf());
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) greatest = maximum(load(x + j), greatest);
  float result = maximum_of(greatest);
  for (; j < n; ++j) result = x[j] > result ? x[j] : result;
  return result;
}

template <int N>
struct Constant {
  static constexpr int value = N;
};

// body(i, Constant<n>{}) for n rows at a time, what the columns share being loaded once for them
// all; then for single rows.
template <int N, class Body>
TRIMTAB_INLINE void over_rows(int64_t rows, Body body) {
  int64_t i = 0;
  for (; i + N <= rows; i += N) body(i, Constant<N>{});
  for (; i < rows; ++i) body(i, Constant<1>{});
}

}  // namespace
}  // namespace trimtab::TRIMTAB_LEVEL

// exp, log and their relatives in float32: range reduction and a polynomial, about one ulp each.
// The coefficients are minimax fits (relative error, Lawson's iteration) over the reduced range;
// the bound stands at each.
#pragma once

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// x = exponent * log(2) + rest, |rest| <= log(2) / 2; for |x| < 2^21.
struct Reduced {
  Ints exponent;
  Floats rest;
};

TRIMTAB_INLINE Reduced reduce(Floats x) {
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const float magic = 12582912.0f;
  Floats shifted = x * 1.44269504f + magic;
  Floats n = shifted - magic;
  // log(2) in two parts (Cody & Waite 1980): n times the first is exact.
  Floats rest = fma(n, fill(-0.693145752f), x);
  rest = fma(n, fill(-1.42860677e-6f), rest);
  return {bits<Ints>(shifted) - bits<Ints>(fill(magic)), rest};
}

// exp(r) - 1 for |r| <= log(2) / 2: r + r^2 q(r). Relative error of the fit 1.4e-8.
TRIMTAB_INLINE Floats expm1_near_zero(Floats r) {
  Floats q = fill(0.00138824154f);
  q = fma(q, r, fill(0.0083665261f));
  q = fma(q, r, fill(0.0416672006f));
  q = fma(q, r, fill(0.166665435f));
  q = fma(q, r, fill(0.49999997f));
  return fma(r * r, q, r);
}

// 2^n for -126 <= n <= 127.
TRIMTAB_INLINE Floats power_of_two(Ints n) { return bits<Floats>((n + 127) << 23); }

TRIMTAB_INLINE Floats exp(Floats x) {
  // Beyond these the result is 0 and infinity; written so that nan stays.
  x = x < -104.0f ? fill(-104.0f) : x;
  x = x > 89.0f ? fill(89.0f) : x;
  Reduced reduced = reduce(x);
  Floats y = expm1_near_zero(reduced.rest) + 1.0f;
  // In two steps, since 2^n itself may be out of range where the result is not.
  Ints half = reduced.exponent >> 1;
  return y * power_of_two(half) * power_of_two(reduced.exponent - half);
}

TRIMTAB_INLINE Floats expm1(Floats x) {
  x = x < -30.0f ? fill(-30.0f) : x;
  x = x > 89.0f ? fill(89.0f) : x;
  Reduced reduced = reduce(x);
  Floats y = expm1_near_zero(reduced.rest);
  // 2^n y + (2^n - 1), halved on the way so that 2^128 is not needed.
  Floats scale = power_of_two(reduced.exponent - 1);
  Floats result = 2.0f * fma(scale, y, scale - 0.5f);
  // Near 0 the sum above would turn -0 into 0.
  return reduced.exponent == 0 ? y : result;
}

// 2 atanh(s) for |s| <= 1/3: 2 s + s^3 p(s^2). Relative error of the fit 1.1e-10.
TRIMTAB_INLINE Floats twice_atanh(Floats s) {
  Floats v = s * s;
  Floats p = fill(0.242993578f);
  p = fma(p, v, fill(0.214280754f));
  p = fma(p, v, fill(0.286168486f));
  p = fma(p, v, fill(0.3999888f));
  p = fma(p, v, fill(0.666666746f));
  return fma(s * v, p, s + s);
}

// log(1 + u) for 0 <= u <= 1.
TRIMTAB_INLINE Floats log1p_of_unit(Floats u) { return twice_atanh(u / (u + 2.0f)); }

// log(x); subnormal x counts as 0.
TRIMTAB_INLINE Floats log(Floats x) {
  Ints raw = bits<Ints>(x);
  // Mantissa in [1/sqrt(2), sqrt(2)).
  Ints above = raw - 0x3f3504f3;
  Ints exponent = above >> 23;
  Floats mantissa = bits<Floats>((above & 0x7fffff) + 0x3f3504f3);
  Floats n = __builtin_convertvector(exponent, Floats);
  Floats y = twice_atanh((mantissa - 1.0f) / (mantissa + 1.0f));
  y = fma(n, fill(1.42860677e-6f), y);
  y = fma(n, fill(0.693145752f), y);
  const float infinity = __builtin_huge_valf();
  y = x < 1.17549435e-38f ? fill(-infinity) : y;
  y = x < 0.0f ? fill(__builtin_nanf("")) : y;
  return x < infinity ? y : x;  // infinity and nan
}

// u less the nearest whole number, from -1/2 to 1/2; 0 from 2^22 on, where float32 has no thirds.
TRIMTAB_INLINE Floats fraction(Floats u) {
  const float magic = 12582912.0f;
  Floats whole = (u + magic) - magic;
  return u - (absolute(u) < 4194304.0f ? whole : u);
}

// sin(2 pi r) for |r| <= 1/4: r p(r^2). Relative error of the fit 5.3e-9.
TRIMTAB_INLINE Floats sine_of_quarter(Floats r) {
  Floats square = r * r;
  Floats p = fill(39.7108536f);
  p = fma(p, square, fill(-76.5749817f));
  p = fma(p, square, fill(81.6022339f));
  p = fma(p, square, fill(-41.3416786f));
  p = fma(p, square, fill(6.28318548f));
  return r * p;
}

// sin(2 pi r) and cos(2 pi r) for |r| <= 1/2.
TRIMTAB_INLINE Floats sine_of_turn(Floats r) {
  Floats rest = 0.5f - absolute(r);
  rest = r < 0.0f ? -rest : rest;
  return sine_of_quarter(absolute(r) > 0.25f ? rest : r);
}
TRIMTAB_INLINE Floats cosine_of_turn(Floats r) { return sine_of_quarter(0.25f - absolute(r)); }

// 1 / (1 + exp(-x)).
TRIMTAB_INLINE Floats sigmoid(Floats x) { return 1.0f / (1.0f + exp(-x)); }

// sigmoid and its derivative s (1 - s) = e / (1 + e)^2, e = exp(-|x|), which 1 - s would lose
// where s nears 1.
struct Logistic {
  Floats value, derivative;
};
TRIMTAB_INLINE Logistic logistic(Floats x) {
  Floats e = exp(-absolute(x));
  Floats r = 1.0f / (1.0f + e);
  return {x >= 0.0f ? r : e * r, e * r * r};
}

// |t / (2 + t)| with t = exp(-2|x|) - 1, and the sign of x, zero's too.
TRIMTAB_INLINE Floats tanh(Floats x) {
  Floats t = expm1(-2.0f * absolute(x));
  Ints sign_bit = bits<Ints>(x) & bits<Ints>(fill(-0.0f));
  return bits<Floats>(bits<Ints>(absolute(t / (2.0f + t))) ^ sign_bit);
}

// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
TRIMTAB_INLINE Floats softplus(Floats x) {
  Floats positive = x <= 0.0f ? fill(0.0f) : x;
  return positive + log1p_of_unit(exp(-absolute(x)));
}

// The standard normal distribution at x: its integral up to x, and its density.
struct Normal {
  Floats cumulative, density;
};

TRIMTAB_INLINE Normal normal(Floats x) {
  Floats z = absolute(x);
  z = z > 20.0f ? fill(20.0f) : z;
  // z^2 = square + error exactly (Dekker 1971), since exp multiplies relative errors by z^2.
  Floats high = bits<Floats>(bits<Ints>(z) & ~0xfff);
  Floats low = z - high;
  Floats square = z * z;
  Floats error = ((high * high - square) + 2.0f * (high * low)) + low * low;
  Floats bell = exp(-0.5f * square) * (1.0f - 0.5f * error);
  // cumulative(-z) exp(z^2 / 2) = p(u) / (z + 4), u = (z - 4) / (z + 4), 0 <= z <= 14.5: beyond,
  // float32 has no more numbers. Relative error of the fit 8.6e-9.
  Floats inverse = 1.0f / (z + 4.0f);
  Floats u = (z - 4.0f) * inverse;
  Floats p = fill(-0.000131966925f);
  p = fma(p, u, fill(0.000179354829f));
  p = fma(p, u, fill(0.00156991463f));
  p = fma(p, u, fill(-0.00351255108f));
  p = fma(p, u, fill(-0.00752526196f));
  p = fma(p, u, fill(0.0604038313f));
  p = fma(p, u, fill(-0.186523438f));
  p = fma(p, u, fill(0.387136906f));
  p = fma(p, u, fill(-0.607896566f));
  p = fma(p, u, fill(0.755285144f));
  Floats below = bell * p * inverse;
  return {x > 0.0f ? 1.0f - below : below, bell * 0.398942280f};
}

// Square roots of N vectors, v >= 0, to 1 ulp, from multiplications: beside divisions, which square
// roots would share a unit with. One over the root begins as a guess from v's bits (relative error
// 0.035), which two of Newton's steps take to 5e-6; one more for the root itself leaves rounding.
// Bits are the same on every processor, unlike those of an instruction that estimates. 0 and
// infinity keep their roots, nan stays. Steps wait for each other, hence N at once.
template <int N>
TRIMTAB_INLINE void roots_by_multiplying(const Floats (&v)[N], Floats (&root)[N]) {
  Floats r[N], half[N], rest[N];
  for (int k = 0; k < N; ++k) r[k] = bits<Floats>(0x5f375a86 - (bits<Ints>(v[k]) >> 1));
  for (int k = 0; k < N; ++k) half[k] = 0.5f * v[k];
  for (int step = 0; step < 2; ++step) {
    for (int k = 0; k < N; ++k) rest[k] = half[k] * r[k];
    for (int k = 0; k < N; ++k) rest[k] = fma(-rest[k], r[k], fill(1.5f));
    for (int k = 0; k < N; ++k) r[k] = r[k] * rest[k];
  }
  for (int k = 0; k < N; ++k) root[k] = v[k] * r[k];
  for (int k = 0; k < N; ++k) rest[k] = fma(-root[k], root[k], v[k]);
  for (int k = 0; k < N; ++k) root[k] = fma(rest[k], 0.5f * r[k], root[k]);
  for (int k = 0; k < N; ++k) root[k] = v[k] == __builtin_huge_valf() ? v[k] : root[k];
}

}  // namespace
}  // namespace trimtab::TRIMTAB_LEVEL

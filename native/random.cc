// Compiled without contraction (native/CMakeLists.txt), and with its own logarithm: the same bits
// on every machine.
#include "random.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace trimtab {
namespace {

constexpr int kRotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};

// Hashes n counters at once, in loops that the compiler turns into vector code; a and b hold the
// counter words and receive the output. Salmon et al. 2011, section 4.
constexpr int kBatch = 64;
void hash(uint32_t key0, uint32_t key1, uint32_t* a, uint32_t* b) {
  const uint32_t key[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDAu};
  constexpr int kTogether = 16;
  for (int start = 0; start < kBatch; start += kTogether) {
    typedef uint32_t Words __attribute__((vector_size(16)));
    constexpr int kVectors = kTogether / 4;
    Words x[kVectors], y[kVectors];
    for (int k = 0; k < kVectors; ++k) {
      __builtin_memcpy(&x[k], a + start + 4 * k, sizeof x[k]);
      __builtin_memcpy(&y[k], b + start + 4 * k, sizeof y[k]);
      x[k] += key[0];
      y[k] += key[1];
    }
    for (uint32_t group = 0; group < 5; ++group) {
      for (int round = 0; round < 4; ++round) {
        const int distance = kRotations[4 * (group % 2) + static_cast<uint32_t>(round)];
        for (int k = 0; k < kVectors; ++k) {
          x[k] += y[k];
          y[k] = ((y[k] << distance) | (y[k] >> (32 - distance))) ^ x[k];
        }
      }
      for (int k = 0; k < kVectors; ++k) {
        x[k] += key[(group + 1) % 3];
        y[k] += key[(group + 2) % 3] + group + 1;
      }
    }
    for (int k = 0; k < kVectors; ++k) {
      __builtin_memcpy(a + start + 4 * k, &x[k], sizeof x[k]);
      __builtin_memcpy(b + start + 4 * k, &y[k], sizeof y[k]);
    }
  }
}

// The outputs for counters 0, 1, 2, ... under one key, one after another.
class Stream {
 public:
  Stream(uint32_t key0, uint32_t key1) : key0_(key0), key1_(key1) {}

  Threefry next() {
    if (used_ == kBatch) refill();
    Threefry output{word0_[used_], word1_[used_]};
    ++used_;
    return output;
  }
  uint64_t next64() {
    Threefry output = next();
    return static_cast<uint64_t>(output.word0) << 32 | output.word1;
  }
  // Uniform in 0 .. bound - 1, bound > 0. Lemire 2019, "Fast random integer generation in an
  // interval": the high half of a 128-bit product; the few low halves that would favour some
  // values are drawn again.
  uint64_t below(uint64_t bound) {
    auto product = static_cast<unsigned __int128>(next64()) * bound;
    if (static_cast<uint64_t>(product) < bound) {
      const uint64_t unfair = -bound % bound;
      while (static_cast<uint64_t>(product) < unfair)
        product = static_cast<unsigned __int128>(next64()) * bound;
    }
    return static_cast<uint64_t>(product >> 64);
  }

 private:
  void refill() {
    for (int k = 0; k < kBatch; ++k) {
      const uint64_t counter = counter_ + static_cast<uint64_t>(k);
      word0_[k] = static_cast<uint32_t>(counter);
      word1_[k] = static_cast<uint32_t>(counter >> 32);
    }
    hash(key0_, key1_, word0_, word1_);
    counter_ += kBatch;
    used_ = 0;
  }

  uint32_t key0_, key1_;
  uint64_t counter_ = 0;
  int used_ = kBatch;
  uint32_t word0_[kBatch], word1_[kBatch];
};

// log(x) for a normal x > 0, within an ulp or two; not the C library's, whose last bit differs
// from machine to machine. x = m 2^n with m in [1/sqrt(2), sqrt(2)), log(m) = 2 atanh(s) by its
// series, s = (m - 1) / (m + 1), |s| < 0.172.
double natural_logarithm(double x) {
  int n;
  double m = std::frexp(x, &n);
  if (m < 0.70710678118654752) {
    m *= 2.0;
    --n;
  }
  const double s = (m - 1.0) / (m + 1.0), v = s * s;
  double series = 0.0;
  for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * v;
  return n * 0.69314718055994531 + (2.0 * s + 2.0 * s * series);
}

double rational(double r, const double (&above)[8], const double (&below)[8]) {
  double numerator = above[7], denominator = below[7];
  for (int k = 6; k >= 0; --k) {
    numerator = numerator * r + above[k];
    denominator = denominator * r + below[k];
  }
  return numerator / denominator;
}

// Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND16.
// q = p - 1/2; tail = min(p, 1 - p), passed apart because near 1 it could not be had from p.
double normal_quantile(double q, double tail) {
  static const double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                              1.9715909503065514427e+3, 1.3731693765509461125e+4,
                              4.5921953931549871457e+4, 6.7265770927008700853e+4,
                              3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static const double b[8] = {1.0,
                              4.2313330701600911252e+1,
                              6.8718700749205790830e+2,
                              5.3941960214247511077e+3,
                              2.1213794301586595867e+4,
                              3.9307895800092710610e+4,
                              2.8729085735721942674e+4,
                              5.2264952788528545610e+3};
  static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                              5.76949722146069140550e0,  3.64784832476320460504e0,
                              1.27045825245236838258e0,  2.41780725177450611770e-1,
                              2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static const double d[8] = {1.0,
                              2.05319162663775882187e0,
                              1.67638483018380384940e0,
                              6.89767334985100004550e-1,
                              1.48103976427480074590e-1,
                              1.51986665636164571966e-2,
                              5.47593808499534494600e-4,
                              1.05075007164441684324e-9};
  static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                              1.78482653991729133580e0,  2.96560571828504891230e-1,
                              2.65321895265761230930e-2, 1.24266094738807843860e-3,
                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static const double f[8] = {1.0,
                              5.99832206555887937690e-1,
                              1.36929880922735805310e-1,
                              1.48753612908506148525e-2,
                              7.86869131145613259100e-4,
                              1.84631831751005468180e-5,
                              1.42151175831644588870e-7,
                              2.04426310338993978564e-15};
  if (std::fabs(q) <= 0.425) return q * rational(0.180625 - q * q, a, b);
  const double r = std::sqrt(-natural_logarithm(tail));
  const double z = r <= 5.0 ? rational(r - 1.6, c, d) : rational(r - 5.0, e, f);
  return q < 0.0 ? -z : z;
}

// Fisher and Yates, from the end (Durstenfeld 1964).
void shuffle(Stream& stream, int64_t n, int64_t* values) {
  for (int64_t i = n - 1; i > 0; --i)
    std::swap(values[i], values[stream.below(static_cast<uint64_t>(i) + 1)]);
}

}  // namespace

Threefry threefry2x32(uint32_t key0, uint32_t key1, uint32_t counter0, uint32_t counter1) {
  const uint32_t key[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDAu};
  uint32_t x = counter0 + key[0], y = counter1 + key[1];
  for (uint32_t round = 0; round < 20; ++round) {
    const int distance = kRotations[round % 8];
    x += y;
    y = (y << distance | y >> (32 - distance)) ^ x;
    if (round % 4 == 3) {
      const uint32_t n = round / 4 + 1;
      x += key[n % 3];
      y += key[(n + 1) % 3] + n;
    }
  }
  return {x, y};
}

uint32_t mix(uint64_t seed, uint32_t stream) {
  return threefry2x32(static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), stream, 0)
      .word0;
}

void uniform(uint32_t key0, uint32_t key1, int64_t n, float* out) {
  Stream stream(key0, key1);
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(stream.next().word0 >> 8) * 0x1p-24f;
}

void normal(uint32_t key0, uint32_t key1, int64_t n, bool truncated, float* out) {
  // The share of the distribution within two standard deviations, erf(sqrt(2)).
  constexpr double kWithin = 0.95449973610364158560;
  Stream stream(key0, key1);
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t w = stream.next64();
    // p - 1/2 and min(p, 1 - p), each from the integer: p itself may round to 1.
    double q = (static_cast<double>(static_cast<int64_t>(w ^ uint64_t{1} << 63)) + 0.5) * 0x1p-64;
    double tail = (static_cast<double>(w >> 63 ? ~w : w) + 0.5) * 0x1p-64;
    if (truncated) {  // p mapped onto the quantiles of -2 to 2
      q *= kWithin;
      tail = 0.5 - std::fabs(q);
    }
    out[i] = static_cast<float>(normal_quantile(q, tail));
  }
}

// Above this length a plain Fisher-Yates misses the cache at every step. Then every number first
// goes to one of 256 buckets at random, and each bucket is shuffled by itself: uniform as well
// (Rao 1961; Sandelius 1962), and every step works in the cache.
constexpr int64_t kPlainLength = 1 << 16;
constexpr int kBuckets = 256;

void permutation(uint32_t key0, uint32_t key1, int64_t n, int64_t* out) {
  Stream stream(key0, key1);
  if (n <= kPlainLength) {
    for (int64_t i = 0; i < n; ++i) out[i] = i;
    shuffle(stream, n, out);
    return;
  }
  std::vector<uint8_t> bucket(static_cast<size_t>(n));
  int64_t start[kBuckets + 1] = {}, next[kBuckets];
  for (int64_t i = 0; i < n; i += 8) {
    uint64_t word = stream.next64();
    for (int64_t k = i; k < std::min(i + 8, n); ++k, word >>= 8) {
      bucket[static_cast<size_t>(k)] = static_cast<uint8_t>(word);
      ++start[(word & 0xff) + 1];
    }
  }
  for (int b = 0; b < kBuckets; ++b) {
    start[b + 1] += start[b];
    next[b] = start[b];
  }
  for (int64_t i = 0; i < n; ++i) out[next[bucket[static_cast<size_t>(i)]]++] = i;
  for (int b = 0; b < kBuckets; ++b) shuffle(stream, start[b + 1] - start[b], out + start[b]);
}

}  // namespace trimtab

#include "kernels/periodic.h"

#include "kernels/simd.h"
#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr float kTwoPi = 6.28318531f;
constexpr int kTogether = 8;    // numbers of a vector whose sums are held in registers
constexpr int kWavesHeld = 64;  // waves that wait for the product, at a time

// A vector's worth of rows, lane by lane: all of them, or the first `count`.
TRIMTAB_INLINE Floats gather(const float* x, int64_t ldx, int64_t count) {
  float t[kLanes] = {};
  for (int64_t i = 0; i < count; ++i) t[i] = x[i * ldx];
  return load(t);
}

// body(i, count, lanes) for every vector of rows.
template <class Body>
TRIMTAB_INLINE void over_vectors(int64_t rows, Body body) {
  over_columns(rows, [&](int64_t i, auto lanes) TRIMTAB_BODY {
    body(i, rows - i < kLanes ? rows - i : int64_t{kLanes}, lanes);
  });
}

TRIMTAB_INLINE Ints present(Floats x) { return x == x; }

TRIMTAB_INLINE Floats turns(const PeriodicColumn& c, int64_t f, Floats x) {
  return c.pairs ? x * c.w[f] : fma(x, fill(c.w[f]), fill(c.b[f]));
}

// sum over the vector's numbers of dv times a row of the kernel.
TRIMTAB_INLINE Floats wave_gradient(const PeriodicColumn& c, int64_t row, const float* dv,
                                    int64_t stride, auto lanes) {
  const float* kernel = c.kernel + row * c.dim;
  Floats sum = lanes.load(dv) * kernel[0];
  for (int64_t u = 1; u < c.dim; ++u) sum = fma(lanes.load(dv + u * stride), fill(kernel[u]), sum);
  return sum;
}

// Gradient of the loss by u_f, 0 where the cell is nan.
TRIMTAB_INLINE Floats turn_gradient(const PeriodicColumn& c, int64_t f, const PeriodicRows& kept,
                                    int64_t i, Floats x, auto lanes) {
  const float* cosines = kept.waves + f * kept.stride + i;
  const float* sines = cosines + c.frequencies * kept.stride;
  const float* dv = kept.dv + i;
  Floats g = -(wave_gradient(c, f, dv, kept.stride, lanes) * lanes.load(sines));
  if (c.pairs) {
    g = fma(wave_gradient(c, c.frequencies + f, dv, kept.stride, lanes), lanes.load(cosines), g);
  }
  return keep_where(present(x), g * kTwoPi);
}

// y[:, first .. first + N) of some rows: what is there (or the bias) and the products of `count`
// waves from number `wave` on.
template <int N>
TRIMTAB_INLINE void add_products(const PeriodicColumn& c, int64_t first, int64_t wave,
                                 int64_t count, const Floats* waves, Floats* sums) {
  Floats sum[N];
  for (int u = 0; u < N; ++u) sum[u] = sums[u];
  for (int64_t f = 0; f < count; ++f) {
    const float* kernel = c.kernel + (wave + f) * c.dim + first;
    for (int u = 0; u < N; ++u) sum[u] = fma(waves[f], fill(kernel[u]), sum[u]);
  }
  for (int u = 0; u < N; ++u) sums[u] = sum[u];
}

// Waves `wave` to `wave + count` of some cells; keeps them where they are wanted.
TRIMTAB_INLINE void find_waves(const PeriodicColumn& c, int64_t wave, int64_t count, Floats x,
                               const PeriodicRows& kept, int64_t i, Floats* waves, auto lanes) {
  const int64_t k = c.frequencies;
  for (int64_t f = 0; f < count; ++f) {
    const int64_t number = wave + f;
    const bool is_sine = number >= k;
    const Floats r = fraction(turns(c, is_sine ? number - k : number, x));
    const Floats value = keep_where(present(x), is_sine ? sine_of_turn(r) : cosine_of_turn(r));
    waves[f] = value;
    if (kept.waves == nullptr) continue;
    lanes.store(kept.waves + number * kept.stride + i, value);
    if (c.pairs) continue;
    lanes.store(kept.waves + (k + number) * kept.stride + i,
                keep_where(present(x), sine_of_turn(r)));
  }
}

}  // namespace

void periodic_forward(const PeriodicColumn& c, int64_t rows, const float* x, int64_t ldx, float* y,
                      int64_t ldy, const PeriodicRows& kept) {
  const int64_t all = c.waves();
  over_vectors(rows, [&](int64_t i, int64_t count, auto lanes) TRIMTAB_BODY {
    const Floats cells = gather(x + i * ldx, ldx, count);
    const Ints there = present(cells);
    if (kept.waves != nullptr) lanes.store(kept.x + i, cells);
    Floats waves[kWavesHeld];
    for (int64_t wave = 0; wave < all; wave += kWavesHeld) {
      const int64_t now = all - wave < kWavesHeld ? all - wave : int64_t{kWavesHeld};
      find_waves(c, wave, now, cells, kept, i, waves, lanes);
      const bool last = wave + now == all;
      for (int64_t first = 0; first < c.dim; first += kTogether) {
        const int64_t wide = c.dim - first < kTogether ? c.dim - first : int64_t{kTogether};
        float* to = y + i * ldy + first;
        Floats sums[kTogether];
        for (int64_t u = 0; u < wide; ++u) {
          sums[u] = wave == 0 ? fill(c.bias[first + u]) : gather(to + u, ldy, count);
        }
        if (wide == kTogether) {
          add_products<kTogether>(c, first, wave, now, waves, sums);
        } else if (wide == 4) {
          add_products<4>(c, first, wave, now, waves, sums);
        } else {
          for (int64_t u = 0; u < wide; ++u) {
            add_products<1>(c, first + u, wave, now, waves, sums + u);
          }
        }
        for (int64_t u = 0; u < wide; ++u) {
          Floats value = sums[u];
          if (last) {
            value = select(there, value, fill(c.missing[first + u]));
            if (c.relu) value = value <= 0.0f ? fill(0.0f) : value;
          }
          float t[kLanes];
          store(t, value);
          for (int64_t row = 0; row < count; ++row) to[row * ldy + u] = t[row];
        }
      }
    }
  });
}

void periodic_vector_gradient(const PeriodicColumn& c, int64_t rows, const float* y, int64_t ldy,
                              const float* dy, int64_t lddy, const PeriodicRows& kept) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t u = 0; u < c.dim; ++u) {
      const bool cut = c.relu && y[i * ldy + u] <= 0.0f;
      kept.dv[u * kept.stride + i] = cut ? 0.0f : dy[i * lddy + u];
    }
  }
}

void periodic_input_gradient(const PeriodicColumn& c, int64_t rows, const PeriodicRows& kept,
                             float* dx, int64_t lddx) {
  over_vectors(rows, [&](int64_t i, int64_t count, auto lanes) TRIMTAB_BODY {
    const Floats x = lanes.load(kept.x + i);
    Floats sum{};
    for (int64_t f = 0; f < c.frequencies; ++f) {
      sum = fma(turn_gradient(c, f, kept, i, x, lanes), fill(c.w[f]), sum);
    }
    float t[kLanes];
    store(t, sum);
    for (int64_t row = 0; row < count; ++row) dx[(i + row) * lddx] += t[row];
  });
}

void periodic_parameter_gradients(const PeriodicColumn& c, int64_t rows, const PeriodicRows& kept,
                                  const PeriodicGradients& gradients) {
  const int64_t stride = kept.stride, dim = c.dim;
  for (int64_t u = 0; u < dim; ++u) {
    Floats with{}, without{};
    over_columns(rows, [&](int64_t i, auto lanes) TRIMTAB_BODY {
      const Ints there = present(lanes.load(kept.x + i));
      const Floats dv = lanes.load(kept.dv + u * stride + i);
      with += keep_where(there, dv);
      without += keep_where(~there, dv);
    });
    if (gradients.bias != nullptr) gradients.bias[u] = sum_of(with);
    if (gradients.missing != nullptr) gradients.missing[u] = sum_of(without);
  }
  for (int64_t f = 0; f < c.frequencies && (gradients.w || gradients.b); ++f) {
    Floats by_w{}, by_b{};
    over_columns(rows, [&](int64_t i, auto lanes) TRIMTAB_BODY {
      const Floats x = lanes.load(kept.x + i);
      const Floats g = turn_gradient(c, f, kept, i, x, lanes);
      by_w += keep_where(present(x), g * x);
      by_b += g;
    });
    if (gradients.w != nullptr) gradients.w[f] = sum_of(by_w);
    if (gradients.b != nullptr) gradients.b[f] = sum_of(by_b);
  }
  for (int64_t f = 0; f < c.waves() && gradients.kernel; ++f) {
    const float* wave = kept.waves + f * stride;
    for (int64_t first = 0; first < dim; first += kTogether) {
      const int64_t wide = dim - first < kTogether ? dim - first : int64_t{kTogether};
      const float* dv = kept.dv + first * stride;
      float* to = gradients.kernel + f * dim + first;
      if (wide == kTogether) {
        Floats sums[kTogether] = {};
        over_columns(rows, [&](int64_t i, auto lanes) TRIMTAB_BODY {
          const Ints there = present(lanes.load(kept.x + i));
          const Floats value = lanes.load(wave + i);
          for (int u = 0; u < kTogether; ++u) {
            sums[u] += keep_where(there, value * lanes.load(dv + u * stride + i));
          }
        });
        for (int u = 0; u < kTogether; ++u) to[u] = sum_of(sums[u]);
        continue;
      }
      for (int64_t u = 0; u < wide; ++u) {
        Floats sum{};
        over_columns(rows, [&](int64_t i, auto lanes) TRIMTAB_BODY {
          const Ints there = present(lanes.load(kept.x + i));
          sum += keep_where(there, lanes.load(wave + i) * lanes.load(dv + u * stride + i));
        });
        to[u] = sum_of(sum);
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

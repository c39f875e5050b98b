#include "kernels/optimizers.h"

#include "kernels/simd.h"
#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// What a sweep does besides the rule: nothing, weight decay, or whatever is asked for.
enum class Besides { nothing, decay, anything };

Besides besides(const SweepParameters& s) {
  if (s.l1 != 0.0f || s.l2 != 0.0f || s.clip_scale != 1.0f || s.clip_value != __builtin_huge_valf())
    return Besides::anything;
  return s.weight_decay_rate != 0.0f ? Besides::decay : Besides::nothing;
}

// g + l1 sign(w) + 2 l2 w. A term whose factor is 0 is left out, not added: w may be infinite.
TRIMTAB_INLINE Floats penalized(Floats g, Floats w, float l1, float l2) {
  if (l1 != 0.0f) g += l1 * sign(w);
  if (l2 != 0.0f) g += (2.0f * l2) * w;
  return g;
}

// One sweep of `rule(offset, lanes, g, w)`, which makes new weights of N vectors of gradients and
// weights; N where there are as many.
template <int N, Besides besides, class Rule>
TRIMTAB_INLINE void sweep_with(const SweepParameters& s, int64_t rows, int64_t columns,
                               int64_t stride, const float* gradient, float* weights, Rule rule) {
  auto take = [&](int64_t j, auto lanes, auto together) TRIMTAB_BODY {
    constexpr int count = decltype(together)::value;
    Floats g[count], w[count];
    for (int k = 0; k < count; ++k) g[k] = lanes.load(gradient + j + k * kLanes);
    for (int k = 0; k < count; ++k) w[k] = lanes.load(weights + j + k * kLanes);
    for (int k = 0; k < count && besides == Besides::anything; ++k) {
      g[k] = penalized(g[k], w[k], s.l1, s.l2);
      if (s.clip_scale != 1.0f) g[k] = g[k] * s.clip_scale;
      g[k] = g[k] > s.clip_value ? fill(s.clip_value) : g[k];
      g[k] = g[k] < -s.clip_value ? fill(-s.clip_value) : g[k];
      if (s.weight_decay_rate != 0.0f) w[k] = w[k] - w[k] * s.weight_decay_rate;
    }
    if constexpr (besides == Besides::decay) {
      for (int k = 0; k < count; ++k) w[k] = w[k] - w[k] * s.weight_decay_rate;
    }
    rule(j, lanes, g, w);
    for (int k = 0; k < count; ++k) lanes.store(weights + j + k * kLanes, w[k]);
  };
  for (int64_t i = 0; i < rows; ++i) {
    int64_t j = i * stride;
    const int64_t end = j + columns;
    for (; j + N * kLanes <= end; j += N * kLanes) take(j, Whole{}, Constant<N>{});
    for (; j + kLanes <= end; j += kLanes) take(j, Whole{}, Constant<1>{});
    if (j < end) take(j, Part{end - j}, Constant<1>{});
  }
}

template <int N, class Rule>
TRIMTAB_INLINE void sweep(const SweepParameters& s, int64_t rows, int64_t columns, int64_t stride,
                          const float* gradient, float* weights, Rule rule) {
  if (columns == stride) {  // one long row
    columns *= rows;
    rows = 1;
  }
  switch (besides(s)) {
    case Besides::nothing:
      return sweep_with<N, Besides::nothing>(s, rows, columns, stride, gradient, weights, rule);
    case Besides::decay:
      return sweep_with<N, Besides::decay>(s, rows, columns, stride, gradient, weights, rule);
    case Besides::anything:
      return sweep_with<N, Besides::anything>(s, rows, columns, stride, gradient, weights, rule);
  }
}

template <int N>
TRIMTAB_INLINE void roots(const Floats (&v)[N], Floats (&root)[N]) {
  if constexpr (kLanes == 16) {
    roots_by_multiplying(v, root);  // vectors of 512 bits would wait for the unit that divides
  } else {
    for (int k = 0; k < N; ++k) root[k] = square_root(v[k]);
  }
}

// One sweep of `rule(kept, g, w)`, where kept[i] is the i-th of so many slots: read before it,
// written after it.
template <int Slots, class Rule>
TRIMTAB_INLINE void sweep_slots(const SweepParameters& s, int64_t rows, int64_t columns,
                                int64_t stride, const float* gradient, float* weights, float* slots,
                                int64_t apart, Rule rule) {
  sweep<1>(s, rows, columns, stride, gradient, weights,
           [=](int64_t j, auto lanes, auto& g, auto& w) TRIMTAB_BODY {
             Floats kept[Slots];
             for (int i = 0; i < Slots; ++i) kept[i] = lanes.load(slots + i * apart + j);
             rule(kept, g[0], w[0]);
             for (int i = 0; i < Slots; ++i) lanes.store(slots + i * apart + j, kept[i]);
           });
}

// The larger one; nan where either is.
TRIMTAB_INLINE Floats larger(Floats a, Floats b) { return a != a ? a : maximum(a, b); }

// x^power, x >= 0.
TRIMTAB_INLINE Floats raised(Floats x, float power) {
  if (power == 0.5f) return square_root(x);
  Floats y = exp(power * log(x));
  return x == 0.0f ? fill(power == 0.0f ? 1.0f : 0.0f) : y;
}

// Visits blocks vector by vector.
template <class Body>
TRIMTAB_INLINE void over_block(int64_t rows, int64_t columns, int64_t stride, Body body) {
  for (int64_t i = 0; i < rows; ++i) {
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY { body(i * stride + j, lanes); });
  }
}

TRIMTAB_INLINE Doubles lower_half(Floats v) {
  HalfFloats half;
  __builtin_memcpy(&half, &v, sizeof half);
  return __builtin_convertvector(half, Doubles);
}
TRIMTAB_INLINE Doubles upper_half(Floats v) {
  HalfFloats half;
  __builtin_memcpy(&half, reinterpret_cast<const char*>(&v) + sizeof half, sizeof half);
  return __builtin_convertvector(half, Doubles);
}

}  // namespace

// Measured: 131,072 weights, 0.36 / 0.34 cycles each, with momentum 0.65 / 0.59.
void optimizers_sgd(const SweepParameters& s, const SgdParameters& p, int64_t rows, int64_t columns,
                    int64_t stride, const float* gradient, float* weights, float* momentum_slot) {
  const float rate = p.learning_rate, momentum = p.momentum;
  if (momentum == 0.0f) {
    sweep<1>(s, rows, columns, stride, gradient, weights,
             [=](int64_t, auto, auto& g, auto& w) TRIMTAB_BODY { w[0] = w[0] - rate * g[0]; });
    return;
  }
  const bool nesterov = p.nesterov;
  sweep<1>(s, rows, columns, stride, gradient, weights,
           [=](int64_t j, auto lanes, auto& g, auto& w) TRIMTAB_BODY {
             Floats step = rate * g[0];
             Floats m = momentum * lanes.load(momentum_slot + j) - step;
             lanes.store(momentum_slot + j, m);
             w[0] = nesterov ? w[0] + (momentum * m - step) : w[0] + m;
           });
}

// Measured: 131,072 weights, 1.4 / 1.2 cycles each; copying 28 bytes a weight costs 0.8 to 1.0.
void optimizers_adam(const SweepParameters& s, const AdamParameters& p, int64_t rows,
                     int64_t columns, int64_t stride, const float* gradient, float* weights,
                     float* m, float* v) {
  const float alpha = p.alpha, epsilon = p.epsilon;
  const float one_minus_beta_1 = p.one_minus_beta_1, one_minus_beta_2 = p.one_minus_beta_2;
  auto rule = [=](int64_t j, auto lanes, auto& g, auto& w) TRIMTAB_BODY {
    constexpr int count = sizeof g / sizeof g[0];
    Floats new_m[count], new_v[count], root[count];
    for (int k = 0; k < count; ++k) {
      Floats old = lanes.load(v + j + k * kLanes);
      new_v[k] = old + (g[k] * g[k] - old) * one_minus_beta_2;
    }
    for (int k = 0; k < count; ++k) {
      Floats old = lanes.load(m + j + k * kLanes);
      new_m[k] = old + (g[k] - old) * one_minus_beta_1;
    }
    roots(new_v, root);
    for (int k = 0; k < count; ++k) {
      lanes.store(m + j + k * kLanes, new_m[k]);
      lanes.store(v + j + k * kLanes, new_v[k]);
    }
    for (int k = 0; k < count; ++k) w[k] = w[k] - (new_m[k] * alpha) / (root[k] + epsilon);
  };
  sweep<4>(s, rows, columns, stride, gradient, weights, rule);
}

// Measured: 131,072 weights, 1.1 / 0.44 cycles each.
double optimizers_squared_norm(float l1, float l2, int64_t n, const float* gradient,
                               const float* weights) {
  Doubles low{}, high{};
  over_columns(n, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats g = lanes.load(gradient + j);
    if (l1 != 0.0f || l2 != 0.0f) g = penalized(g, lanes.load(weights + j), l1, l2);
    Doubles a = lower_half(g), b = upper_half(g);
    low += a * a;
    high += b * b;
  });
  return sum_of(low + high);
}

// Measured: 131,072 weights, 2.2 / 0.86 cycles each.
double optimizers_penalty(float l1, float l2, int64_t n, const float* weights) {
  Doubles absolute_low{}, absolute_high{}, squares_low{}, squares_high{};
  over_columns(n, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats w = lanes.load(weights + j);
    Floats magnitude = absolute(w);
    absolute_low += lower_half(magnitude);
    absolute_high += upper_half(magnitude);
    Doubles a = lower_half(w), b = upper_half(w);
    squares_low += a * a;
    squares_high += b * b;
  });
  double result = 0.0;  // a term whose factor is 0 is left out: 0 times infinity is nan
  if (l1 != 0.0f) result += l1 * sum_of(absolute_low + absolute_high);
  if (l2 != 0.0f) result += l2 * sum_of(squares_low + squares_high);
  return result;
}

// Measured: 131,072 weights, 2.1 / 2.1 cycles each.
void optimizers_adadelta(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                         int64_t columns, int64_t stride, const float* gradient, float* weights,
                         float* slots, int64_t apart) {
  const float rate = p.learning_rate, rho = p.beta_2, rest = p.one_minus_beta_2;
  const float epsilon = p.epsilon;
  sweep_slots<2>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   kept[0] = rho * kept[0] + rest * (g * g);
                   Floats step =
                       square_root(kept[1] + epsilon) * g / square_root(kept[0] + epsilon);
                   kept[1] = rho * kept[1] + rest * (step * step);
                   w = w - rate * step;
                 });
}

// Measured: 131,072 weights, 1.4 / 1.4 cycles each.
void optimizers_adagrad(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                        int64_t columns, int64_t stride, const float* gradient, float* weights,
                        float* slots, int64_t apart) {
  const float rate = p.learning_rate, epsilon = p.epsilon;
  sweep_slots<1>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   kept[0] = kept[0] + g * g;
                   w = w - (rate * g) / square_root(kept[0] + epsilon);
                 });
}

// Measured: 131,072 weights, 1.1 / 1.1 cycles each.
void optimizers_adamax(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                       int64_t columns, int64_t stride, const float* gradient, float* weights,
                       float* slots, int64_t apart) {
  const float rate = p.learning_rate, epsilon = p.epsilon, correction = p.correction;
  const float one_minus_beta_1 = p.one_minus_beta_1, beta_2 = p.beta_2;
  sweep_slots<2>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   kept[0] = kept[0] + (g - kept[0]) * one_minus_beta_1;
                   kept[1] = larger(beta_2 * kept[1], absolute(g));
                   w = w - (rate * kept[0]) / (correction * (kept[1] + epsilon));
                 });
}

// Measured: 131,072 weights, 1.8 / 1.7 cycles each.
void optimizers_amsgrad(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                        int64_t columns, int64_t stride, const float* gradient, float* weights,
                        float* slots, int64_t apart) {
  const float alpha = p.alpha, epsilon = p.epsilon;
  const float one_minus_beta_1 = p.one_minus_beta_1, one_minus_beta_2 = p.one_minus_beta_2;
  sweep_slots<3>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   kept[0] = kept[0] + (g - kept[0]) * one_minus_beta_1;
                   kept[1] = kept[1] + (g * g - kept[1]) * one_minus_beta_2;
                   kept[2] = larger(kept[2], kept[1]);
                   w = w - (kept[0] * alpha) / (square_root(kept[2]) + epsilon);
                 });
}

// Measured: 131,072 weights, 3.4 / 3.4 cycles each.
void optimizers_ftrl(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                     int64_t columns, int64_t stride, const float* gradient, float* weights,
                     float* slots, int64_t apart) {
  const float rate = p.learning_rate, power = p.power, l1 = p.l1, twice_l2 = 2.0f * p.l2;
  const float twice_shrinkage = 2.0f * p.shrinkage;
  sweep_slots<2>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   Floats grown = kept[0] + g * g, risen = raised(grown, power);
                   if (twice_shrinkage != 0.0f) g = g + twice_shrinkage * w;
                   kept[1] = kept[1] + (g - (risen - raised(kept[0], power)) / rate * w);
                   Floats z = kept[1];
                   Floats clipped = z > l1 ? fill(l1) : (z < -l1 ? fill(-l1) : z);
                   Floats quadratic = risen / rate + twice_l2;
                   w = quadratic == 0.0f ? Floats{} : (clipped - z) / quadratic;
                   kept[0] = grown;
                 });
}

// Measured: 131,072 weights, 0.84 / 0.58 cycles each.
void optimizers_lion(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                     int64_t columns, int64_t stride, const float* gradient, float* weights,
                     float* slots, int64_t apart) {
  const float rate = p.learning_rate;
  const float beta_1 = p.beta_1, one_minus_beta_1 = p.one_minus_beta_1;
  const float beta_2 = p.beta_2, one_minus_beta_2 = p.one_minus_beta_2;
  sweep_slots<1>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   w = w - rate * sign(kept[0] * beta_1 + g * one_minus_beta_1);
                   kept[0] = kept[0] * beta_2 + g * one_minus_beta_2;
                 });
}

// Measured: 131,072 weights, 2.0 / 2.0 cycles each.
void optimizers_nadam(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                      int64_t columns, int64_t stride, const float* gradient, float* weights,
                      float* slots, int64_t apart) {
  const float rate = p.learning_rate, epsilon = p.epsilon, correction = p.correction;
  const float one_minus_beta_1 = p.one_minus_beta_1, one_minus_beta_2 = p.one_minus_beta_2;
  const float of_momentum = p.of_momentum, of_gradient = p.of_gradient;
  sweep_slots<2>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   kept[0] = kept[0] + (g - kept[0]) * one_minus_beta_1;
                   kept[1] = kept[1] + (g * g - kept[1]) * one_minus_beta_2;
                   Floats ahead = of_momentum * kept[0] + of_gradient * g;
                   w = w - (ahead * rate) / (square_root(kept[1] / correction) + epsilon);
                 });
}

// Measured: 131,072 weights, 1.4 / 1.4 cycles each.
void optimizers_rmsprop(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                        int64_t columns, int64_t stride, const float* gradient, float* weights,
                        float* slots, int64_t apart) {
  const float rate = p.learning_rate, rho = p.beta_2, rest = p.one_minus_beta_2;
  const float epsilon = p.epsilon, momentum = p.momentum;
  const bool centered = p.centered;
  auto step = [=](Floats& v, Floats* mean, Floats g) TRIMTAB_BODY {
    v = rho * v + rest * (g * g);
    if (mean == nullptr) return (rate * g) / square_root(v + epsilon);
    *mean = rho * *mean + rest * g;
    return (rate * g) / square_root(v - *mean * *mean + epsilon);
  };
  if (momentum == 0.0f && !centered) {
    return sweep_slots<1>(s, rows, columns, stride, gradient, weights, slots, apart,
                          [=](Floats* kept, Floats g, Floats& w)
                              TRIMTAB_BODY { w = w - step(kept[0], nullptr, g); });
  }
  if (momentum == 0.0f) {
    return sweep_slots<2>(s, rows, columns, stride, gradient, weights, slots, apart,
                          [=](Floats* kept, Floats g, Floats& w)
                              TRIMTAB_BODY { w = w - step(kept[0], kept + 1, g); });
  }
  if (!centered) {
    return sweep_slots<2>(s, rows, columns, stride, gradient, weights, slots, apart,
                          [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                            kept[1] = momentum * kept[1] + step(kept[0], nullptr, g);
                            w = w - kept[1];
                          });
  }
  sweep_slots<3>(s, rows, columns, stride, gradient, weights, slots, apart,
                 [=](Floats* kept, Floats g, Floats& w) TRIMTAB_BODY {
                   kept[1] = momentum * kept[1] + step(kept[0], kept + 2, g);
                   w = w - kept[1];
                 });
}

// Measured: 131,072 weights, 0.62 / 0.62 cycles each.
void optimizers_accumulate(float l1, float l2, float divisor, int64_t rows, int64_t columns,
                           int64_t stride, const float* gradient, const float* weights,
                           float* sum) {
  over_block(rows, columns, stride, [=](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats g = penalized(lanes.load(gradient + j), lanes.load(weights + j), l1, l2);
    lanes.store(sum + j, (g + lanes.load(sum + j)) / divisor);
  });
}

// Measured: 131,072 weights, 0.30 / 0.29 cycles each.
void optimizers_average(float momentum, bool overwrite, int64_t rows, int64_t columns,
                        int64_t stride, float* weights, float* average) {
  const float rest = 1.0f - momentum;
  over_block(rows, columns, stride, [=](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats mean = momentum * lanes.load(average + j) + rest * lanes.load(weights + j);
    lanes.store(average + j, mean);
    if (overwrite) lanes.store(weights + j, mean);
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

#include "kernels/loss_rows.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

TRIMTAB_INLINE Floats clipped(Floats p) {
  p = p < kEpsilon ? fill(kEpsilon) : p;
  return p > kOneMinusEpsilon ? fill(kOneMinusEpsilon) : p;
}
TRIMTAB_INLINE Ints is_clipped(Floats p) { return (p < kEpsilon) | (p > kOneMinusEpsilon); }

// 1 above 0, 0 up to it; nan stays.
TRIMTAB_INLINE Floats step(Floats x) {
  return x > 0.0f ? fill(1.0f) : (x <= 0.0f ? fill(0.0f) : x);
}

// u = t, or -1 where t is 0: labels of 0 and 1 count as -1 and 1.
TRIMTAB_INLINE Term hinge(Floats p, Floats t) {
  Floats u = t == 0.0f ? fill(-1.0f) : t, d = 1.0f - u * p, on = step(d);
  return {on * d, -(on * u)};
}
TRIMTAB_INLINE Term squared_hinge(Floats p, Floats t) {
  Floats u = t == 0.0f ? fill(-1.0f) : t, d = 1.0f - u * p;
  d = step(d) * d;
  return {d * d, -2.0f * (d * u)};
}

TRIMTAB_INLINE Floats within_unit(Floats p) {
  p = p < kEpsilon ? fill(kEpsilon) : p;
  return p > 1.0f ? fill(1.0f) : p;
}
TRIMTAB_INLINE Term kl_divergence(Floats p, Floats t) {
  Floats q = within_unit(p), label = within_unit(t), ratio = label / q;
  return {label * log(ratio), keep_where(~((p < kEpsilon) | (p > 1.0f)), -ratio)};
}

struct Focal {
  float gamma, alpha;
  bool balanced;
};

// u^gamma b with b the cross-entropy and u = t r + (1 - t) p, r = 1 - p.
TRIMTAB_INLINE Term binary_focal(Floats p, Floats r, Floats t, Focal f) {
  Ints at_end = is_clipped(p);
  Floats q = clipped(p), one_minus_q = at_end ? 1.0f - q : r, one_minus_t = 1.0f - t;
  Floats loss = -(t * log(q) + one_minus_t * log(one_minus_q));
  Floats slope = keep_where(~at_end, one_minus_t / one_minus_q - t / q);
  Floats u = t * r + one_minus_t * p;
  Ints small = u < kEpsilon;
  u = small ? fill(kEpsilon) : u;
  Floats power = exp(f.gamma * log(u));
  Floats by_u = keep_where(~small, f.gamma * (power / u) * (1.0f - 2.0f * t));
  Floats w = f.balanced ? t * f.alpha + one_minus_t * (1.0f - f.alpha) : fill(1.0f);
  return {w * (power * loss), w * (by_u * loss + power * slope)};
}
TRIMTAB_INLINE Term binary_focal_logits(Floats x, Floats t, Focal f) {
  Logistic s = logistic(x);
  Term term = binary_focal(s.value, sigmoid(-x), t, f);
  return {term.loss, term.derivative * s.derivative};
}

// max(m, 0) with m = max((1 - t) p) - sum(t p) + 1; equal maxima share the derivative.
void categorical_hinge_row(int64_t outputs, const float* p, const float* t, float* loss,
                           float factor, float* gradient) {
  Floats own{};
  float other = -__builtin_huge_valf();
  over_columns(outputs, [&](int64_t j, auto lanes)
                            TRIMTAB_BODY { own += lanes.load(p + j) * lanes.load(t + j); });
  for (int64_t j = 0; j < outputs; ++j) {
    const float x = (1.0f - t[j]) * p[j];
    other = x > other ? x : other;
  }
  const float m = other - sum_of(own) + 1.0f, on = step(fill(m))[0];
  *loss = on * m;
  if (!gradient) return;
  float equal = 0.0f;
  for (int64_t j = 0; j < outputs; ++j) equal += (1.0f - t[j]) * p[j] == other ? 1.0f : 0.0f;
  for (int64_t j = 0; j < outputs; ++j) {
    const float rest = 1.0f - t[j], share = rest * p[j] == other ? rest / equal : 0.0f;
    gradient[j] = factor * on * (share - t[j]);
  }
}

// What a class adds to the loss, and the derivative by its share q of the sum of the row.
TRIMTAB_INLINE Term crossentropy_term(Floats q, Floats label) {
  return {-(label * log(q)), -(label / q)};
}
TRIMTAB_INLINE Term focal_term(Floats q, Floats label, Floats alpha, float gamma) {
  Floats rest = 1.0f - q, logarithm = log(q), power = exp(gamma * log(rest));
  Floats w = alpha * label;
  return {-(w * power * logarithm), w * (gamma * (power / rest) * logarithm - power / q)};
}

// The sum over classes of terms of q = p / sum(p), clipped. With g_j the derivative by q_j, that by
// p_k is (g_k - sum_j g_j q_j) / sum(p).
template <class Function>
TRIMTAB_INLINE void share_row(int64_t outputs, const float* p, float* loss, float factor,
                              float* gradient, Function term) {
  Floats sums{}, losses{}, pulled{};
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY { sums += lanes.load(p + j); });
  const float sum = sum_of(sums);
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats r = lanes.load(p + j) / sum;
    Term one = term(clipped(r), j, lanes);
    losses += lanes.clear_rest(one.loss);
    pulled += lanes.clear_rest(keep_where(~is_clipped(r), r * one.derivative));
  });
  *loss = sum_of(losses);
  if (!gradient) return;
  const float common = sum_of(pulled);
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats r = lanes.load(p + j) / sum;
    Floats g = keep_where(~is_clipped(r), term(clipped(r), j, lanes).derivative);
    lanes.store(gradient + j, factor * ((g - common) / sum));
  });
}

// The same of q = softmax(x); the derivative by x_k is q_k (g_k - sum_j g_j q_j).
template <class Function>
TRIMTAB_INLINE void softmax_row(int64_t outputs, const float* x, float* loss, float factor,
                                float* gradient, Function term) {
  const float largest = maximum_of(x, outputs);
  Floats sums{}, losses{}, pulled{};
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    sums += lanes.clear_rest(exp(lanes.load(x + j) - largest));
  });
  const float sum = sum_of(sums);
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats r = exp(lanes.load(x + j) - largest) / sum;
    Term one = term(clipped(r), j, lanes);
    losses += lanes.clear_rest(one.loss);
    pulled += lanes.clear_rest(keep_where(~is_clipped(r), r * one.derivative));
  });
  *loss = sum_of(losses);
  if (!gradient) return;
  const float common = sum_of(pulled);
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats r = exp(lanes.load(x + j) - largest) / sum;
    Floats g = keep_where(~is_clipped(r), term(clipped(r), j, lanes).derivative);
    lanes.store(gradient + j, factor * (r * (g - common)));
  });
}

// -sum label log_softmax(x) = sum(label) log(sum(exp(x - max))) - sum(label (x - max)); derivative
// softmax(x) sum(label) - label.
template <class Function>
TRIMTAB_INLINE void log_softmax_row(int64_t outputs, const float* x, float* loss, float factor,
                                    float* gradient, Function label) {
  const float largest = maximum_of(x, outputs);
  Floats sums{}, labels{}, chosen{};
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats below = lanes.load(x + j) - largest, t = label(j, lanes);
    sums += lanes.clear_rest(exp(below));
    labels += lanes.clear_rest(t);
    chosen += lanes.clear_rest(t * below);
  });
  const float sum = sum_of(sums), total = sum_of(labels);
  *loss = total * log(fill(sum))[0] - sum_of(chosen);
  if (!gradient) return;
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats q = exp(lanes.load(x + j) - largest) / sum, t = label(j, lanes);
    lanes.store(gradient + j, factor * (q * total - t));
  });
}

// (1 - p[t]^q) / q; derivative -p[t]^(q - 1) at t, 0 elsewhere. A nan elsewhere counts, too.
void generalized_row(int64_t outputs, const float* p, int64_t t, float q, float* loss, float factor,
                     float* gradient) {
  float chosen = 0.0f;
  for (int64_t j = 0; j < outputs; ++j) chosen += j == t ? p[j] : 0.0f * p[j];
  const float power = exp(q * log(fill(chosen)))[0];
  *loss = (1.0f - power) / q;
  if (!gradient) return;
  fill_row(outputs, factor * (0.0f * chosen), gradient);
  if (!(chosen < kEpsilon)) gradient[t] = factor * -(power / chosen);
}

}  // namespace

void losses_classification_rows(const LossParameters& p, int64_t rows, int64_t outputs,
                                const float* prediction, int64_t ldp, const float* target,
                                int64_t ldt, const float* weight, float* losses, float scale,
                                float* gradient, int64_t ldg) {
  auto over = [=](float n, auto term) {
    over_outputs(rows, outputs, n, prediction, ldp, target, ldt, weight, losses, scale, gradient,
                 ldg, term);
  };
  const float s = p.label_smoothing, keep = 1.0f - s, half = 0.5f * s, gamma = p.gamma;
  const auto n = static_cast<float>(outputs);
  const Focal focal{gamma, p.alphas ? p.alpha[0] : 0.25f, p.balanced};
  switch (p.loss) {
    case Loss::hinge:
      return over(n, [](Floats a, Floats t) { return hinge(a, t); });
    case Loss::squared_hinge:
      return over(n, [](Floats a, Floats t) { return squared_hinge(a, t); });
    case Loss::kl_divergence:
      return over(1.0f, [](Floats a, Floats t) { return kl_divergence(a, t); });
    case Loss::binary_focal_crossentropy:
      return over(
          n, [=](Floats a, Floats t) { return binary_focal(a, 1.0f - a, t * keep + half, focal); });
    case Loss::binary_focal_crossentropy_logits:
      return over(
          n, [=](Floats a, Floats t) { return binary_focal_logits(a, t * keep + half, focal); });
    default:
      break;
  }
  const float spread = s / n;
  for (int64_t i = 0; i < rows; ++i) {
    const float w = weight ? weight[i] : 1.0f, factor = w * scale;
    const float *a = prediction + i * ldp, *t = target + i * ldt;
    float* d = gradient ? gradient + i * ldg : nullptr;
    float loss = __builtin_nanf("");
    auto label = [=](int64_t j, auto lanes)
                     TRIMTAB_BODY { return lanes.load(t + j) * keep + spread; };
    auto crossentropy = [=](Floats q, int64_t j, auto lanes)
                            TRIMTAB_BODY { return crossentropy_term(q, label(j, lanes)); };
    auto focal_crossentropy = [=](Floats q, int64_t j, auto lanes) TRIMTAB_BODY {
      Floats alpha = p.alphas > 1 ? lanes.load(p.alpha + j) : fill(focal.alpha);
      return focal_term(q, label(j, lanes), alpha, gamma);
    };
    switch (p.loss) {
      case Loss::categorical_hinge:
        categorical_hinge_row(outputs, a, t, &loss, factor, d);
        break;
      case Loss::categorical_crossentropy:
        share_row(outputs, a, &loss, factor, d, crossentropy);
        break;
      case Loss::categorical_crossentropy_logits:
        log_softmax_row(outputs, a, &loss, factor, d, label);
        break;
      case Loss::categorical_focal_crossentropy:
        share_row(outputs, a, &loss, factor, d, focal_crossentropy);
        break;
      case Loss::categorical_focal_crossentropy_logits:
        softmax_row(outputs, a, &loss, factor, d, focal_crossentropy);
        break;
      default: {
        const int64_t k = class_of(t[0], outputs);
        if (k >= 0) {
          generalized_row(outputs, a, k, p.q, &loss, factor, d);
        } else if (d) {
          fill_row(outputs, loss, d);
        }
      }
    }
    losses[i] = w * loss;
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

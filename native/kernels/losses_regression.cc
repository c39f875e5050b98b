#include "kernels/loss_rows.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr float kLog2 = 0.693147181f;
constexpr float kTwoPi = 6.28318531f;

TRIMTAB_INLINE Term absolute_percentage_error(Floats p, Floats t) {
  Floats d = p - t, size = maximum(fill(kEpsilon), absolute(t));
  return {100.0f * (absolute(d) / size), 100.0f * (sign(d) / size)};
}

TRIMTAB_INLINE Term squared_logarithmic_error(Floats p, Floats t) {
  Floats q = maximum(fill(kEpsilon), p);
  Floats d = log(q + 1.0f) - log(maximum(fill(kEpsilon), t) + 1.0f);
  return {d * d, keep_where(~(p < kEpsilon), 2.0f * d / (q + 1.0f))};
}

TRIMTAB_INLINE Term huber(Floats p, Floats t, float delta) {
  Floats d = p - t, size = absolute(d);
  Ints near = size <= delta;
  return {near ? 0.5f * (d * d) : delta * size - 0.5f * delta * delta, near ? d : delta * sign(d)};
}

// |d| + log(1 + exp(-2 |d|)) - log(2).
TRIMTAB_INLINE Term log_cosh(Floats p, Floats t) {
  Floats d = p - t, size = absolute(d);
  return {(size - kLog2) + log1p_of_unit(exp(-2.0f * size)), tanh(d)};
}

TRIMTAB_INLINE Term poisson(Floats p, Floats t) {
  Floats q = p + kEpsilon;
  return {p - t * log(q), 1.0f - t / q};
}

// level d where d = t - p is above 0, (level - 1) d below.
TRIMTAB_INLINE Term quantile(Floats p, Floats t, Floats level) {
  Floats d = t - p;
  Floats slope = d > 0.0f ? level : (d < 0.0f ? level - 1.0f : d);
  return {slope * d, -slope};
}

TRIMTAB_INLINE Term expectile(Floats p, Floats t, float level) {
  Floats d = p - t;
  Floats w = d > 0.0f ? fill(1.0f - level) : fill(level);
  return {w * d * d, 2.0f * w * d};
}

// Several levels of each target side by side.
void quantile_row(int64_t outputs, const float* p, const float* t, const float* levels,
                  int64_t count, float* loss, float factor, float* gradient) {
  const auto n = static_cast<float>(outputs);
  float total = 0.0f;
  for (int64_t j = 0; j < outputs; ++j) {
    const float d = t[j / count] - p[j], level = levels[j % count];
    const float slope = d > 0.0f ? level : (d < 0.0f ? level - 1.0f : d);
    total += slope * d;
    if (gradient) gradient[j] = factor / n * -slope;
  }
  *loss = total / n;
}

// v = exp(s) + epsilon; loss (log(2 pi v) + d^2 / v) / 2 with d = m - t; derivatives d / v by the
// mean m and (1 - d^2 / v) exp(s) / v / 2 by s.
void gaussian_row(int64_t targets, const float* p, const float* t, float epsilon, float* loss,
                  float factor, float* gradient) {
  const auto n = static_cast<float>(targets);
  const Floats each = fill(factor / n);
  Floats total{};
  over_columns(targets, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats e = exp(lanes.load(p + targets + j)), v = e + epsilon;
    Floats d = lanes.load(p + j) - lanes.load(t + j), ratio = d * d / v;
    total += lanes.clear_rest(0.5f * (log(kTwoPi * v) + ratio));
    if (!gradient) return;
    lanes.store(gradient + j, each * (d / v));
    lanes.store(gradient + targets + j, each * (0.5f * (1.0f - ratio) * (e / v)));
  });
  *loss = sum_of(total) / n;
}

// -sum(t p) / (|t| |p|); derivative -(t / |t| - p sum(t p) / (|t| |p|^2)) / |p|, without the second
// term where |p| is too short.
void cosine_row(int64_t outputs, const float* p, const float* t, float* loss, float factor,
                float* gradient) {
  Floats dots{}, targets{}, predictions{};
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats a = lanes.load(p + j), b = lanes.load(t + j);
    dots += a * b;
    predictions += a * a;
    targets += b * b;
  });
  float length = square_root(fill(sum_of(predictions)))[0];
  float target_length = square_root(fill(sum_of(targets)))[0];
  const bool short_one = length < kEpsilon;
  length = short_one ? kEpsilon : length;
  target_length = target_length < kEpsilon ? kEpsilon : target_length;
  const float similarity = sum_of(dots) / target_length / length;
  *loss = -similarity;
  if (!gradient) return;
  const float along = short_one ? 0.0f : similarity / length;
  over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats a = lanes.load(p + j), b = lanes.load(t + j);
    lanes.store(gradient + j, factor / length * (along * a - b / target_length));
  });
}

}  // namespace

void losses_regression_rows(const LossParameters& p, int64_t rows, int64_t outputs,
                            const float* prediction, int64_t ldp, const float* target, int64_t ldt,
                            const float* weight, float* losses, float scale, float* gradient,
                            int64_t ldg) {
  auto mean = [=](auto term) {
    over_outputs(rows, outputs, static_cast<float>(outputs), prediction, ldp, target, ldt, weight,
                 losses, scale, gradient, ldg, term);
  };
  const float level = p.levels ? p.levels[0] : 0.5f, delta = p.delta;
  switch (p.loss) {
    case Loss::mean_absolute_percentage_error:
      return mean([](Floats a, Floats t) { return absolute_percentage_error(a, t); });
    case Loss::mean_squared_logarithmic_error:
      return mean([](Floats a, Floats t) { return squared_logarithmic_error(a, t); });
    case Loss::huber:
      return mean([=](Floats a, Floats t) { return huber(a, t, delta); });
    case Loss::log_cosh:
      return mean([](Floats a, Floats t) { return log_cosh(a, t); });
    case Loss::poisson:
      return mean([](Floats a, Floats t) { return poisson(a, t); });
    case Loss::expectile:
      return mean([=](Floats a, Floats t) { return expectile(a, t, level); });
    case Loss::quantile:
      if (p.level_count > 1) break;
      return mean([=](Floats a, Floats t) { return quantile(a, t, fill(level)); });
    default:
      break;
  }
  for (int64_t i = 0; i < rows; ++i) {
    const float w = weight ? weight[i] : 1.0f;
    const float *a = prediction + i * ldp, *t = target + i * ldt;
    float* d = gradient ? gradient + i * ldg : nullptr;
    float loss = 0.0f;
    if (p.loss == Loss::quantile) {
      quantile_row(outputs, a, t, p.levels, p.level_count, &loss, w * scale, d);
    } else if (p.loss == Loss::gaussian_negative_log_likelihood) {
      gaussian_row(outputs / 2, a, t, p.epsilon, &loss, w * scale, d);
    } else {
      cosine_row(outputs, a, t, &loss, w * scale, d);
    }
    losses[i] = w * loss;
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

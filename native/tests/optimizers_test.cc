#include "kernels/optimizers.h"

#include "tests/check.h"

namespace trimtab::test {
namespace {

double sign(double w) { return w > 0 ? 1.0 : w < 0 ? -1.0 : w; }

// What the sweep makes of a gradient and a weight before the rule.
struct Swept {
  double g, w, size;  // size: what rounding errors of g are relative to
};
Swept swept(const SweepParameters& s, double g, double w) {
  double size = std::fabs(g) + s.l1 + std::fabs(2 * s.l2 * w);
  g += s.l1 * sign(w) + 2.0 * s.l2 * w;
  g *= s.clip_scale;
  size *= s.clip_scale;
  g = std::fmax(std::fmin(g, s.clip_value), -static_cast<double>(s.clip_value));
  return {g, w - w * s.weight_decay_rate, size};
}

std::vector<SweepParameters> sweeps() {
  return {{},
          {.l1 = 0.01f},
          {.l2 = 0.02f},
          {.clip_scale = 0.5f},
          {.clip_value = 0.3f},
          {.weight_decay_rate = 0.004f},
          {.l1 = 0.01f,
           .l2 = 0.02f,
           .clip_scale = 0.7f,
           .clip_value = 0.4f,
           .weight_decay_rate = 0.004f}};
}

std::vector<int64_t> lengths() {
  std::vector<int64_t> all = widths();
  all.push_back(1000);
  return all;
}

}  // namespace

KERNEL_TEST(optimizers_sgd) {
  Data data;
  for (const SweepParameters& s : sweeps()) {
    for (const SgdParameters& p :
         {SgdParameters{0.1f, 0.0f, false}, SgdParameters{0.1f, 0.9f, false},
          SgdParameters{0.1f, 0.9f, true}}) {
      for (int64_t n : lengths()) {
        Block gradient = line(n), weights = line(n), slot = line(n);
        for (Block* b : {&gradient, &weights, &slot}) b->fill([&] { return data.normal(); });
        Block old_weights = weights, old_slot = slot;
        const bool momentum = p.momentum != 0.0f;
        k.optimizers.sgd(s, p, 1, n, n, gradient.data(), weights.data(),
                         momentum ? slot.data() : nullptr);
        for (int64_t j = 0; j < n; ++j) {
          Swept g = swept(s, gradient(0, j), old_weights(0, j));
          double step = p.learning_rate * g.g, m = p.momentum * old_slot(0, j) - step;
          double w = g.w + (!momentum ? -step : p.nesterov ? p.momentum * m - step : m);
          double size = g.size + std::fabs(old_slot(0, j)) + std::fabs(old_weights(0, j));
          CHECK_NEAR(weights(0, j), w, 4 * kRoundoff * size);
          CHECK_NEAR(slot(0, j), momentum ? m : old_slot(0, j), 4 * kRoundoff * size);
        }
        CHECK(weights.guards_intact() && slot.guards_intact());
      }
    }
  }
}

KERNEL_TEST(optimizers_adam) {
  Data data;
  for (const SweepParameters& s : sweeps()) {
    for (int64_t n : lengths()) {
      Block gradient = line(n), weights = line(n), m = line(n), v = line(n);
      for (Block* b : {&gradient, &weights, &m}) b->fill([&] { return data.normal(); });
      v.fill([&] { return data.uniform(0, 2); });
      if (n > 3) {  // a parameter whose gradient has always been 0
        gradient(0, 3) = m(0, 3) = v(0, 3) = 0.0f;
        if (s.l1 == 0.0f && s.l2 == 0.0f && s.weight_decay_rate == 0.0f) weights(0, 3) = 7.0f;
      }
      Block old_weights = weights, old_m = m, old_v = v;
      const AdamParameters p;
      k.optimizers.adam(s, p, 1, n, n, gradient.data(), weights.data(), m.data(), v.data());
      for (int64_t j = 0; j < n; ++j) {
        Swept g = swept(s, gradient(0, j), old_weights(0, j));
        double new_m = old_m(0, j) + (g.g - old_m(0, j)) * p.one_minus_beta_1;
        double new_v = old_v(0, j) + (g.g * g.g - old_v(0, j)) * p.one_minus_beta_2;
        double step = new_m * p.alpha / (std::sqrt(new_v) + p.epsilon);
        double size = g.size + std::fabs(old_m(0, j)), square = g.size * g.size + old_v(0, j);
        CHECK_NEAR(m(0, j), new_m, 3 * kRoundoff * size);
        CHECK_NEAR(v(0, j), new_v, 3 * kRoundoff * square);
        double slack = p.alpha / (std::sqrt(new_v) + p.epsilon) * size +
                       std::fabs(step) * (square / (new_v + 1e-30) + 4);
        CHECK_NEAR(weights(0, j), g.w - step,
                   kRoundoff * (4 * slack + 2 * std::fabs(old_weights(0, j))));
      }
      CHECK(weights.guards_intact() && m.guards_intact() && v.guards_intact());
      if (n > 3 && weights(0, 3) == 7.0f) CHECK(v(0, 3) == 0.0f);
    }
  }
}

KERNEL_TEST(optimizers_pieces) {
  Data data;
  const int64_t n = 131;
  const SweepParameters s{.l2 = 0.01f};
  Block gradient = line(n), weights = line(n), m = line(n), v = line(n);
  for (Block* b : {&gradient, &weights, &m, &v}) b->fill([&] { return data.uniform(0, 2); });
  Block w2 = weights, m2 = m, v2 = v;
  k.optimizers.adam(s, {}, 1, n, n, gradient.data(), weights.data(), m.data(), v.data());
  in_slices(n, [&](int64_t at, int64_t size) {
    k.optimizers.adam(s, {}, 1, size, size, gradient.data() + at, w2.data() + at, m2.data() + at,
                      v2.data() + at);
  });
  CHECK(w2.equals(weights) && m2.equals(m) && v2.equals(v));
}

KERNEL_TEST(optimizers_nan_and_infinity) {
  for (const SweepParameters& s : sweeps()) {
    float gradient[3] = {1.0f, kNan, -kInfinity}, w[3] = {1, 1, 1}, m[3] = {}, v[3] = {};
    k.optimizers.adam(s, {}, 1, 3, 3, gradient, w, m, v);
    const bool clips = s.clip_value < kInfinity;
    CHECK(std::isfinite(w[0]) && std::isnan(w[1]) &&
          (clips ? w[2] > 1.0f - 0.1f : std::isnan(w[2])));
    float x[3] = {1, 1, 1};
    k.optimizers.sgd(s, {}, 1, 3, 3, gradient, x, nullptr);
    CHECK(std::isfinite(x[0]) && std::isnan(x[1]) && (clips ? x[2] > 0.9f : x[2] == kInfinity));
  }
  // A term whose factor is 0 adds nothing to an infinite weight's gradient.
  float gradient = 1.0f, w = kInfinity;
  k.optimizers.sgd({.clip_value = 1.0f}, {}, 1, 1, 1, &gradient, &w, nullptr);
  CHECK(w == kInfinity);
  CHECK(k.optimizers.penalty(0.0f, 0.0f, 1, &w) == 0.0);
  CHECK(k.optimizers.penalty(1.0f, 0.0f, 1, &w) == kInfinity);
  CHECK(k.optimizers.squared_norm(0.0f, 0.0f, 1, &gradient, &w) == 1.0);
}

KERNEL_TEST(optimizers_norm_and_penalty) {
  Data data;
  for (int64_t n : lengths()) {
    Block gradient = line(n), weights = line(n);
    gradient.fill([&] { return data.normal(); });
    weights.fill([&] { return data.normal(); });
    for (float l1 : {0.0f, 0.1f}) {
      for (float l2 : {0.0f, 0.2f}) {
        double squares = 0, penalty = 0, size = 0;
        for (int64_t j = 0; j < n; ++j) {
          double w = weights(0, j), g = gradient(0, j) + l1 * sign(w) + 2.0 * l2 * w;
          squares += g * g;
          size += std::pow(std::fabs(gradient(0, j)) + l1 + 2.0 * l2 * std::fabs(w), 2);
          penalty += l1 * std::fabs(w) + l2 * w * w;
        }
        CHECK_NEAR(k.optimizers.squared_norm(l1, l2, n, gradient.data(), weights.data()), squares,
                   8 * kRoundoff * size);
        CHECK_NEAR(k.optimizers.penalty(l1, l2, n, weights.data()), penalty, 1e-13 * (penalty + 1));
      }
    }
  }
  // Squares beyond float32's range.
  float huge = 1e30f;
  CHECK_NEAR(k.optimizers.squared_norm(0, 0, 1, &huge, &huge), 1e60, 1e54);
}

}  // namespace trimtab::test

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

namespace {

// One number's step by a rule: takes kept slots and the weight from before to after.
using Twin = void (*)(const RuleParameters& p, double g, double& w, double* kept);

struct RuleCase {
  const char* name;
  RuleKernel* OptimizerKernels::* kernel;
  int slots;
  Twin twin;
  RuleParameters p{};
};

double root(double x) { return std::sqrt(x); }

void adadelta_twin(const RuleParameters& p, double g, double& w, double* kept) {
  kept[0] = p.beta_2 * kept[0] + p.one_minus_beta_2 * g * g;
  double d = root(kept[1] + p.epsilon) / root(kept[0] + p.epsilon) * g;
  kept[1] = p.beta_2 * kept[1] + p.one_minus_beta_2 * d * d;
  w -= p.learning_rate * d;
}
void adagrad_twin(const RuleParameters& p, double g, double& w, double* kept) {
  kept[0] += g * g;
  w -= p.learning_rate * g / root(kept[0] + p.epsilon);
}
void adamax_twin(const RuleParameters& p, double g, double& w, double* kept) {
  kept[0] += (g - kept[0]) * p.one_minus_beta_1;
  kept[1] = std::fmax(p.beta_2 * kept[1], std::fabs(g));
  w -= p.learning_rate * kept[0] / (p.correction * (kept[1] + p.epsilon));
}
void amsgrad_twin(const RuleParameters& p, double g, double& w, double* kept) {
  kept[0] += (g - kept[0]) * p.one_minus_beta_1;
  kept[1] += (g * g - kept[1]) * p.one_minus_beta_2;
  kept[2] = std::fmax(kept[2], kept[1]);
  w -= kept[0] * p.alpha / (root(kept[2]) + p.epsilon);
}
void ftrl_twin(const RuleParameters& p, double g, double& w, double* kept) {
  double grown = kept[0] + g * g, risen = std::pow(grown, p.power);
  double by = (risen - std::pow(kept[0], p.power)) / p.learning_rate;
  kept[1] += g + 2.0 * p.shrinkage * w - by * w;
  kept[0] = grown;
  double clipped = std::fmax(-p.l1, std::fmin(p.l1, kept[1]));
  w = (clipped - kept[1]) / (risen / p.learning_rate + 2.0 * p.l2);
}
void lion_twin(const RuleParameters& p, double g, double& w, double* kept) {
  w -= p.learning_rate * sign(kept[0] * p.beta_1 + g * p.one_minus_beta_1);
  kept[0] = kept[0] * p.beta_2 + g * p.one_minus_beta_2;
}
void nadam_twin(const RuleParameters& p, double g, double& w, double* kept) {
  kept[0] += (g - kept[0]) * p.one_minus_beta_1;
  kept[1] += (g * g - kept[1]) * p.one_minus_beta_2;
  double ahead = p.of_momentum * kept[0] + p.of_gradient * g;
  w -= p.learning_rate * ahead / (root(kept[1] / p.correction) + p.epsilon);
}
void rmsprop_twin(const RuleParameters& p, double g, double& w, double* kept) {
  kept[0] = p.beta_2 * kept[0] + p.one_minus_beta_2 * g * g;
  double spread = kept[0];
  double* mean = kept + (p.momentum != 0.0f ? 2 : 1);
  if (p.centered) {
    *mean = p.beta_2 * *mean + p.one_minus_beta_2 * g;
    spread -= *mean * *mean;
  }
  double d = p.learning_rate * g / root(spread + p.epsilon);
  if (p.momentum != 0.0f) d = kept[1] = p.momentum * kept[1] + d;
  w -= d;
}

std::vector<RuleCase> rule_cases() {
  using K = OptimizerKernels;
  const RuleParameters slow{.beta_2 = 0.9f, .one_minus_beta_2 = 0.1f, .epsilon = 1e-3f};
  RuleParameters momentum = slow, centered = slow, both = slow;
  momentum.momentum = both.momentum = 0.8f;
  centered.centered = both.centered = true;
  return {
      {"adadelta", &K::adadelta, 2, adadelta_twin, slow},
      {"adagrad", &K::adagrad, 1, adagrad_twin},
      {"adamax", &K::adamax, 2, adamax_twin, {.correction = 0.3f}},
      {"amsgrad", &K::amsgrad, 3, amsgrad_twin},
      {"ftrl", &K::ftrl, 2, ftrl_twin, {.learning_rate = 0.1f}},
      {"ftrl with everything",
       &K::ftrl,
       2,
       ftrl_twin,
       {.learning_rate = 0.1f, .power = 0.8f, .l1 = 0.3f, .l2 = 0.2f, .shrinkage = 0.1f}},
      {"lion", &K::lion, 1, lion_twin},
      {"nadam",
       &K::nadam,
       2,
       nadam_twin,
       {.correction = 0.01f, .of_momentum = 0.7f, .of_gradient = 0.6f}},
      {"rmsprop", &K::rmsprop, 1, rmsprop_twin, slow},
      {"rmsprop with momentum", &K::rmsprop, 2, rmsprop_twin, momentum},
      {"rmsprop, centered", &K::rmsprop, 2, rmsprop_twin, centered},
      {"rmsprop, centered with momentum", &K::rmsprop, 3, rmsprop_twin, both},
  };
}

}  // namespace

KERNEL_TEST(optimizers_rules) {
  Data data;
  for (const RuleCase& rule : rule_cases()) {
    for (const SweepParameters& s : sweeps()) {
      for (int64_t n : lengths()) {
        const int64_t apart = n + 3;
        Block gradient = line(n), weights = line(n), slots = line(rule.slots * apart);
        for (Block* b : {&gradient, &weights}) b->fill([&] { return data.normal(); });
        slots.fill([&] { return data.uniform(0.5, 2); });  // variances above squared means
        for (int64_t j = 0; rule.p.centered && j < n; ++j) {
          slots(0, (rule.slots - 1) * apart + j) = static_cast<float>(data.uniform(-0.5, 0.5));
        }
        Block old_weights = weights, old_slots = slots;
        (k.optimizers.*rule.kernel)(s, rule.p, 1, n, n, gradient.data(), weights.data(),
                                    slots.data(), apart);
        for (int64_t j = 0; j < n; ++j) {
          const Swept g = swept(s, gradient(0, j), old_weights(0, j));
          double kept[3] = {}, w = g.w;
          for (int i = 0; i < rule.slots; ++i) kept[i] = old_slots(0, i * apart + j);
          rule.twin(rule.p, g.g, w, kept);
          const double size = 1.0 + g.size * g.size + std::fabs(old_weights(0, j));
          const double slack = rule.kernel == &OptimizerKernels::ftrl ? 200.0 : 20.0;
          CHECK_NEAR(weights(0, j), w, slack * kRoundoff * size);
          for (int i = 0; i < rule.slots; ++i) {
            CHECK_NEAR(slots(0, i * apart + j), kept[i], slack * kRoundoff * size);
          }
        }
        for (int64_t j = n; j < apart; ++j) {  // what lies between slots is not touched
          for (int i = 0; i + 1 < rule.slots; ++i) {
            CHECK(slots(0, i * apart + j) == old_slots(0, i * apart + j));
          }
        }
        CHECK(weights.guards_intact() && slots.guards_intact());
      }
    }
  }
}

KERNEL_TEST(optimizers_rules_in_pieces_and_nan) {
  Data data;
  const int64_t n = 131;
  for (const RuleCase& rule : rule_cases()) {
    Block gradient = line(n), weights = line(n), slots = line(rule.slots * n);
    for (Block* b : {&gradient, &weights, &slots}) b->fill([&] { return data.uniform(0.5, 2); });
    Block w2 = weights, slots2 = slots;
    const RuleKernel* run = k.optimizers.*rule.kernel;
    run({}, rule.p, 1, n, n, gradient.data(), weights.data(), slots.data(), n);
    in_slices(n, [&](int64_t at, int64_t size) {
      run({}, rule.p, 1, size, size, gradient.data() + at, w2.data() + at, slots2.data() + at, n);
    });
    CHECK(w2.equals(weights) && slots2.equals(slots));
    float g[2] = {kNan, 1.0f}, w[2] = {1.0f, 1.0f}, kept[6] = {1, 1, 1, 1, 1, 1};
    run({}, rule.p, 1, 2, 2, g, w, kept, 2);
    CHECK(std::isnan(w[0]) && std::isfinite(w[1]));
    for (int i = 0; i < rule.slots; ++i)
      CHECK(std::isnan(kept[2 * i]) && !std::isnan(kept[2 * i + 1]));
  }
  // Of a weight that never had a gradient ftrl makes 0, not 0 / 0.
  float g = 0.0f, w = 1.0f, kept[2] = {};
  k.optimizers.ftrl({}, {}, 1, 1, 1, &g, &w, kept, 1);
  CHECK(w == 0.0f && kept[0] == 0.0f && kept[1] == 0.0f);
}

KERNEL_TEST(optimizers_accumulate_and_average) {
  Data data;
  for (int64_t n : lengths()) {
    Block gradient = line(n), weights = line(n), sum = line(n), average = line(n);
    for (Block* b : {&gradient, &weights, &sum, &average}) b->fill([&] { return data.normal(); });
    Block old_sum = sum, old_average = average, old_weights = weights;
    k.optimizers.accumulate(0.1f, 0.2f, 3.0f, 1, n, n, gradient.data(), weights.data(), sum.data());
    k.optimizers.average(0.9f, false, 1, n, n, weights.data(), average.data());
    CHECK(weights.equals(old_weights));
    for (int64_t j = 0; j < n; ++j) {
      const double w = weights(0, j);
      const double total = gradient(0, j) + 0.1f * sign(w) + 2.0 * 0.2f * w + old_sum(0, j);
      CHECK_NEAR(sum(0, j), total / 3,
                 8 * kRoundoff * (4 + std::fabs(w) + std::fabs(old_sum(0, j))));
      const double mean = 0.9f * static_cast<double>(old_average(0, j)) + (1.0f - 0.9f) * w;
      CHECK_NEAR(average(0, j), mean,
                 4 * kRoundoff * (std::fabs(w) + std::fabs(old_average(0, j))));
    }
    k.optimizers.average(0.0f, true, 1, n, n, weights.data(), average.data());
    CHECK(average.equals(old_weights) && weights.equals(old_weights));
    k.optimizers.average(0.5f, true, 1, n, n, weights.data(), average.data());
    CHECK(weights.equals(average));
    CHECK(weights.guards_intact() && sum.guards_intact() && average.guards_intact());
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

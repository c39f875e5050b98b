#include "kernels/activation.h"

#include "tests/check.h"

namespace trimtab::test {
namespace {

constexpr double kSeluScale = 1.0507009873554805, kSeluAlpha = 1.6732632423543772;

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double cumulative(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double density(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2.0 * M_PI); }
double gelu_inner(double x) { return std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x); }

double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }
double hard_sigmoid(double x) { return std::fmin(std::fmax(x / 6 + 0.5, 0.0), 1.0); }
double root(const ActivationParameters& p, double x) { return std::sqrt(x * x + p.b); }

double expected_forward(const ActivationParameters& p, double x) {
  switch (p.function) {
    case Activation::linear:
      return x;
    case Activation::relu:
      if (x > p.threshold) return x >= p.max_value ? p.max_value : x;
      if (p.negative_slope == 0.0f) return std::isnan(x) ? x : 0.0;
      return static_cast<double>(p.negative_slope) * (x - p.threshold);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return logistic(x);
    case Activation::elu:
      return x > 0 ? x : p.alpha * std::expm1(x);
    case Activation::selu:
      return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x));
    case Activation::gelu:
      return x * cumulative(x);
    case Activation::gelu_tanh:
      return x * 0.5 * (1.0 + std::tanh(gelu_inner(x)));
    case Activation::silu:
      return x * logistic(x);
    case Activation::softplus:
      return softplus(x);
    case Activation::celu:
      return x > 0 ? x : p.alpha * std::expm1(x / p.alpha);
    case Activation::exponential:
      return std::exp(x);
    case Activation::hard_shrink:
      return std::fabs(x) <= p.threshold ? 0.0 : x;
    case Activation::hard_sigmoid:
      return hard_sigmoid(x);
    case Activation::hard_silu:
      return x * hard_sigmoid(x);
    case Activation::hard_tanh:
      return std::fmin(std::fmax(x, -1.0), 1.0);
    case Activation::log_sigmoid:
      return -softplus(-x);
    case Activation::mish:
      return x * std::tanh(softplus(x));
    case Activation::soft_shrink:
      return std::copysign(std::fmax(std::fabs(x) - p.threshold, 0.0), x);
    case Activation::softsign:
      return x / (1.0 + std::fabs(x));
    case Activation::sparse_plus:
      return x >= 1 ? x : std::pow(std::fmax(x + 1.0, 0.0), 2) / 4;
    case Activation::sparse_sigmoid:
      return std::fmin(std::fmax((x + 1.0) / 2, 0.0), 1.0);
    case Activation::squareplus:
      return x > 0 ? (x + root(p, x)) / 2 : p.b / 2 / (root(p, x) - x);
    case Activation::tanh_shrink:
      return x - std::tanh(x);
    case Activation::threshold:
      return x <= p.threshold ? p.default_value : x;
  }
  return NAN;
}

double expected_derivative(const ActivationParameters& p, double x) {
  switch (p.function) {
    case Activation::linear:
      return 1.0;
    case Activation::relu:
      if (x > p.threshold) return x >= p.max_value ? 0.0 : 1.0;
      if (x < p.threshold) return p.negative_slope;
      // At the kink 0, but 1 for a plain leaky relu: both as Keras.
      return p.threshold == 0.0f && p.negative_slope != 0.0f && p.max_value == kInfinity ? 1.0
                                                                                         : 0.0;
    case Activation::tanh:
      return 1.0 / (std::cosh(x) * std::cosh(x));
    case Activation::sigmoid:
      return logistic(x) * logistic(-x);
    case Activation::elu:
      return x > 0 ? 1.0 : p.alpha * std::exp(x);
    case Activation::selu:
      return kSeluScale * (x > 0 ? 1.0 : kSeluAlpha * std::exp(x));
    case Activation::gelu:
      return cumulative(x) + x * density(x);
    case Activation::gelu_tanh: {
      double t = std::tanh(gelu_inner(x));
      double inner = std::sqrt(2.0 / M_PI) * (1.0 + 3 * 0.044715 * x * x);
      return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner;
    }
    case Activation::silu:
      return logistic(x) * (1.0 + x * logistic(-x));
    case Activation::softplus:
      return logistic(x);
    case Activation::celu:
      return x > 0 ? 1.0 : std::exp(x / p.alpha);
    case Activation::exponential:
      return std::exp(x);
    case Activation::hard_shrink:
    case Activation::soft_shrink:
      return std::fabs(x) <= p.threshold ? 0.0 : 1.0;
    case Activation::hard_sigmoid:
      return std::fabs(x) < 3 ? 1.0 / 6 : 0.0;
    case Activation::hard_silu:
      return x >= 3 ? 1.0 : x > -3 ? (2 * x + 3) / 6 : 0.0;
    case Activation::hard_tanh:
      return std::fabs(x) <= 1 ? 1.0 : 0.0;
    case Activation::log_sigmoid:
      return logistic(-x);
    case Activation::mish: {
      const double t = std::tanh(softplus(x));
      return t + x * (1.0 - t * t) * logistic(x);
    }
    case Activation::softsign:
      return 1.0 / std::pow(1.0 + std::fabs(x), 2);
    case Activation::sparse_plus:
      return std::fmin(std::fmax((x + 1.0) / 2, 0.0), 1.0);
    case Activation::sparse_sigmoid:
      return std::fabs(x) < 1 ? 0.5 : 0.0;
    case Activation::squareplus:
      return (1.0 + x / root(p, x)) / 2;
    case Activation::tanh_shrink:
      return std::tanh(x) * std::tanh(x);
    case Activation::threshold:
      return x <= p.threshold ? 0.0 : 1.0;
  }
  return NAN;
}

// Where rounding decides on which side of a kink an element is.
bool kink(const ActivationParameters& p, double x) {
  const double at = p.function == Activation::hard_sigmoid     ? 3.0
                    : p.function == Activation::sparse_sigmoid ? 1.0
                                                               : NAN;
  return std::fabs(std::fabs(x) - at) < 1e-5;
}

struct Case {
  const char* name;
  ActivationParameters parameters;
  // Allowed errors of f and f' in units of roundoff: of the value, and of 1 (f' from y alone, and
  // functions of 1 + t, lose what y has lost).
  double forward_relative, forward_absolute, derivative_absolute;
};

std::vector<Case> cases() {
  auto make = [](Activation function) { return ActivationParameters{.function = function}; };
  auto relu = [](float slope, float threshold, float max_value) {
    return ActivationParameters{.function = Activation::relu,
                                .negative_slope = slope,
                                .threshold = threshold,
                                .max_value = max_value};
  };
  auto with_threshold = [](Activation function, float threshold) {
    return ActivationParameters{.function = function, .threshold = threshold};
  };
  auto elu = [](float alpha) {
    return ActivationParameters{.function = Activation::elu, .alpha = alpha};
  };
  return {
      {"linear", make(Activation::linear), 0, 0, 0},
      {"relu", make(Activation::relu), 0, 0, 0},
      {"leaky relu", relu(0.3f, 0.0f, kInfinity), 1, 0, 0},
      {"relu6", relu(0.0f, 0.0f, 6.0f), 0, 0, 0},
      {"relu with a threshold", relu(0.0f, 1.0f, kInfinity), 0, 0, 0},
      {"relu, all arguments", relu(0.25f, 1.0f, 6.0f), 2, 0, 0},
      {"relu, maximum below the threshold", relu(0.25f, 6.0f, 1.0f), 2, 0, 0},
      {"relu, negative slope below 0", relu(-0.5f, 0.0f, kInfinity), 1, 0, 0},
      {"tanh", make(Activation::tanh), 5, 0, 8},
      {"sigmoid", make(Activation::sigmoid), 5, 0, 4},
      {"elu", elu(1.0f), 4, 0, 4},
      {"elu, alpha 0.5", elu(0.5f), 4, 0, 4},
      {"elu, alpha below 0", elu(-0.5f), 4, 0, 4},
      {"selu", make(Activation::selu), 5, 0, 8},
      {"gelu", make(Activation::gelu), 8, 0, 8},
      {"gelu_tanh", make(Activation::gelu_tanh), 6, 8, 8},
      {"silu", make(Activation::silu), 6, 0, 8},
      {"softplus", make(Activation::softplus), 5, 0, 4},
      {"celu", make(Activation::celu), 4, 0, 4},
      {"celu, alpha 0.5", {.function = Activation::celu, .alpha = 0.5f}, 4, 0, 4},
      {"exponential", make(Activation::exponential), 4, 0, 4},
      {"hard_shrink", with_threshold(Activation::hard_shrink, 0.5f), 0, 0, 0},
      {"hard_sigmoid", make(Activation::hard_sigmoid), 2, 1, 1},
      {"hard_silu", make(Activation::hard_silu), 2, 4, 4},
      {"hard_tanh", make(Activation::hard_tanh), 0, 0, 0},
      {"log_sigmoid", make(Activation::log_sigmoid), 5, 0, 4},
      {"mish", make(Activation::mish), 8, 0, 8},
      {"soft_shrink", with_threshold(Activation::soft_shrink, 0.5f), 1, 1, 0},
      {"softsign", make(Activation::softsign), 3, 0, 6},
      {"sparse_plus", make(Activation::sparse_plus), 4, 2, 2},
      {"sparse_sigmoid", make(Activation::sparse_sigmoid), 2, 1, 0},
      {"squareplus", make(Activation::squareplus), 6, 0, 8},
      {"squareplus, b 0.1", {.function = Activation::squareplus, .b = 0.1f}, 6, 0, 8},
      {"tanh_shrink", make(Activation::tanh_shrink), 2, 6, 8},
      {"threshold",
       {.function = Activation::threshold, .default_value = 2.0f, .threshold = -0.5f},
       0,
       0,
       0},
  };
}

// f and f' of a row of values; f' through dy = 1.
struct Results {
  std::vector<float> y, derivative;
};
Results run(const Kernels& k, const ActivationParameters& p, const std::vector<float>& x) {
  auto n = static_cast<int64_t>(x.size());
  std::vector<float> ones(x.size(), 1.0f);
  Results results{std::vector<float>(x.size()), std::vector<float>(x.size())};
  k.activation.forward(p, 1, n, x.data(), n, results.y.data(), n);
  k.activation.backward(p, 1, n, activation_needs_input(p) ? x.data() : nullptr, n,
                        results.y.data(), n, ones.data(), n, results.derivative.data(), n);
  return results;
}

}  // namespace

KERNEL_TEST(activation_accuracy) {
  std::vector<float> x;
  for (int i = 0; i <= 60000; ++i) x.push_back(-15.0f + 0.0005f * static_cast<float>(i));
  for (int i = 0; i <= 20000; ++i) x.push_back(-100.0f + 0.01f * static_cast<float>(i));
  for (float small = 1e-30f; small < 1.0f; small *= 1.01f) {
    x.push_back(small);
    x.push_back(-small);
  }
  for (float kink : {0.0f, 1.0f, 6.0f}) x.push_back(kink);
  for (const Case& c : cases()) {
    Results results = run(k, c.parameters, x);
    for (size_t i = 0; i < x.size(); ++i) {
      // Beyond float32.
      if (c.parameters.function == Activation::exponential && std::fabs(x[i]) > 80.0f) continue;
      double expected = expected_forward(c.parameters, x[i]);
      double slack = c.forward_relative * std::fabs(expected) +
                     c.forward_absolute * std::fmin(1.0, std::fabs(x[i]));
      CHECK_THAT(near(results.y[i], expected, slack * kRoundoff + 2e-36),
                 "%s(%.9g) = %.9g, expected %.9g, off %.3g roundoffs", c.name, x[i], results.y[i],
                 expected, (results.y[i] - expected) / kRoundoff / std::fabs(expected));
      double derivative = expected_derivative(c.parameters, x[i]);
      double allowed = c.derivative_absolute * std::fmax(std::fabs(derivative), 1.0);
      if (kink(c.parameters, x[i])) continue;
      CHECK_THAT(near(results.derivative[i], derivative, allowed * kRoundoff),
                 "%s'(%.9g) = %.9g, expected %.9g", c.name, x[i], results.derivative[i],
                 derivative);
    }
  }
}

KERNEL_TEST(activation_blocks) {
  Data data;
  for (const Case& c : cases()) {
    for (int64_t columns : widths()) {
      const int64_t rows = columns % 4;
      const ActivationParameters& p = c.parameters;
      Block x(rows, columns), y(rows, columns, 0), dy(rows, columns, 1), dx(rows, columns, 2);
      x.fill([&] { return 3.0f * data.normal(); });
      dy.fill([&] { return data.normal(); });
      k.activation.forward(p, rows, columns, x.data(), x.stride(), y.data(), y.stride());
      k.activation.backward(p, rows, columns, x.data(), x.stride(), y.data(), y.stride(), dy.data(),
                            dy.stride(), dx.data(), dx.stride());
      CHECK(y.guards_intact() && dx.guards_intact());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          double slack = c.forward_relative * std::fabs(expected_forward(p, x(i, j)));
          CHECK_NEAR(y(i, j), expected_forward(p, x(i, j)),
                     (slack + c.forward_absolute) * kRoundoff);
          double derivative = expected_derivative(p, x(i, j));
          slack = (c.derivative_absolute + 2.0 * std::fabs(derivative)) * std::fabs(dy(i, j));
          CHECK_THAT(near(dx(i, j), dy(i, j) * derivative, slack * kRoundoff),
                     "%s'(%.9g) = %.9g, expected %.9g", c.name, x(i, j), dx(i, j),
                     dy(i, j) * derivative);
        }
      }
      // In place, and the same bits.
      Block in_place = x;
      k.activation.forward(p, rows, columns, in_place.data(), in_place.stride(), in_place.data(),
                           in_place.stride());
      CHECK(in_place.equals(y) && in_place.guards_intact());
      k.activation.backward(p, rows, columns, x.data(), x.stride(), y.data(), y.stride(), dy.data(),
                            dy.stride(), dy.data(), dy.stride());
      CHECK(dy.equals(dx) && dy.guards_intact());
    }
  }
}

// As jax.nn has them: -infinity times 0 is nan for silu and gelu.
KERNEL_TEST(activation_nan_and_infinity) {
  for (const Case& c : cases()) {
    const ActivationParameters& p = c.parameters;
    std::vector<float> x(37, 0.5f);
    for (size_t at : {size_t{0}, size_t{5}, size_t{36}}) {
      x[at] = kNan;
      Results results = run(k, p, x);
      for (size_t i = 0; i < x.size(); ++i) CHECK(std::isnan(results.y[i]) == (i == at));
      x[at] = kInfinity;
      results = run(k, p, x);
      double top = expected_forward(p, INFINITY);
      CHECK_THAT(near(results.y[at], top, 0), "%s(inf) = %g", c.name, results.y[at]);
      x[at] = -kInfinity;
      results = run(k, p, x);
      double bottom = expected_forward(p, -INFINITY);
      if (p.function == Activation::gelu_tanh) bottom = NAN;
      CHECK_THAT(near(results.y[at], bottom, 4 * kRoundoff), "%s(-inf) = %g", c.name,
                 results.y[at]);
      x[at] = 0.5f;
    }
    // Where the forward value is nan, so is the derivative, but where a branch is chosen.
    x[3] = kNan;
    Results results = run(k, p, x);
    switch (p.function) {
      case Activation::linear:
        CHECK(results.derivative[3] == 1.0f);
        break;
      case Activation::relu:
        CHECK(results.derivative[3] == p.negative_slope);
        break;
      case Activation::hard_shrink:
      case Activation::hard_sigmoid:
      case Activation::hard_silu:
      case Activation::hard_tanh:
      case Activation::soft_shrink:
      case Activation::sparse_sigmoid:
      case Activation::threshold:
        CHECK(std::isfinite(results.derivative[3]));
        break;
      default:
        CHECK(std::isnan(results.derivative[3]));
    }
  }
  // A gradient of nan behind a closed relu stays out.
  float x = -1.0f, y = 0.0f, dy = kNan, dx = 1.0f;
  k.activation.backward({.function = Activation::relu}, 1, 1, nullptr, 1, &y, 1, &dy, 1, &dx, 1);
  CHECK(dx == 0.0f);
  k.activation.backward({.function = Activation::relu, .max_value = 6.0f}, 1, 1, &x, 1, &y, 1, &dy,
                        1, &dx, 1);
  CHECK(dx == 0.0f);
}

KERNEL_TEST(activation_add) {
  Data data;
  for (int64_t columns : widths()) {
    const int64_t rows = 3;
    Block a(rows, columns), b(rows, columns, 0), y(rows, columns, 1);
    a.fill([&] { return data.normal(); });
    b.fill([&] { return data.normal(); });
    k.activation.add(rows, columns, a.data(), a.stride(), b.data(), b.stride(), y.data(),
                     y.stride());
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) CHECK(y(i, j) == a(i, j) + b(i, j));
    k.activation.add(rows, columns, a.data(), a.stride(), b.data(), b.stride(), b.data(),
                     b.stride());
    CHECK(b.equals(y) && y.guards_intact() && b.guards_intact());
  }
}

}  // namespace trimtab::test

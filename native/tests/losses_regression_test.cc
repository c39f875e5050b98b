#include "tests/loss_check.h"

namespace trimtab::test {
namespace {

// The mean over outputs.
std::function<double(const Numbers&, const Numbers&)> mean(
    std::function<double(double, double)> f) {
  return [=](const Numbers& p, const Numbers& t) {
    double sum = 0.0;
    for (size_t j = 0; j < p.size(); ++j) sum += f(p[j], t[j]);
    return sum / static_cast<double>(p.size());
  };
}

LossParameters of(Loss loss) {
  LossParameters p;
  p.loss = loss;
  return p;
}

float any(Data& data) { return 2 * data.normal(); }
// Apart from every target below, so that no central difference crosses a kink.
float off_grid(Data& data) { return (std::floor(64 * data.normal()) + 0.5f) / 64; }
float on_grid(Data& data) { return std::floor(64 * data.normal()) / 64; }
float positive(Data& data) { return data.uniform(0.2f, 5.0f); }
float whole(Data& data) { return std::floor(data.uniform(0, 6)); }

}  // namespace

KERNEL_TEST(losses_of_relative_errors) {
  check_loss(k, {of(Loss::mean_absolute_percentage_error),
                 mean([](double p, double t) { return 100 * std::fabs((p - t) / t); }), off_grid,
                 [](Data& data) { return 1.0f + std::fabs(on_grid(data)); }});
  check_loss(k, {of(Loss::mean_squared_logarithmic_error), mean([](double p, double t) {
                   const double d = std::log1p(p) - std::log1p(std::fmax(t, 1e-7));
                   return d * d;
                 }),
                 positive, whole});
}

KERNEL_TEST(losses_that_bend) {
  LossParameters huber = of(Loss::huber);
  huber.delta = 0.7f;
  check_loss(k, {huber, mean([](double p, double t) {
                   const double size = std::fabs(p - t), delta = 0.7f;
                   return size <= delta ? size * size / 2 : delta * size - delta * delta / 2;
                 }),
                 any, any});
  check_loss(k, {of(Loss::log_cosh),
                 mean([](double p, double t) { return std::log(std::cosh(p - t)); }), any, any});
  check_loss(
      k, {of(Loss::poisson), mean([](double p, double t) { return p - t * std::log(p + 1e-7); }),
          positive, whole});
}

KERNEL_TEST(losses_of_quantiles) {
  static const float one[] = {0.8f}, three[] = {0.1f, 0.5f, 0.75f};
  LossParameters p = of(Loss::quantile);
  p.levels = one;
  const auto pinball = [](double a, double t, double level) {
    return t > a ? level * (t - a) : (1 - level) * (a - t);
  };
  check_loss(
      k, {p, mean([=](double a, double t) { return pinball(a, t, one[0]); }), off_grid, on_grid});
  p.levels = three;
  p.level_count = 3;
  check_loss(k, {p,
                 [=](const Numbers& a, const Numbers& t) {
                   double sum = 0.0;
                   for (size_t j = 0; j < a.size(); ++j)
                     sum += pinball(a[j], t[j / 3], three[j % 3]);
                   return sum / static_cast<double>(a.size());
                 },
                 off_grid, on_grid, 3});
  LossParameters expectile = of(Loss::expectile);
  expectile.levels = one;
  check_loss(k, {expectile, mean([](double a, double t) {
                   const double level = one[0], d = t - a;
                   return (d > 0 ? level : 1 - level) * d * d;
                 }),
                 any, any});
}

KERNEL_TEST(losses_of_means_and_variances) {
  LossParameters p = of(Loss::gaussian_negative_log_likelihood);
  p.epsilon = 0.01f;
  check_loss(k, {p,
                 [](const Numbers& a, const Numbers& t) {
                   double sum = 0.0;
                   for (size_t j = 0; j < t.size(); ++j) {
                     const double v = std::exp(a[t.size() + j]) + 0.01f, d = t[j] - a[j];
                     sum += (std::log(2 * 3.14159265358979 * v) + d * d / v) / 2;
                   }
                   return sum / static_cast<double>(t.size());
                 },
                 [](Data& data) { return data.normal(); }, any, 2});
}

KERNEL_TEST(losses_of_angles) {
  check_loss(k, {of(Loss::cosine_similarity),
                 [](const Numbers& p, const Numbers& t) {
                   double dot = 0.0, pp = 0.0, tt = 0.0;
                   for (size_t j = 0; j < p.size(); ++j) {
                     dot += p[j] * t[j];
                     pp += p[j] * p[j];
                     tt += t[j] * t[j];
                   }
                   return -dot / std::sqrt(pp * tt);
                 },
                 [](Data& data) { return data.uniform(0.5f, 2); }, any});
  // A row of zeros has no direction, and no nan.
  const float zero[2] = {0.0f, 0.0f}, t[2] = {3.0f, 4.0f};
  float loss, gradient[2];
  k.losses.rows(of(Loss::cosine_similarity), 1, 2, zero, 2, t, 2, nullptr, &loss, 1.0f, gradient,
                2);
  CHECK(loss == 0.0f && std::isfinite(gradient[0]) && std::isfinite(gradient[1]));
}

}  // namespace trimtab::test

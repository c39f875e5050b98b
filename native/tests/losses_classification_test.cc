#include "tests/loss_check.h"

namespace trimtab::test {
namespace {

LossParameters of(Loss loss, float label_smoothing = 0.0f) {
  LossParameters p;
  p.loss = loss;
  p.label_smoothing = label_smoothing;
  return p;
}

float score(Data& data) { return (std::floor(64 * data.normal()) + 0.5f) / 64; }
float share(Data& data) { return data.uniform(0.05f, 0.95f); }
float flag(Data& data) { return std::floor(data.uniform(0, 2)); }

double margin(double p, double t) {
  const double m = 1 - (t == 0 ? -1 : t) * p;
  return m > 0 ? m : 0.0 * m;
}

Numbers shares(const Numbers& p, bool logits) {
  double sum = 0.0;
  Numbers q;
  for (double x : p) q.push_back(logits ? std::exp(x) : x);
  for (double x : q) sum += x;
  for (double& x : q) x /= sum;
  return q;
}

// -sum_j alpha[j] label (1 - q)^gamma log(q).
std::function<double(const Numbers&, const Numbers&)> entropy(bool logits, double s, double gamma,
                                                              double alpha) {
  return [=](const Numbers& p, const Numbers& t) {
    const Numbers q = shares(p, logits);
    double sum = 0.0;
    for (size_t j = 0; j < q.size(); ++j) {
      const double label = t[j] * (1 - s) + s / static_cast<double>(q.size());
      const double clipped =
          std::isnan(q[j]) ? q[j] : std::fmin(std::fmax(q[j], 1e-7), 1 - 0x1p-23);
      sum -= alpha * label * std::pow(1 - clipped, gamma) * std::log(clipped);
    }
    return sum;
  };
}

double binary_focal(double p, double t, double s, double gamma, double alpha) {
  t = t * (1 - s) + s / 2;
  const double right = t * p + (1 - t) * (1 - p);
  const double loss = -(t * std::log(p) + (1 - t) * std::log(1 - p));
  return (t * alpha + (1 - t) * (1 - alpha)) * std::pow(1 - right, gamma) * loss;
}

}  // namespace

KERNEL_TEST(losses_of_margins) {
  check_loss(k, {of(Loss::hinge),
                 [](const Numbers& p, const Numbers& t) {
                   double sum = 0.0;
                   for (size_t j = 0; j < p.size(); ++j) sum += margin(p[j], t[j]);
                   return sum / static_cast<double>(p.size());
                 },
                 score, flag});
  check_loss(k, {of(Loss::squared_hinge),
                 [](const Numbers& p, const Numbers& t) {
                   double sum = 0.0;
                   for (size_t j = 0; j < p.size(); ++j)
                     sum += margin(p[j], t[j]) * margin(p[j], t[j]);
                   return sum / static_cast<double>(p.size());
                 },
                 score, flag});
  check_loss(k, {of(Loss::categorical_hinge),
                 [](const Numbers& p, const Numbers& t) {
                   double own = 0.0, other = -INFINITY;
                   for (size_t j = 0; j < p.size(); ++j) {
                     own += t[j] * p[j];
                     other = std::fmax(other, (1 - t[j]) * p[j]);
                   }
                   const double m = other - own + 1;
                   return m > 0 ? m : 0.0 * m;
                 },
                 [](Data& data) { return data.normal() + data.uniform(0, 1e-3f); },
                 [](Data& data) { return data.uniform(0.1f, 0.6f); }});
}

KERNEL_TEST(losses_share_the_derivative_of_equal_scores) {
  const float p[3] = {0.0f, 0.0f, 0.0f}, t[3] = {1.0f, 0.0f, 0.0f};
  float loss, gradient[3];
  k.losses.rows(of(Loss::categorical_hinge), 1, 3, p, 3, t, 3, nullptr, &loss, 1.0f, gradient, 3);
  CHECK_NEAR(loss, 1.0, 0.0);
  CHECK_NEAR(gradient[0], -1.0, 1e-7);
  CHECK_NEAR(gradient[1], 1.0 / 3, 1e-7);
  CHECK_NEAR(gradient[2], 1.0 / 3, 1e-7);
}

KERNEL_TEST(losses_of_distributions) {
  check_loss(k, {of(Loss::kl_divergence),
                 [](const Numbers& p, const Numbers& t) {
                   double sum = 0.0;
                   for (size_t j = 0; j < p.size(); ++j) sum += t[j] * std::log(t[j] / p[j]);
                   return sum;
                 },
                 share, share});
  for (float s : {0.0f, 0.2f}) {
    check_loss(k, {of(Loss::categorical_crossentropy, s), entropy(false, s, 0, 1), share, flag});
    check_loss(k,
               {of(Loss::categorical_crossentropy_logits, s), entropy(true, s, 0, 1), score, flag});
  }
}

KERNEL_TEST(losses_with_a_focus) {
  static const float alpha[] = {0.7f};
  LossParameters p = of(Loss::categorical_focal_crossentropy, 0.1f);
  p.alpha = alpha;
  p.alphas = 1;
  p.gamma = 1.5f;
  check_loss(k, {p, entropy(false, 0.1f, 1.5, alpha[0]), share, flag});
  p.loss = Loss::categorical_focal_crossentropy_logits;
  check_loss(k, {p, entropy(true, 0.1f, 1.5, alpha[0]), score, flag});
  p.balanced = true;
  for (bool logits : {false, true}) {
    p.loss = logits ? Loss::binary_focal_crossentropy_logits : Loss::binary_focal_crossentropy;
    check_loss(k, {p,
                   [=](const Numbers& a, const Numbers& t) {
                     double sum = 0.0;
                     for (size_t j = 0; j < a.size(); ++j)
                       sum += binary_focal(logits ? 1 / (1 + std::exp(-a[j])) : a[j], t[j], 0.1f,
                                           1.5, alpha[0]);
                     return sum / static_cast<double>(a.size());
                   },
                   logits ? score : share, flag});
  }
  // A weight for each class: the loss of the class alone.
  const float weights[] = {0.0f, 2.0f}, q[] = {0.5f, 0.5f}, t[] = {1.0f, 0.0f, 0.0f, 1.0f};
  float losses[2];
  p = of(Loss::categorical_focal_crossentropy);
  p.alpha = weights;
  p.alphas = 2;
  for (int i = 0; i < 2; ++i)
    k.losses.rows(p, 1, 2, q, 2, t + 2 * i, 2, nullptr, losses + i, 1.0f, nullptr, 0);
  CHECK_NEAR(losses[0], 0.0, 0.0);
  CHECK_NEAR(losses[1], 2 * 0.25 * std::log(2.0), 1e-6);
}

KERNEL_TEST(losses_of_noisy_labels) {
  LossParameters p = of(Loss::categorical_generalized_cross_entropy);
  p.q = 0.7f;
  LossCase test{p,
                [](const Numbers& a, const Numbers& t) {
                  double picked = 0.0;
                  for (size_t j = 0; j < a.size(); ++j)
                    picked += static_cast<double>(j) == t[0] ? a[j] : 0.0 * a[j];
                  return (1 - std::pow(picked, static_cast<double>(0.7f))) / 0.7f;
                },
                share,
                share,
                1,
                true};
  check_loss(k, test);
  for (float label : {-1.0f, 2.0f, 0.5f, kNan}) {
    const float q[2] = {0.5f, 0.5f};
    float loss, gradient[2];
    k.losses.rows(p, 1, 2, q, 2, &label, 1, nullptr, &loss, 1.0f, gradient, 2);
    CHECK(std::isnan(loss) && std::isnan(gradient[0]) && std::isnan(gradient[1]));
  }
  const float q[2] = {0.0f, 1.0f}, label = 0.0f;
  float loss, gradient[2];
  k.losses.rows(p, 1, 2, q, 2, &label, 1, nullptr, &loss, 1.0f, gradient, 2);
  CHECK_NEAR(loss, 1 / 0.7, 1e-6);
  CHECK(gradient[0] == 0.0f && gradient[1] == 0.0f);
}

}  // namespace trimtab::test

#include "kernels/losses.h"

#include "tests/check.h"

namespace trimtab::test {
namespace {

// One output's loss and derivative, in double; the clipping bounds are float32 numbers.
struct Term {
  double loss, derivative;
};
Term term(const LossParameters& p, double a, double t) {
  const double low = 1e-7f, high = 1.0f - 1e-7f;
  const double s = p.label_smoothing;
  switch (p.loss) {
    case Loss::mean_absolute_error:
      return {std::fabs(a - t), a > t ? 1.0 : a < t ? -1.0 : a - t};
    case Loss::mean_squared_error:
      return {(a - t) * (a - t), 2 * (a - t)};
    case Loss::binary_crossentropy: {
      t = t * (1 - s) + s / 2;
      double q = a < low ? low : a > high ? high : a;
      double derivative = (1 - t) / (1 - q) - t / q;
      return {-(t * std::log(q) + (1 - t) * std::log(1 - q)),
              a < low || a > high ? 0.0 : derivative};
    }
    case Loss::binary_crossentropy_logits:
      t = t * (1 - s) + s / 2;
      return {std::fmax(a, 0.0) - a * t + std::log1p(std::exp(-std::fabs(a))),
              1 / (1 + std::exp(-a)) - t};
    default:
      return {NAN, NAN};
  }
}

struct Row {
  double loss;
  std::vector<double> gradient;
};
Row expected_row(const LossParameters& p, int64_t outputs, const float* prediction,
                 const float* target) {
  const double low = 1e-7f, high = 1.0f - 1e-7f;
  Row row{0.0, std::vector<double>(static_cast<size_t>(outputs))};
  auto n = static_cast<double>(outputs);
  const bool logits = p.loss == Loss::sparse_categorical_crossentropy_logits;
  if (logits || p.loss == Loss::sparse_categorical_crossentropy) {
    auto label = static_cast<int64_t>(target[0]);
    double largest = -INFINITY, sum = 0;
    for (int64_t j = 0; j < outputs; ++j) largest = std::fmax(largest, prediction[j]);
    for (int64_t j = 0; j < outputs; ++j)
      sum += logits ? std::exp(prediction[j] - largest) : prediction[j];
    const double s = p.label_smoothing;
    double kept = 0;
    auto at = [&](int64_t j) { return (j == label ? 1 - s : 0.0) + s / n; };
    auto is_clipped = [&](int64_t j) {
      return !logits && (prediction[j] / sum < low || prediction[j] / sum > high);
    };
    for (int64_t j = 0; j < outputs; ++j) {
      if (at(j) == 0) continue;
      double q = prediction[j] / sum;
      q = q < low ? low : q > high ? high : q;
      row.loss += at(j) * (logits ? std::log(sum) - (prediction[j] - largest) : -std::log(q));
      if (!is_clipped(j)) kept += at(j);
    }
    for (int64_t j = 0; j < outputs; ++j)
      row.gradient[static_cast<size_t>(j)] =
          logits ? std::exp(prediction[j] - largest) / sum - at(j)
                 : kept / sum - (at(j) == 0 || is_clipped(j) ? 0.0 : at(j) / prediction[j]);
    return row;
  }
  for (int64_t j = 0; j < outputs; ++j) {
    Term one = term(p, prediction[j], target[j]);
    row.loss += one.loss / n;
    row.gradient[static_cast<size_t>(j)] = one.derivative / n;
  }
  return row;
}

bool is_sparse(Loss loss) {
  return loss == Loss::sparse_categorical_crossentropy ||
         loss == Loss::sparse_categorical_crossentropy_logits;
}
bool on_probabilities(Loss loss) {
  return loss == Loss::binary_crossentropy || loss == Loss::sparse_categorical_crossentropy;
}

std::vector<LossParameters> all_losses() {
  return {{Loss::mean_absolute_error, 0.0f},
          {Loss::mean_squared_error, 0.0f},
          {Loss::binary_crossentropy, 0.0f},
          {Loss::binary_crossentropy, 0.1f},
          {Loss::binary_crossentropy_logits, 0.0f},
          {Loss::binary_crossentropy_logits, 0.2f},
          {Loss::sparse_categorical_crossentropy, 0.0f},
          {Loss::sparse_categorical_crossentropy, 0.1f},
          {Loss::sparse_categorical_crossentropy_logits, 0.0f},
          {Loss::sparse_categorical_crossentropy_logits, 0.2f}};
}

}  // namespace

KERNEL_TEST(losses_and_gradients) {
  Data data;
  for (const LossParameters& p : all_losses()) {
    std::vector<int64_t> many_outputs = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 70};
    for (int64_t outputs : many_outputs) {
      for (int64_t rows : {0, 1, 3, 8, 17, 35}) {
        const bool sparse = is_sparse(p.loss);
        Block prediction(rows, outputs), target(rows, sparse ? 1 : outputs, 1), weight = line(rows);
        Block losses = line(rows), gradient(rows, outputs, 2), unweighted = losses;
        prediction.fill([&] {
          return on_probabilities(p.loss) ? data.uniform(1e-3f, 0.999f) : 4 * data.normal();
        });
        target.fill([&] {
          if (sparse) return std::floor(data.uniform(0, static_cast<float>(outputs)));
          return p.loss == Loss::mean_absolute_error || p.loss == Loss::mean_squared_error
                     ? data.normal()
                     : std::floor(data.uniform(0, 2));
        });
        if (rows > 2 && !sparse) prediction(1, 0) = target(1, 0);  // sign 0, and the clipping
        weight.fill([&] { return data.uniform(0, 2); });
        const float scale = 0.25f;
        k.losses.rows(p, rows, outputs, prediction.data(), prediction.stride(), target.data(),
                      target.stride(), weight.data(), losses.data(), scale, gradient.data(),
                      gradient.stride());
        k.losses.rows(p, rows, outputs, prediction.data(), prediction.stride(), target.data(),
                      target.stride(), nullptr, unweighted.data(), scale, nullptr, 0);
        CHECK(losses.guards_intact() && gradient.guards_intact() && unweighted.guards_intact());
        for (int64_t i = 0; i < rows; ++i) {
          Row row = expected_row(p, outputs, &prediction(i), &target(i));
          // Terms of opposite signs are at most max(1, |x|) here.
          double size = 16.0 + std::fabs(row.loss) * (16.0 + static_cast<double>(outputs) / 4);
          double w = weight(0, i);
          CHECK_NEAR(losses(0, i), w * row.loss, w * size * kRoundoff);
          CHECK_NEAR(unweighted(0, i), row.loss, size * kRoundoff);
          for (int64_t j = 0; j < outputs; ++j) {
            double g = row.gradient[static_cast<size_t>(j)];
            CHECK_NEAR(gradient(i, j), w * scale * g,
                       w * scale * (32 * std::fabs(g) + 32.0) * kRoundoff);
          }
        }
        // Without gaps between rows: the same bits.
        Block dense_prediction(rows, outputs, 0), dense_target(rows, sparse ? 1 : outputs, 0);
        Block dense_losses = losses, dense_gradient(rows, outputs, 0);
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t j = 0; j < outputs; ++j) dense_prediction(i, j) = prediction(i, j);
          for (int64_t j = 0; j < (sparse ? 1 : outputs); ++j) dense_target(i, j) = target(i, j);
        }
        k.losses.rows(p, rows, outputs, dense_prediction.data(), outputs, dense_target.data(),
                      sparse ? 1 : outputs, weight.data(), dense_losses.data(), scale,
                      dense_gradient.data(), outputs);
        CHECK(dense_losses.equals(losses) && dense_gradient.equals(gradient));
        CHECK(dense_losses.guards_intact() && dense_gradient.guards_intact());
        // Each row by itself: the same bits. And the gradient over the prediction.
        Block alone = losses, in_place = prediction;
        for (int64_t i = 0; i < rows; ++i)
          k.losses.rows(p, 1, outputs, &in_place(i), in_place.stride(), &target(i), target.stride(),
                        &weight(0, i), &alone(0, i), scale, &in_place(i), in_place.stride());
        CHECK(alone.equals(losses) && in_place.equals(gradient) && in_place.guards_intact());
      }
    }
  }
}

KERNEL_TEST(losses_clip_probabilities) {
  const LossParameters p{Loss::binary_crossentropy, 0.0f};
  const float prediction[4] = {0.0f, 1.0f, 1e-9f, 1.0f}, target[4] = {1.0f, 1.0f, 0.0f, 0.0f};
  float losses[4], gradient[4];
  k.losses.rows(p, 4, 1, prediction, 1, target, 1, nullptr, losses, 1.0f, gradient, 1);
  CHECK_NEAR(losses[0], 16.118095651, 1e-5);
  CHECK_NEAR(losses[1], 1.1920929e-7, 1e-12);
  CHECK_NEAR(losses[2], 1.1920929e-7, 2e-8);  // 1 - 1e-7 in float32 is 1 - 2^-23
  CHECK_NEAR(losses[3], 15.942385, 1e-5);
  for (float g : gradient) CHECK(g == 0.0f);
  const float classes[2] = {0.0f, 1.0f}, label = 0.0f;
  k.losses.rows({Loss::sparse_categorical_crossentropy, 0.0f}, 1, 2, classes, 2, &label, 1, nullptr,
                losses, 1.0f, gradient, 2);
  CHECK_NEAR(losses[0], 16.118095651, 1e-5);
  CHECK(gradient[0] == 0.0f && gradient[1] == 0.0f);
}

KERNEL_TEST(losses_of_nan_and_bad_labels) {
  for (const LossParameters& p : all_losses()) {
    for (int64_t outputs : {1, 3, 9}) {
      const bool sparse = is_sparse(p.loss);
      const int64_t rows = 5;
      Block prediction(rows, outputs), target(rows, sparse ? 1 : outputs), losses = line(rows);
      Block gradient(rows, outputs), weight = line(rows);
      prediction.fill([] { return 0.5f; });
      target.fill([] { return 0.0f; });
      weight.fill([] { return 0.0f; });
      prediction(2, outputs - 1) = kNan;
      if (sparse) {
        target(3) = static_cast<float>(outputs);
        target(4) = 0.5f;
      } else {
        target(3, outputs - 1) = target(4, 0) = kNan;
      }
      auto run = [&](const float* w) {
        k.losses.rows(p, rows, outputs, prediction.data(), prediction.stride(), target.data(),
                      target.stride(), w, losses.data(), 1.0f, gradient.data(), gradient.stride());
      };
      run(nullptr);
      for (int64_t i = 0; i < rows; ++i) {
        CHECK(std::isnan(losses(0, i)) == (i >= 2));
        bool any = false;
        for (int64_t j = 0; j < outputs; ++j) any = any || std::isnan(gradient(i, j));
        CHECK(any == (i >= 2));
      }
      run(weight.data());  // a weight of 0: exactly 0, unless nan
      for (int64_t i = 0; i < rows; ++i)
        CHECK(i >= 2 ? std::isnan(losses(0, i)) : losses(0, i) == 0.0f);
    }
  }
}

KERNEL_TEST(losses_of_large_logits) {
  for (float x : {100.0f, -100.0f, 1000.0f, -1000.0f}) {
    float target = 1.0f, loss, gradient;
    k.losses.rows({Loss::binary_crossentropy_logits, 0.0f}, 1, 1, &x, 1, &target, 1, nullptr, &loss,
                  1.0f, &gradient, 1);
    CHECK_NEAR(loss, x > 0 ? 0.0 : -x, 1e-6 * std::fabs(x));
    CHECK_NEAR(gradient, x > 0 ? 0.0 : -1.0, 1e-6);
    const float two[2] = {x, 0.0f};
    float both[2];
    target = 0.0f;
    k.losses.rows({Loss::sparse_categorical_crossentropy_logits, 0.0f}, 1, 2, two, 2, &target, 1,
                  nullptr, &loss, 1.0f, both, 2);
    CHECK_NEAR(loss, x > 0 ? 0.0 : -x, 1e-6 * std::fabs(x));
    CHECK_NEAR(both[0], x > 0 ? 0.0 : -1.0, 1e-6);
  }
}

}  // namespace trimtab::test

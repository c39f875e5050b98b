// A loss against its formula in double, and against central differences of that.
#pragma once

#include <functional>

#include "kernels/losses.h"
#include "tests/check.h"

namespace trimtab::test {

using Numbers = std::vector<double>;

struct LossCase {
  LossParameters parameters;
  // Of one row: from predictions and targets to its loss.
  std::function<double(const Numbers&, const Numbers&)> formula;
  std::function<float(Data&)> prediction, target;
  int64_t outputs_per_target = 1;
  bool sparse = false;  // one class number a row, made here
};

// The loss moves by `h` of each prediction; far enough from every kink, the error is about h^2.
inline Numbers slopes(const LossCase& test, Numbers p, const Numbers& t) {
  Numbers found;
  for (double& x : p) {
    const double at = x, h = 1e-5 * (1.0 + std::fabs(at));
    x = at + h;
    const double above = test.formula(p, t);
    x = at - h;
    found.push_back((above - test.formula(p, t)) / (2 * h));
    x = at;
  }
  return found;
}

inline void check_loss(const Kernels& k, const LossCase& test) {
  Data data;
  for (int64_t width : {1, 2, 3, 5, 8, 9, 17, 33}) {
    for (int64_t rows : {0, 1, 3, 17}) {
      const int64_t outputs = width * test.outputs_per_target;
      const int64_t targets = test.sparse ? 1 : width;
      Block prediction(rows, outputs), target(rows, targets, 1), weight(1, rows, 0);
      Block losses(1, rows, 0), unweighted(1, rows, 0), gradient(rows, outputs, 2);
      prediction.fill([&] { return test.prediction(data); });
      target.fill([&] {
        return test.sparse ? std::floor(data.uniform(0, static_cast<float>(outputs)))
                           : test.target(data);
      });
      weight.fill([&] { return data.uniform(0, 2); });
      const float scale = 0.25f;
      k.losses.rows(test.parameters, rows, outputs, prediction.data(), prediction.stride(),
                    target.data(), target.stride(), weight.data(), losses.data(), scale,
                    gradient.data(), gradient.stride());
      k.losses.rows(test.parameters, rows, outputs, prediction.data(), prediction.stride(),
                    target.data(), target.stride(), nullptr, unweighted.data(), scale, nullptr, 0);
      CHECK(losses.guards_intact() && gradient.guards_intact() && unweighted.guards_intact());
      for (int64_t i = 0; i < rows; ++i) {
        const Numbers p(&prediction(i), &prediction(i) + outputs);
        const Numbers t(&target(i), &target(i) + targets);
        const double expected = test.formula(p, t), w = weight(0, i);
        CHECK_NEAR(unweighted(0, i), expected, 2e-5 * (1.0 + std::fabs(expected)));
        CHECK_NEAR(losses(0, i), w * expected, 2e-5 * w * (1.0 + std::fabs(expected)));
        const Numbers each = slopes(test, p, t);
        double largest = 0.0;
        for (double slope : each) largest = std::fmax(largest, std::fabs(slope));
        for (int64_t j = 0; j < outputs; ++j)
          CHECK_NEAR(gradient(i, j), w * scale * each[static_cast<size_t>(j)],
                     w * scale * 5e-5 * (1.0 + largest));
      }
      // Each row by itself, and the gradient over the prediction: the same bits.
      Block alone = losses, in_place = prediction;
      for (int64_t i = 0; i < rows; ++i)
        k.losses.rows(test.parameters, 1, outputs, &in_place(i), in_place.stride(), &target(i),
                      target.stride(), &weight(0, i), &alone(0, i), scale, &in_place(i),
                      in_place.stride());
      CHECK(alone.equals(losses) && in_place.equals(gradient) && in_place.guards_intact());
      // nan in a prediction or a target: in the loss and in the gradient.
      if (rows < 3 || outputs < 2) continue;
      prediction(0, outputs - 1) = target(1, targets - 1) = kNan;
      k.losses.rows(test.parameters, rows, outputs, prediction.data(), prediction.stride(),
                    target.data(), target.stride(), nullptr, losses.data(), scale, gradient.data(),
                    gradient.stride());
      for (int64_t i = 0; i < rows; ++i) {
        bool any = false;
        for (int64_t j = 0; j < outputs; ++j) any = any || std::isnan(gradient(i, j));
        CHECK(std::isnan(losses(0, i)) == (i < 2) && any == (i < 2));
      }
    }
  }
}

}  // namespace trimtab::test

// What the files of losses share: clipping, sums over outputs, class numbers.
#pragma once

#include "kernels/losses.h"
#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// Keras' backend.epsilon(), and 1 - epsilon rounded to float32.
constexpr float kEpsilon = 1e-7f;
constexpr float kOneMinusEpsilon = 1.0f - 1e-7f;

// What one output adds to a row's sum, and the derivative by the prediction.
struct Term {
  Floats loss, derivative;
};

// One number of each of `count` rows, count <= kLanes.
template <class Lanes>
TRIMTAB_INLINE Floats load_rows(const float* p, int64_t stride, int64_t count, Lanes lanes) {
  if (stride == 1) return lanes.load(p);
  float t[kLanes] = {};
  for (int64_t k = 0; k < count; ++k) t[k] = p[k * stride];
  return load(t);
}
template <class Lanes>
TRIMTAB_INLINE void store_rows(float* p, int64_t stride, int64_t count, Lanes lanes, Floats v) {
  if (stride == 1) return lanes.store(p, v);
  float t[kLanes];
  store(t, v);
  for (int64_t k = 0; k < count; ++k) p[k * stride] = t[k];
}

// Losses that are a sum over outputs, divided by n. One output: as many rows at a time as there are
// lanes, and n is 1; several: row by row.
template <class Function>
TRIMTAB_INLINE void over_outputs(int64_t rows, int64_t outputs, float n, const float* prediction,
                                 int64_t ldp, const float* target, int64_t ldt, const float* weight,
                                 float* losses, float scale, float* gradient, int64_t ldg,
                                 Function term) {
  if (outputs == 1) {
    over_columns(rows, [=](int64_t i, auto lanes) TRIMTAB_BODY {
      int64_t count = rows - i < kLanes ? rows - i : kLanes;
      Floats w = weight ? lanes.load(weight + i) : fill(1.0f);
      Term result = term(load_rows(prediction + i * ldp, ldp, count, lanes),
                         load_rows(target + i * ldt, ldt, count, lanes));
      lanes.store(losses + i, w * result.loss);
      if (gradient)
        store_rows(gradient + i * ldg, ldg, count, lanes, (w * scale) * result.derivative);
    });
    return;
  }
  for (int64_t i = 0; i < rows; ++i) {
    float w = weight ? weight[i] : 1.0f;
    Floats factor = fill(w * scale / n);
    Floats total{};
    over_columns(outputs, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      Term result = term(lanes.load(prediction + i * ldp + j), lanes.load(target + i * ldt + j));
      total += lanes.clear_rest(result.loss);
      if (gradient) lanes.store(gradient + i * ldg + j, factor * result.derivative);
    });
    losses[i] = w * (sum_of(total) / n);
  }
}

// The class of a row, or -1 where the label is none of 0 .. outputs - 1.
inline int64_t class_of(float label, int64_t outputs) {
  if (!(label >= 0.0f && label < static_cast<float>(outputs))) return -1;
  auto k = static_cast<int64_t>(label);
  return static_cast<float>(k) == label ? k : -1;
}

inline void fill_row(int64_t outputs, float value, float* row) {
  for (int64_t j = 0; j < outputs; ++j) row[j] = value;
}

}  // namespace

// The rows of the losses of numbers and of classes, beside those in losses.cc; as
// LossKernels::rows.
void losses_regression_rows(const LossParameters& p, int64_t rows, int64_t outputs,
                            const float* prediction, int64_t ldp, const float* target, int64_t ldt,
                            const float* weight, float* losses, float scale, float* gradient,
                            int64_t ldg);
void losses_classification_rows(const LossParameters& p, int64_t rows, int64_t outputs,
                                const float* prediction, int64_t ldp, const float* target,
                                int64_t ldt, const float* weight, float* losses, float scale,
                                float* gradient, int64_t ldg);

}  // namespace trimtab::TRIMTAB_LEVEL

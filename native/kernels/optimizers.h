// One sweep over a block of parameters: penalty gradient, clipping, weight decay, update.
#pragma once

#include <cstdint>

namespace trimtab {

// What happens to every gradient element before the optimizer's own rule, in this order (Keras'):
//   g += l1 * sign(w) + 2 * l2 * w          (sign(0) = 0)
//   g *= clip_scale                         (clipnorm, global_clipnorm; computed by the caller)
//   g = clip(g, -clip_value, clip_value)    (nan stays nan)
//   w -= w * weight_decay_rate              (weight_decay * learning_rate, decoupled: AdamW)
struct SweepParameters {
  float l1 = 0.0f, l2 = 0.0f;
  float clip_scale = 1.0f;
  float clip_value = __builtin_huge_valf();
  float weight_decay_rate = 0.0f;
};

struct SgdParameters {
  float learning_rate = 0.01f;
  float momentum = 0.0f;
  bool nesterov = false;
};

struct AdamParameters {
  float alpha = 0.001f;  // learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)
  float one_minus_beta_1 = 0.1f;
  float one_minus_beta_2 = 0.001f;
  float epsilon = 1e-7f;
};

struct OptimizerKernels {
  // Blocks of rows x columns; gradient, weights and slots have the same distance between rows.
  //
  // momentum == 0: w -= lr * g (slot may be null). Otherwise m = momentum * m - lr * g;
  // nesterov: w += momentum * m - lr * g, else w += m.
  void (*sgd)(const SweepParameters& s, const SgdParameters& p, int64_t rows, int64_t columns,
              int64_t stride, const float* gradient, float* weights, float* momentum_slot);
  // m += (g - m) * one_minus_beta_1; v += (g^2 - v) * one_minus_beta_2;
  // w -= m * alpha / (sqrt(v) + epsilon). Source: Kingma & Ba 2015, "epsilon hat" form.
  void (*adam)(const SweepParameters& s, const AdamParameters& p, int64_t rows, int64_t columns,
               int64_t stride, const float* gradient, float* weights, float* m, float* v);
  // sum (g + l1 sign(w) + 2 l2 w)^2, in double; for clipping by norm.
  double (*squared_norm)(float l1, float l2, int64_t n, const float* gradient,
                         const float* weights);
  // l1 * sum |w| + l2 * sum w^2, in double.
  double (*penalty)(float l1, float l2, int64_t n, const float* weights);
};

}  // namespace trimtab

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

// What the rules below read, each its own part of it. 1 - beta is taken as Keras takes it.
struct RuleParameters {
  float learning_rate = 0.001f;
  float beta_1 = 0.9f, one_minus_beta_1 = 0.1f;      // of means of gradients
  float beta_2 = 0.999f, one_minus_beta_2 = 0.001f;  // of means of squares, rho where it is alone
  float epsilon = 1e-7f;
  float momentum = 0.0f;                         // rmsprop
  bool centered = false;                         // rmsprop
  float alpha = 0.001f;                          // amsgrad: as adam's
  float correction = 1.0f;                       // adamax: 1 - beta_1^t; nadam: 1 - beta_2^t
  float of_momentum = 1.0f, of_gradient = 0.0f;  // nadam: the mixture of m and g
  float power = 0.5f, l1 = 0.0f, l2 = 0.0f, shrinkage = 0.0f;  // ftrl; l2 with beta / (2 rate)
};

// Blocks of rows x columns; gradient, weights and slots have the same distance between rows, and
// slot number i lies at `slots + i * apart`.
using RuleKernel = void(const SweepParameters& s, const RuleParameters& p, int64_t rows,
                        int64_t columns, int64_t stride, const float* gradient, float* weights,
                        float* slots, int64_t apart);

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
  // Slots: accumulated squares of gradients, of updates (Zeiler 2012).
  // a = rho a + (1 - rho) g^2; d = sqrt(u + epsilon) g / sqrt(a + epsilon);
  // u = rho u + (1 - rho) d^2; w -= lr d
  RuleKernel* adadelta;
  // Slot: accumulated squares (Duchi et al. 2011). a += g^2; w -= lr g / sqrt(a + epsilon)
  RuleKernel* adagrad;
  // Slots: m, u (Kingma & Ba 2015, section 7). m as adam's; u = max(beta_2 u, |g|), nan if either
  // is; w -= lr m / (correction (u + epsilon))
  RuleKernel* adamax;
  // Slots: m, v, the largest v so far (Reddi et al. 2018), which adam's rule then reads.
  RuleKernel* amsgrad;
  // Slots: accumulator a, linear z (McMahan et al. 2013). b = a + g^2;
  // z += g + 2 shrinkage w - (b^power - a^power) / lr w;
  // w = (clip(z, -l1, l1) - z) / (b^power / lr + 2 l2), 0 where that is 0 / 0; a = b
  RuleKernel* ftrl;
  // Slot: m (Chen et al. 2023). w -= lr sign(m beta_1 + g (1 - beta_1));
  // m = m beta_2 + g (1 - beta_2)
  RuleKernel* lion;
  // Slots: m, v as adam's (Dozat 2015).
  // w -= lr (of_momentum m + of_gradient g) / (sqrt(v / correction) + epsilon)
  RuleKernel* nadam;
  // Slots: v, then m with momentum, then the mean gradient where centered (Tieleman & Hinton 2012,
  // Graves 2013). v = rho v + (1 - rho) g^2; d = lr g / sqrt(v + epsilon), centered with
  // v - mean^2 in v's place; w -= d, with momentum m = momentum m + d; w -= m
  RuleKernel* rmsprop;
  // sum = (sum + g + l1 sign(w) + 2 l2 w) / divisor: gradients that wait for each other.
  void (*accumulate)(float l1, float l2, float divisor, int64_t rows, int64_t columns,
                     int64_t stride, const float* gradient, const float* weights, float* sum);
  // average = momentum * average + (1 - momentum) * w; then w = average if `overwrite`.
  void (*average)(float momentum, bool overwrite, int64_t rows, int64_t columns, int64_t stride,
                  float* weights, float* average);
  // sum (g + l1 sign(w) + 2 l2 w)^2, in double; for clipping by norm.
  double (*squared_norm)(float l1, float l2, int64_t n, const float* gradient,
                         const float* weights);
  // l1 * sum |w| + l2 * sum w^2, in double.
  double (*penalty)(float l1, float l2, int64_t n, const float* weights);
};

}  // namespace trimtab

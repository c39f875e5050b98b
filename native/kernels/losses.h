// Losses per row and their gradients. Formulas and clipping as in Keras 3.
#pragma once

#include <cstdint>

namespace trimtab {

enum class Loss : int32_t {
  mean_absolute_error,              // mean_j |t - p|;   derivative sign(p - t), 0 at 0
  mean_squared_error,               // mean_j (t - p)^2
  binary_crossentropy,              // probabilities clipped to [1e-7, 1 - 1e-7], mean over outputs;
                                    // gradient 0 where clipped
  binary_crossentropy_logits,       // mean_j max(x,0) - x t + log(1 + exp(-|x|))
  sparse_categorical_crossentropy,  // p = p / sum(p), clip, -log(p[t])
  sparse_categorical_crossentropy_logits,  // -log_softmax(x)[t]

  // For numbers (losses_regression.cc); d = t - p.
  mean_absolute_percentage_error,  // mean_j 100 |d| / max(|t|, 1e-7)
  mean_squared_logarithmic_error,  // mean_j (log(1 + max(p, 1e-7)) - log(1 + max(t, 1e-7)))^2
  huber,                           // mean_j d^2 / 2 where |d| <= delta, else delta |d| - delta^2/2
  log_cosh,                        // mean_j log(cosh(d))
  poisson,                         // mean_j p - t log(p + 1e-7)
  quantile,                        // mean_j max(l d, (l - 1) d), l = levels[j % levels.size()],
                                   // the target being t[j / levels.size()]; derivative 0 at d = 0
  expectile,                       // mean_j |l - [d < 0]| d^2, l = levels[0]
  gaussian_negative_log_likelihood,  // mean_j (log(2 pi v) + d^2 / v) / 2, outputs / 2 targets,
                                     // their means first, then s: v = exp(s) + epsilon
  cosine_similarity,                 // -sum_j t p / (max(|t|, 1e-7) max(|p|, 1e-7)), norms of rows

  // For classes (losses_classification.cc). Where a value is clipped, it has no derivative.
  hinge,                                  // mean_j max(1 - u p, 0), u = t, or -1 where t is 0
  squared_hinge,                          // mean_j max(1 - u p, 0)^2
  categorical_hinge,                      // max(max_j((1 - t) p) - sum_j(t p) + 1, 0)
  kl_divergence,                          // sum_j t log(t / p), both clipped to [1e-7, 1]
  categorical_crossentropy,               // q = p / sum(p), clipped, -sum_j label log(q)
  categorical_crossentropy_logits,        // -sum_j label log_softmax(x)
  categorical_focal_crossentropy,         // -sum_j alpha[j] label (1 - q)^gamma log(q)
  categorical_focal_crossentropy_logits,  // the same, q = softmax(x), clipped
  binary_focal_crossentropy,         // mean_j max(t + p - 2 t p, 1e-7)^gamma * binary_crossentropy,
                                     // times t alpha + (1 - t)(1 - alpha) where `balanced`
  binary_focal_crossentropy_logits,  // the same, p = sigmoid(x)
  categorical_generalized_cross_entropy,  // (1 - p[t]^q) / q; derivative 0 where p[t] < 1e-7
};

struct LossParameters {
  Loss loss = Loss::mean_squared_error;
  // Cross-entropies: a label t of binary ones becomes t (1 - s) + s / 2; sparse ones are
  // -sum_k label[k] log(p[k]) with label[t] = 1 - s + s / outputs, the others s / outputs.
  // Labels of one column a class become t (1 - s) + s / outputs.
  float label_smoothing = 0.0f;
  float delta = 1.0f;
  float gamma = 2.0f;
  float q = 0.5f;
  float epsilon = 1e-6f;
  bool balanced = false;
  const float* alpha = nullptr;  // one for all outputs, or one for each
  int64_t alphas = 0;
  const float* levels = nullptr;  // between 0 and 1
  int64_t level_count = 1;
};

struct LossKernels {
  // losses[i] = weight[i] * loss(target[i,:], prediction[i,:]); weight null means 1.
  // gradient (may be null): d prediction[i,:] = weight[i] * scale * d loss / d prediction.
  // target has as many columns as outputs; one for all levels of a quantile, one for a mean and its
  // variance; or one in all, which holds a class number (a label that is no integer in
  // 0 .. outputs-1 gives nan). weight 0 gives exactly 0 for a finite loss,
  // and nan for a nan loss.
  void (*rows)(const LossParameters& p, int64_t rows, int64_t outputs, const float* prediction,
               int64_t ldp, const float* target, int64_t ldt, const float* weight, float* losses,
               float scale, float* gradient, int64_t ldg);
};

}  // namespace trimtab

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
};

struct LossParameters {
  Loss loss = Loss::mean_squared_error;
  // Cross-entropies: a label t of binary ones becomes t (1 - s) + s / 2; sparse ones are
  // -sum_k label[k] log(p[k]) with label[t] = 1 - s + s / outputs, the others s / outputs.
  float label_smoothing = 0.0f;
};

struct LossKernels {
  // losses[i] = weight[i] * loss(target[i,:], prediction[i,:]); weight null means 1.
  // gradient (may be null): d prediction[i,:] = weight[i] * scale * d loss / d prediction.
  // target is (rows, outputs), or (rows, 1) holding a class number for the sparse losses (a label
  // that is no integer in 0 .. outputs-1 gives nan). weight 0 gives exactly 0 for a finite loss,
  // and nan for a nan loss.
  void (*rows)(const LossParameters& p, int64_t rows, int64_t outputs, const float* prediction,
               int64_t ldp, const float* target, int64_t ldt, const float* weight, float* losses,
               float scale, float* gradient, int64_t ldg);
};

}  // namespace trimtab

// Element-wise activations.
#pragma once

#include <cstdint>

namespace trimtab {

enum class Activation : int32_t {
  linear,
  relu,
  tanh,
  sigmoid,
  elu,
  selu,
  gelu,
  gelu_tanh,
  silu,
  softplus,
  celu,
  exponential,
  hard_shrink,
  hard_sigmoid,
  hard_silu,
  hard_tanh,
  log_sigmoid,
  mish,
  soft_shrink,
  softsign,
  sparse_plus,
  sparse_sigmoid,
  squareplus,
  tanh_shrink,
  threshold
};

// relu: f(x) = negative_slope * (x - threshold) where x <= threshold, x up to max_value above it.
//       relu(nan) is nan.
// elu:  x where x > 0, alpha * (exp(x) - 1) elsewhere.
// selu: 1.0507009873554805 * elu(x, 1.6732632423543772).
// gelu: x * (1 + erf(x / sqrt(2))) / 2; gelu_tanh is its tanh approximation.
// silu: x * sigmoid(x). softplus: log(1 + exp(x)), linear for large x.
// celu: x where x > 0, alpha * (exp(x / alpha) - 1) elsewhere. exponential: exp(x).
// hard_shrink: 0 where |x| <= threshold, x elsewhere. soft_shrink: x moved towards 0 by the
// threshold, and 0 within it. threshold: x where x > threshold, default_value elsewhere.
// hard_sigmoid: x / 6 + 1/2 from 0 to 1. hard_silu: x * hard_sigmoid(x). hard_tanh: x from -1 to 1.
// sparse_sigmoid: (x + 1) / 2 from 0 to 1; sparse_plus is its integral: (x + 1)^2 / 4 from -1 to 1.
// log_sigmoid: log(sigmoid(x)). mish: x * tanh(softplus(x)). softsign: x / (1 + |x|).
// squareplus: (x + sqrt(x^2 + b)) / 2. tanh_shrink: x - tanh(x).
struct ActivationParameters {
  Activation function = Activation::linear;
  float alpha = 1.0f;                       // elu, celu
  float b = 4.0f;                           // squareplus
  float default_value = 0.0f;               // threshold
  float negative_slope = 0.0f;              // relu
  float threshold = 0.0f;                   // relu, hard_shrink, soft_shrink, threshold
  float max_value = __builtin_huge_valf();  // relu
};

struct ActivationKernels {
  // y = f(x).
  void (*forward)(const ActivationParameters& p, int64_t rows, int64_t columns, const float* x,
                  int64_t ldx, float* y, int64_t ldy);
  // dx = dy * f'(x). x is the forward input, y the forward output. Functions for which
  // activation_needs_input() is false are computed from y alone, and x may then be null.
  // The derivative of relu at its threshold is 0, but 1 for a leaky relu with neither threshold nor
  // maximum, as in Keras with JAX; at its maximum it is 0.
  void (*backward)(const ActivationParameters& p, int64_t rows, int64_t columns, const float* x,
                   int64_t ldx, const float* y, int64_t ldy, const float* dy, int64_t lddy,
                   float* dx, int64_t lddx);
  // y = a + b.
  void (*add)(int64_t rows, int64_t columns, const float* a, int64_t lda, const float* b,
              int64_t ldb, float* y, int64_t ldy);
};

// Whether backward reads the forward input x, which the output then must not be written over,
// instead of only the output y.
inline bool activation_needs_input(const ActivationParameters& p) {
  switch (p.function) {
    case Activation::gelu:
    case Activation::gelu_tanh:
    case Activation::silu:
    case Activation::softplus:
    case Activation::hard_silu:
    case Activation::hard_tanh:
    case Activation::mish:
    case Activation::sparse_plus:
    case Activation::squareplus:
    case Activation::tanh_shrink:
    case Activation::threshold:
      return true;
    case Activation::relu:
      return p.threshold != 0.0f || p.max_value != __builtin_huge_valf() || p.negative_slope < 0.0f;
    case Activation::elu:
      return p.alpha < 0.0f;
    default:
      return false;
  }
}

}  // namespace trimtab

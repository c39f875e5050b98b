// Batch normalization over the rows of a block; every column on its own.
// Source: Ioffe & Szegedy 2015, "Batch Normalization", algorithm 1; biased variance as in Keras 3.
#pragma once

#include <cstdint>

namespace trimtab {

struct BatchNormalizationKernels {
  // mean[j] = sum_i x[i,j] / rows; variance[j] = sum_i (x[i,j] - mean[j])^2 / rows (biased).
  // Two passes, accurate where the mean dwarfs the deviation: the second pass corrects for the
  // rounding of the mean, var = E[(x-m)^2] - E[x-m]^2 (never below 0, nan stays nan). A column of
  // equal finite values has variance exactly 0. rows == 0: zeros. Partial sums are kept over
  // blocks of rows so that the error grows slower than rows * epsilon.
  // valid: null, or one byte a row; rows with 0 take no part (no valid row: mean 0, variance 0).
  void (*statistics)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                     const uint8_t* valid, float* mean, float* variance);
  // scale[j] = gamma[j] / sqrt(variance[j] + epsilon); gamma null means 1.
  // y = (x - mean) * scale + beta; beta null means 0.
  void (*normalize)(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* mean,
                    const float* scale, const float* beta, float* y, int64_t ldy);
  // inverse[j] = 1 / sqrt(variance[j] + epsilon), in float32.
  void (*inverse_deviation)(int64_t columns, const float* variance, float epsilon, float* inverse);
  // moving[j] = moving[j] * momentum + batch[j] * (1 - momentum), each product rounded in float32
  // (no contraction), with one_minus_momentum given by the caller.
  void (*update_moving)(int64_t columns, float momentum, float one_minus_momentum,
                        const float* batch, float* moving);
  // sum_dy[j] = sum_i dy[i,j]; sum_dy_xhat[j] = sum_i dy[i,j] * (x[i,j] - mean[j]) * inverse[j].
  // These are the gradients of beta and gamma.
  void (*gradient_sums)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                        const float* mean, const float* inverse, const float* dy, int64_t lddy,
                        float* sum_dy, float* sum_dy_xhat);
  // Batch statistics (training): dx = gamma * inverse * (dy - sum_dy / n - xhat * sum_dy_xhat / n),
  // xhat = (x - mean) * inverse, gamma null means 1, n = count.
  void (*input_gradient)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                         const float* mean, const float* inverse, const float* gamma,
                         const float* sum_dy, const float* sum_dy_xhat, float count,
                         const float* dy, int64_t lddy, float* dx, int64_t lddx);
  // Moving statistics (frozen): dx = dy * scale.
  void (*scale_columns)(int64_t rows, int64_t columns, const float* dy, int64_t lddy,
                        const float* scale, float* dx, int64_t lddx);
};

}  // namespace trimtab

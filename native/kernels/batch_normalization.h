// Batch normalization over the rows of a block; every column on its own.
// Source: Ioffe & Szegedy 2015, "Batch Normalization", algorithm 1; biased variance as in Keras 3.
// With weights w, mean = sum(w x) / sum(w) and variance = sum(w (x - mean)^2) / sum(w).
#pragma once

#include <cstdint>

namespace trimtab {

struct BatchNormalizationKernels {
  // mean[j] = sum_i x[i,j] / rows; variance[j] = sum_i (x[i,j] - mean[j])^2 / rows (biased).
  // Two passes, accurate where the mean dwarfs the deviation: the second pass corrects for the
  // rounding of the mean, var = E[(x-m)^2] - E[x-m]^2 (never below 0, nan stays nan). A column of
  // equal finite values has variance exactly 0. rows == 0: zeros. Partial sums are kept over
  // blocks of rows so that the error grows slower than rows * epsilon.
  //
  // index and weight: both null, or the places of the rows that take part, in order, and a weight
  // for every place; total is the sum of those that take part (rows where all weigh 1). Then
  // i runs over index[0], ..., index[rows - 1], the terms are multiplied by weight[i] and divided
  // by total instead of rows. Rows that are not named are not looked at, and weights of 1 give the
  // bits of a block in which the others are missing.
  void (*statistics)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                     const int64_t* index, const float* weight, float total, float* mean,
                     float* variance);
  // y[j] = sum_i factor[i] * x[i,j], in order; factor null means 1. What chunks of a batch are put
  // together with.
  void (*combine)(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* factor,
                  float* y);
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
  // Batch statistics (training):
  // dx[i,j] = gamma * inverse * (dy - w[i] * sum_dy / total - w[i] * xhat * sum_dy_xhat / total),
  // xhat = (x - mean) * inverse, gamma null means 1. weight null means w[i] = 1, and total is the
  // number of rows; otherwise w[i] = weight[i], 0 for a row that does not take part.
  void (*input_gradient)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                         const float* mean, const float* inverse, const float* gamma,
                         const float* sum_dy, const float* sum_dy_xhat, const float* weight,
                         float total, const float* dy, int64_t lddy, float* dx, int64_t lddx);
  // Moving statistics (frozen): dx = dy * scale.
  void (*scale_columns)(int64_t rows, int64_t columns, const float* dy, int64_t lddy,
                        const float* scale, float* dx, int64_t lddx);
};

}  // namespace trimtab

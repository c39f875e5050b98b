// Normalization of each row by itself. Sources: Ba et al. 2016 (deviation), Zhang & Sennrich 2019
// (root mean square).
#pragma once

#include <cstdint>

namespace trimtab {

// What a row is divided by. deviation: sqrt(variance + epsilon), after its mean is taken off; the
// variance is biased. root_mean_square: sqrt(mean of squares + epsilon). length: sqrt(sum of
// squares), which is epsilon at least.
enum class RowScale : int32_t { deviation, root_mean_square, length };

struct LayerNormalizationKernels {
  // y = (x - mean) * inverse * gamma + beta. Writes mean and inverse of each row; the mean is 0 but
  // for `deviation`. gamma and beta may be null.
  void (*forward)(RowScale by, float epsilon, int64_t rows, int64_t columns, const float* x,
                  int64_t ldx, const float* gamma, const float* beta, float* mean, float* inverse,
                  float* y, int64_t ldy);
  // With g = dy * gamma and xhat = (x - mean) * inverse, both a row's: inverse * (g - mean(g) -
  // xhat * mean(g * xhat)) for `deviation`, inverse * (g - xhat * mean(g * xhat)) for
  // `root_mean_square`, with the sum in place of the mean for `length`. 0 for a row of length 0.
  void (*input_gradient)(RowScale by, int64_t rows, int64_t columns, const float* x, int64_t ldx,
                         const float* gamma, const float* mean, const float* inverse,
                         const float* dy, int64_t lddy, float* dx, int64_t lddx);
  // d_gamma[j] = sum of dy * xhat over the rows, d_beta[j] = sum of dy, added to what is there if
  // `accumulate`. Either may be null.
  void (*parameter_gradients)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                              const float* mean, const float* inverse, const float* dy,
                              int64_t lddy, bool accumulate, float* d_gamma, float* d_beta);
};

}  // namespace trimtab

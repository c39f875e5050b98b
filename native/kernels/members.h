// What the members of a network do apart from each other; their columns lie side by side in a row.
#pragma once

#include <cstdint>

namespace trimtab {

// What an average is taken of: the numbers, or the probabilities behind logits, and then the logits
// of that mean.
enum class AverageOf : int32_t { numbers, sigmoid_logits, softmax_logits };

struct MemberKernels {
  // y = x scale + bias, one of each a column; null means 1 and 0.
  void (*affine)(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* scale,
                 const float* bias, float* y, int64_t ldy);
  // d_scale[j] (+)= sum_i x[i,j] dy[i,j] and d_bias[j] (+)= sum_i dy[i,j]; each may be null. They
  // are added to where `accumulate`.
  void (*affine_gradient)(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                          const float* dy, int64_t lddy, bool accumulate, float* d_scale,
                          float* d_bias);
  // dx[i,j] = sum_m dy[i, m columns + j] scale[m columns + j], m in order; scale null means 1.
  void (*repeat_gradient)(int64_t rows, int64_t columns, int64_t members, const float* dy,
                          int64_t lddy, const float* scale, float* dx, int64_t lddx);
  // Over the members, m in order, of x[i, m columns + j]:
  // - numbers: y = mean x
  // - sigmoid_logits: y = log(p / (1 - p)), p = mean sigmoid(x), as log mean sigmoid(x) -
  //   log mean sigmoid(-x)
  // - softmax_logits: y = log mean softmax(x); at least about -87 (the smallest probability of
  //   float32)
  void (*average)(AverageOf of, int64_t rows, int64_t columns, int64_t members, const float* x,
                  int64_t ldx, float* y, int64_t ldy);
  void (*average_gradient)(AverageOf of, int64_t rows, int64_t columns, int64_t members,
                           const float* x, int64_t ldx, const float* y, int64_t ldy,
                           const float* dy, int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

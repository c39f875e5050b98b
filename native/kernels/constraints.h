// What a weight has to keep to after each update: applied in place.
#pragma once

#include <cstdint>

namespace trimtab {

// w *= (rate clip(n, minimum, maximum) + (1 - rate) n) / (1e-7 + n), n being a norm. A rate of 1
// leaves the second term out, so that an infinite n does not make it nan.
struct NormParameters {
  float minimum = 0.0f, maximum = 1.0f, rate = 1.0f;
};

// Norms are sqrt(sum w^2) in double, so no finite weight is too large for them. Nan anywhere in
// what is summed makes all of it nan.
struct ConstraintKernels {
  // Each of `columns` columns of `rows` rows has a norm of its own, summed from the first row on:
  // what happens to a column does not depend on where its neighbours are cut off.
  void (*column_norms)(const NormParameters& p, int64_t rows, int64_t columns, float* weights,
                       int64_t stride);
  // n numbers in a row that have one norm.
  void (*norm)(const NormParameters& p, int64_t n, float* weights);
  // max(w, 0); nan stays nan.
  void (*non_negative)(int64_t n, float* weights);
};

}  // namespace trimtab

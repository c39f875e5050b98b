// Two values made into one, element by element.
#pragma once

#include <cstdint>

namespace trimtab {

enum class Merging : int32_t { subtract, multiply, maximum, minimum };

struct MergingKernels {
  // y = a - b, a b, max(a, b) or min(a, b). The last two are nan where one of the two is.
  void (*forward)(Merging how, int64_t rows, int64_t columns, const float* a, int64_t lda,
                  const float* b, int64_t ldb, float* y, int64_t ldy);
  // dx = the gradient by the first (of two: the second) input; it may be dy. Of a maximum or
  // minimum, equal inputs get half of dy each, and where an input is nan both get 0, as in JAX. a
  // and b may be null for subtract.
  void (*backward)(Merging how, bool second, int64_t rows, int64_t columns, const float* a,
                   int64_t lda, const float* b, int64_t ldb, const float* dy, int64_t lddy,
                   float* dx, int64_t lddx);
  // y = factor x + offset; it may be x.
  void (*scale)(float factor, float offset, int64_t rows, int64_t columns, const float* x,
                int64_t ldx, float* y, int64_t ldy);
};

}  // namespace trimtab

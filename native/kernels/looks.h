// What a block of values is like, column by column: a look at a layer while its rows are in cache.
#pragma once

#include <cstdint>

namespace trimtab {

// Where an element counts as off (at or below `off`) and as at an end of its range (at or below
// `low`, at or above `high`). A nan among the bounds is passed by nothing.
struct LookBounds {
  float off = __builtin_nanf("");
  float low = __builtin_nanf("");
  float high = __builtin_nanf("");
};

struct LookKernels {
  // Adds to sums, five rows of `columns` doubles with `lds` between them: the sum and the sum of
  // squares of y, counts of its zeros, and of the elements of x that are off and at an end. y and x
  // may be the same. A nan is in no count.
  void (*columns)(const LookBounds& bounds, int64_t rows, int64_t columns, const float* y,
                  int64_t ldy, const float* x, int64_t ldx, double* sums, int64_t lds);
  // sums[0] = sum now^2, sums[1] = sum (now - before)^2; differences in float, sums in double.
  void (*moved)(int64_t n, const float* now, const float* before, double* sums);
};

}  // namespace trimtab

// Numbers as the numbers of the bins they lie in, and those as columns of 0 and 1.
#pragma once

#include <cstdint>

namespace trimtab {

// one_hot: `depth` columns for each code, 1 in that of the code. multi_hot: `depth` columns for the
// row, 1 in those of its codes. count: how many of its codes there are.
enum class Encoding : int32_t { one_hot, multi_hot, count };

struct DiscretizationKernels {
  // y = how many of the boundaries, which rise, are at most x. Nan stays.
  void (*forward)(int64_t rows, int64_t columns, int64_t boundaries, const float* boundary,
                  const float* x, int64_t ldx, float* y, int64_t ldy);
  // Codes as columns. A code is cut off to a whole number; one outside 0 .. depth - 1, and nan,
  // makes its columns nan (with multi_hot and count those of the row).
  void (*encode)(Encoding how, int64_t rows, int64_t columns, int64_t depth, const float* x,
                 int64_t ldx, float* y, int64_t ldy);
};

}  // namespace trimtab

// Matrix products.
#pragma once

#include <cstdint>

namespace trimtab {

// The packing memory of a product of m rows and an inner dimension of k, in floats: a block of a of
// at most 264 rows (whole strips) by 256, a strip of b of at most 32 columns by 256, and a vector
// between and behind them. Enough for every level.
constexpr int64_t matmul_scratch(int64_t m, int64_t k) {
  const int64_t rows = m < 264 ? (m + 11) / 12 * 12 : 264, inner = k < 256 ? k : 256;
  return (rows + 32) * inner + 32;
}

// An element's result depends on its row of a, its column of b and the length of the sum alone: not
// on where a block begins, how large it is, or who computes its neighbours. Sums run in order
// within blocks of 256, and the blocks' sums are added in order.
struct MatmulKernels {
  // c(m, n) = a(m, k) b(k, n). Element (i, j) of a lies at a[i * a_row + j * a_column], of b
  // likewise; c is row-major. One stride of a and one of b must be 1. k == 0 gives zeros. scratch:
  // matmul_scratch(m, k) floats, for this thread alone.
  void (*product)(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_column,
                  const float* b, int64_t b_row, int64_t b_column, float* c, int64_t ldc,
                  float* scratch);
};

}  // namespace trimtab

// Matrix products.
#pragma once

#include <cstdint>

namespace trimtab {

// A product's packing memory, in floats, enough for every level.
constexpr int64_t matmul_scratch = (264 + 32) * 256 + 32;

// An element's result depends on its row of a, its column of b and the length of the sum alone: not
// on where a block begins, how large it is, or who computes its neighbours. Sums run in order within
// blocks of 256, and the blocks' sums are added in order.
struct MatmulKernels {
  // c(m, n) = a(m, k) b(k, n). Element (i, j) of a lies at a[i * a_row + j * a_column], of b likewise;
  // c is row-major. One stride of a and one of b must be 1. k == 0 gives zeros.
  // scratch: `scratch_size` floats, aligned to 64 bytes, for this thread alone.
  void (*product)(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_column,
                  const float* b, int64_t b_row, int64_t b_column, float* c, int64_t ldc, float* scratch);
  int64_t scratch_size;
};

}  // namespace trimtab

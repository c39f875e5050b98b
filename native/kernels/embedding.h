// Rows of a table by number: learned vectors of categories.
#pragma once

#include <cstdint>

namespace trimtab {

// A code is a float that names one of `size` rows: the number that is left when it is cut off
// towards zero. What names none (beyond the table, negative, nan, infinite) has no row. A table has
// at most 2^24 rows, so that float32 holds every number and the end of their range.
struct EmbeddingKernels {
  // y[i,:] = table[row of codes[i * ldc],:]; nan where there is no such row. table is
  // (size, columns), row-major and dense.
  void (*forward)(int64_t rows, int64_t columns, const float* codes, int64_t ldc,
                  const float* table, int64_t size, float* y, int64_t ldy);
  // d_table[row of codes[i * ldc],:] += dy[i,:], i in order; of the rows of the table only those
  // from `first` to `last` - 1, all others are somebody else's. dy of a code without a row goes
  // nowhere.
  void (*table_gradient)(int64_t rows, int64_t columns, const float* codes, int64_t ldc,
                         const float* dy, int64_t lddy, int64_t size, int64_t first, int64_t last,
                         float* d_table);
};

}  // namespace trimtab

// Collecting the rows of a batch.
#pragma once

#include <cstdint>

namespace trimtab {

struct GatherKernels {
  // y[i,:] = table[order[i],:], both dense in columns; order null means order[i] = i.
  // Prefetches a few rows ahead: at millions of rows every row is a cache miss.
  void (*rows)(int64_t rows, int64_t columns, const float* table, int64_t ldt, const int64_t* order,
               float* y, int64_t ldy);
};

}  // namespace trimtab

#include "kernels/gather.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {

// Measured: 0.40 / 0.40 cycles an element, from a table in the second cache.
void gather_rows(int64_t rows, int64_t columns, const float* table, int64_t ldt,
                 const int64_t* order, float* y, int64_t ldy) {
  constexpr int64_t kAhead = 8;      // rows
  constexpr int64_t kLine = 16;      // floats in a cache line
  constexpr int64_t kPrefetch = 64;  // floats; what follows, the processor fetches by itself
  int64_t prefetched = columns < kPrefetch ? columns : kPrefetch;
  auto size = static_cast<size_t>(columns) * sizeof(float);
  if (size == 0) return;
  for (int64_t i = 0; i < rows; ++i) {
    if (order && i + kAhead < rows) {
      const float* next = table + order[i + kAhead] * ldt;
      for (int64_t j = 0; j < prefetched; j += kLine) __builtin_prefetch(next + j);
    }
    __builtin_memcpy(y + i * ldy, table + (order ? order[i] : i) * ldt, size);
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

#include "kernels/peak.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {

// Two multiply-adds begin in a cycle and each takes four, so eight must be under way; twelve leave
// room for a late one, and fit where there are 16 registers.
int64_t peak_multiply_adds(int64_t rounds, float start, float* mean) {
  constexpr int kChains = 12;
  const Floats half = fill(0.5f);
  Floats v[kChains];
  for (int k = 0; k < kChains; ++k) v[k] = fill(static_cast<float>(k) * start);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int k = 0; k < kChains; ++k) v[k] = fma(v[k], half, half);
  }
  float sum = 0.0f;
  for (const Floats& chain : v)
    for (int lane = 0; lane < kLanes; ++lane) sum += chain[lane];
  *mean = sum / (kChains * kLanes);
  return rounds * (2 * kChains * kLanes);
}

}  // namespace trimtab::TRIMTAB_LEVEL

// Pinned random numbers: Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random
// numbers: as easy as 1, 2, 3"), the same bits on every engine, machine and number of threads.
#pragma once

#include <cstdint>

namespace trimtab {

struct Threefry {
  uint32_t word0, word1;
};

// Salmon et al. 2011, section 4; 20 rounds, key schedule parity 0x1BD11BDA.
Threefry threefry2x32(uint32_t key0, uint32_t key1, uint32_t counter0, uint32_t counter1);

// The key word of one stream of a seed: threefry(key = (seed low, seed high), counter = (stream,
// 0)).word0.
uint32_t mix(uint64_t seed, uint32_t stream);

// What the host draws: key = (mix(seed, stream), index of the draw), counter = (i low, i high).
// uniform[i] = (word0 >> 8) * 2^-24 in [0, 1); word1 is not used.
void uniform(uint32_t key0, uint32_t key1, int64_t n, float* out);
// Standard normal by inversion of (word0 * 2^32 + word1 + 0.5) * 2^-64 (Wichura 1988, AS 241),
// rounded once to float32; truncated to two standard deviations as Keras' he_normal has it.
void normal(uint32_t key0, uint32_t key1, int64_t n, bool truncated, float* out);
// A permutation of 0 .. n-1 (Fisher-Yates; bounded integers by Lemire's multiplication, unbiased).
void permutation(uint32_t key0, uint32_t key1, int64_t n, int64_t* out);

}  // namespace trimtab

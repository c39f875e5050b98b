// Normal noise, added or multiplied; random bits of Threefry-2x32 with 20 rounds, see random.h.
#pragma once

#include <cstdint>

namespace trimtab {

struct NoiseParameters {
  uint32_t key0 = 0, key1 = 0;  // (mix(seed, op id), step)
  float deviation = 0.0f;
  bool multiplies = false;
};

struct GaussianNoiseKernels {
  // Element (i, j) of the block is row first_row + i of the global batch and column
  // first_column + j of the layer (first_column is even). With r that row and c that column:
  // (o0, o1) = threefry2x32(key, counter = (r, c / 2)); u = ((o >> 9) + 1/2) / 2^23 of each; z =
  // sqrt(-2 log(u0)) times cos(2 pi u1) where c is even, sin(2 pi u1) where it is odd (Box & Muller
  // 1958). factor = 1 + deviation * z and y = x * factor where it multiplies; else y = x +
  // deviation * z, and factor is not written and may be null.
  void (*forward)(const NoiseParameters& p, int64_t first_row, int64_t first_column, int64_t rows,
                  int64_t columns, const float* x, int64_t ldx, float* y, int64_t ldy,
                  float* factor, int64_t ldf);
  // dx = dy * factor.
  void (*backward)(int64_t rows, int64_t columns, const float* factor, int64_t ldf, const float* dy,
                   int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

// Gated linear units. Source: Dauphin et al. 2017.
#pragma once

#include <cstdint>

namespace trimtab {

struct GluKernels {
  // y[i,j] = x[i,j] * sigmoid(x[i,units+j]) for j < units; x has 2 * units columns.
  void (*forward)(int64_t rows, int64_t units, const float* x, int64_t ldx, float* y, int64_t ldy);
  // Both halves of dx.
  void (*backward)(int64_t rows, int64_t units, const float* x, int64_t ldx, const float* dy,
                   int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

// What a core multiplies and adds at most: the mark that the products' shares are taken of.
#pragma once

#include <cstdint>

namespace trimtab {

struct PeakKernels {
  // rounds times v = v / 2 + 1 / 2 for every lane of twelve vectors that stay in registers. Vector
  // k begins at k * start; after it, a lane is 1 - (1 - k * start) / 2^rounds. mean receives the
  // mean of all lanes, so that nothing can be left out. Returns the floating-point operations, two
  // a lane and round.
  int64_t (*multiply_adds)(int64_t rounds, float start, float* mean);
};

}  // namespace trimtab

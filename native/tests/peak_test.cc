#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(peak_multiply_adds) {
  for (int rounds : {0, 1, 2, 5, 40}) {
    double expected = 0.0;  // vectors begin at 0, 0.25, ..., 2.75
    for (int vector = 0; vector < 12; ++vector) {
      float value = static_cast<float>(vector) * 0.25f;
      for (int round = 0; round < rounds; ++round) value = value * 0.5f + 0.5f;
      expected += static_cast<double>(value) / 12;
    }
    float mean = kNan;
    const int64_t operations = k.peak.multiply_adds(rounds, 0.25f, &mean);
    CHECK_NEAR(mean, expected, 200 * kRoundoff * 3);
    CHECK(rounds > 0 ? operations > 0 && operations % (24 * rounds) == 0 : operations == 0);
  }
}

}  // namespace trimtab::test

#include "kernels/levels.h"

#include "tests/check.h"

namespace trimtab::test {

TEST(levels_are_named_and_forced) {
  int count = 0;
  for (const char* const* level = available_levels(); *level; ++level, ++count) {
    CHECK(force_level(*level));
    CHECK(std::strcmp(kernels().level, *level) == 0);
  }
  CHECK(count >= 1);
  const Kernels* before = &kernels();
  CHECK(!force_level("avx3"));
  CHECK(!force_level(""));
  CHECK(&kernels() == before);
}

}  // namespace trimtab::test

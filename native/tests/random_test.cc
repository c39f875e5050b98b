#include "random.h"

#include <algorithm>

#include "tests/check.h"

namespace trimtab::test {

// Known-answer vectors of the authors' library, Random123, for "threefry2x32 20".
TEST(random_threefry_known_answers) {
  const uint32_t ones = 0xffffffff;
  struct Case {
    uint32_t counter0, counter1, key0, key1, word0, word1;
  };
  for (const Case& c :
       {Case{0, 0, 0, 0, 0x6b200159, 0x99ba4efe},
        Case{ones, ones, ones, ones, 0x1cb996fc, 0xbb002be7},
        Case{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0}}) {
    Threefry output = threefry2x32(c.key0, c.key1, c.counter0, c.counter1);
    CHECK_THAT(output.word0 == c.word0 && output.word1 == c.word1, "%08x %08x", output.word0,
               output.word1);
  }
}

TEST(random_mix) {
  CHECK(mix(0x0370734413198a2e, 0x243f6a88) ==
        threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0).word0);
  CHECK(mix(1, 2) != mix(1, 3) && mix(1, 2) != mix(2, 2) && mix(1, 2) != mix(1ull << 32 | 1, 2));
}

TEST(random_uniform_is_the_hash) {
  for (int64_t n : {0, 1, 63, 64, 65, 1000}) {
    Block out = line(n);
    uniform(7, 9, n, out.data());
    for (int64_t i = 0; i < n; ++i) {
      uint32_t word = threefry2x32(7, 9, static_cast<uint32_t>(i), 0).word0;
      CHECK(out(0, i) == static_cast<float>(word >> 8) / 16777216.0f);
    }
    CHECK(out.guards_intact());
  }
}

double cumulative(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// Every draw against its own probability: the distribution function takes it back.
TEST(random_normal_inverts_the_distribution) {
  const double below = cumulative(-2.0), within = cumulative(2.0) - below;
  for (bool truncated : {false, true}) {
    const int64_t n = 100000;
    Block out = line(n);
    normal(3, 4, n, truncated, out.data());
    for (int64_t i = 0; i < n; ++i) {
      Threefry bits = threefry2x32(3, 4, static_cast<uint32_t>(i), 0);
      double p = (bits.word0 * 0x1p32 + bits.word1 + 0.5) * 0x1p-64;
      if (truncated) p = below + p * within;
      double x = out(0, i), density = std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI);
      // Rounding x to float32 moves the probability by density * |x| * roundoff.
      CHECK_NEAR(cumulative(x), p, density * std::fabs(x) * kRoundoff * 1.01 + 4e-16);
      CHECK(std::fabs(x) <= (truncated ? 2.0 : 9.5));
    }
  }
}

TEST(random_normal_moments) {
  const int64_t n = 1000000;
  std::vector<float> out(n);
  for (bool truncated : {false, true}) {
    // Variance of the normal distribution truncated at two: 1 - 4 density(2) / within.
    const double variance = truncated ? 0.7737413035 : 1.0;
    normal(11, 12, n, truncated, out.data());
    double sum = 0, squares = 0;
    for (float x : out) {
      sum += x;
      squares += static_cast<double>(x) * x;
    }
    CHECK_NEAR(sum / n, 0.0, 5.0 * std::sqrt(variance / n));
    CHECK_NEAR(squares / n, variance, 5.0 * std::sqrt(2.0 / n));
  }
}

bool is_permutation_of_range(const std::vector<int64_t>& order) {
  std::vector<bool> seen(order.size());
  for (int64_t at : order) {
    if (at < 0 || at >= static_cast<int64_t>(order.size()) || seen[static_cast<size_t>(at)])
      return false;
    seen[static_cast<size_t>(at)] = true;
  }
  return true;
}

TEST(random_permutation_has_every_number_once) {
  for (int64_t n : {0, 1, 2, 3, 1000, 65536, 65537, 300001}) {
    std::vector<int64_t> order(static_cast<size_t>(n));
    permutation(1, 2, n, order.data());
    CHECK(is_permutation_of_range(order));
    std::vector<int64_t> again(order.size()), other(order.size());
    permutation(1, 2, n, again.data());
    permutation(1, 3, n, other.data());
    CHECK(order == again);
    if (n >= 1000) CHECK(order != other);
  }
}

// The 24 orders of four numbers: chi-square with 23 degrees of freedom; beyond 64.7 once in
// 100,000 seeds.
TEST(random_permutation_is_uniform) {
  const int draws = 48000;
  int counts[256] = {};
  for (uint32_t key = 0; key < draws; ++key) {
    int64_t order[4];
    permutation(key, 5, 4, order);
    ++counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double expected = draws / 24.0, chi_square = 0;
  int orders = 0;
  for (int count : counts) {
    if (count == 0) continue;
    ++orders;
    chi_square += (count - expected) * (count - expected) / expected;
  }
  CHECK(orders == 24);
  CHECK_THAT(chi_square <= 64.7, "chi-square %g", chi_square);
}

// Through the buckets: where the first number goes, and which number goes first, over 16 cells
// (15 degrees of freedom, beyond 50.5 once in 100,000).
TEST(random_long_permutation_is_uniform) {
  const int64_t n = 70000, draws = 800;
  std::vector<int64_t> order(n);
  double first[16] = {}, place[16] = {};
  for (uint32_t key = 0; key < draws; ++key) {
    permutation(key, 6, n, order.data());
    ++first[order[0] * 16 / n];
    ++place[(std::find(order.begin(), order.end(), 0) - order.begin()) * 16 / n];
  }
  for (const auto& counts : {first, place}) {
    double chi_square = 0, expected = draws / 16.0;
    for (int c = 0; c < 16; ++c)
      chi_square += (counts[c] - expected) * (counts[c] - expected) / expected;
    CHECK_THAT(chi_square <= 50.5, "chi-square %g", chi_square);
  }
}

// Pinned: the same bits in every version and on every machine.
TEST(random_pinned_values) {
  int64_t order[8];
  permutation(1, 2, 8, order);
  float normals[4], within[4];
  normal(1, 2, 4, false, normals);
  normal(1, 2, 4, true, within);
  std::vector<int64_t> long_order(100000);
  permutation(1, 2, 100000, long_order.data());
  uint64_t digest = 14695981039346656037u;  // FNV-1a
  for (int64_t at : long_order) digest = (digest ^ static_cast<uint64_t>(at)) * 1099511628211u;
  const int64_t expected_order[8] = {7, 5, 4, 0, 2, 6, 3, 1};
  CHECK(std::equal(order, order + 8, expected_order));
  CHECK(digest == 0x768b33908e3339f3);
  const float expected_normals[4] = {-0x1.0d3cap+0f, 0x1.2899c2p-4f, 0x1.c9f956p-3f,
                                     0x1.25d31ep-3f};
  const float expected_within[4] = {-0x1.f7d162p-1f, 0x1.1b154ap-4f, 0x1.b4cf2ep-3f,
                                    0x1.185ea6p-3f};
  for (int i = 0; i < 4; ++i) {
    CHECK(same_bits(normals[i], expected_normals[i]));
    CHECK(same_bits(within[i], expected_within[i]));
  }
}

}  // namespace trimtab::test

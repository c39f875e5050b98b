// The whole test framework: checks that count, tests that register themselves, guarded blocks.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/table.h"

namespace trimtab::test {

// Unit roundoff of float32; tolerances are small multiples of it times the size of the terms.
constexpr double kRoundoff = 0x1p-24;
constexpr float kInfinity = __builtin_huge_valf();
const float kNan = __builtin_nanf("");

// Registers a test that runs once, or once per instruction-set level.
using Run = void (*)();
using RunOnLevel = void (*)(const Kernels&);
bool add_test(const char* name, Run run);
bool add_test(const char* name, RunOnLevel run);

#define TEST(name)                                              \
  static void name();                                           \
  static const bool name##_added = add_test(#name, Run{&name}); \
  static void name()
#define KERNEL_TEST(name)                                              \
  static void name(const Kernels&);                                    \
  static const bool name##_added = add_test(#name, RunOnLevel{&name}); \
  static void name([[maybe_unused]] const Kernels& k)

// Counts; prints the place and the text of a failure.
bool report(bool ok, const char* file, int line, const std::string& text);
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

#define CHECK(condition) report((condition), __FILE__, __LINE__, #condition)
#define CHECK_THAT(condition, ...) \
  report((condition), __FILE__, __LINE__, (condition) ? std::string() : format(__VA_ARGS__))

// Nan agrees with nan, infinity with the same infinity, and numbers within the tolerance. Accepts,
// never rejects: whatever does not compare has failed.
inline bool near(double actual, double expected, double tolerance) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (std::isinf(expected)) return actual == expected;
  return std::fabs(actual - expected) <= tolerance;
}
#define CHECK_NEAR(actual, expected, tolerance)                                               \
  CHECK_THAT(near((actual), (expected), (tolerance)), "%s = %.9g, expected %.9g within %.3g", \
             #actual, static_cast<double>(actual), static_cast<double>(expected),             \
             static_cast<double>(tolerance))

inline bool same_bits(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// How far the sum of n terms, made of sums of 128, may be off, for sum(|terms|) = size.
inline double sum_tolerance(int64_t n, double size) {
  return static_cast<double>((n < 128 ? n : 128) + n / 128 + 8) * kRoundoff * size + 1e-40;
}

// A generator for test data: reproducible, and nothing more.
class Data {
 public:
  explicit Data(uint32_t seed = 1) : engine_(seed) {}
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(engine_() >> 8) * 0x1p-24f;
  }
  float normal() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(engine_()) * 0x1p-32;
    return static_cast<float>(sum);
  }

 private:
  std::mt19937 engine_;
};

// rows x columns floats (or bytes) with `gap` more between rows and one before the first, all of
// them guards. Under the address sanitizer the allocation ends with the last element, elsewhere
// there are guards behind it too.
template <class Item>
class Guarded {
 public:
  Guarded(int64_t rows, int64_t columns, int64_t gap = 3)
      : rows_(rows), columns_(columns), stride_(columns + gap) {
    int64_t size = kBefore + (rows > 0 ? (rows - 1) * stride_ + columns : 0) + kAfter;
    items_ = std::vector<Item>(static_cast<size_t>(size));
    std::memset(items_.data(), kGuard, items_.size() * sizeof(Item));
  }
  Item* data() { return items_.data() + kBefore; }
  const Item* data() const { return items_.data() + kBefore; }
  int64_t stride() const { return stride_; }
  Item& operator()(int64_t i, int64_t j = 0) { return data()[i * stride_ + j]; }
  const Item& operator()(int64_t i, int64_t j = 0) const { return data()[i * stride_ + j]; }

  template <class Make>
  Guarded& fill(Make make) {
    for (int64_t i = 0; i < rows_; ++i)
      for (int64_t j = 0; j < columns_; ++j) (*this)(i, j) = make();
    return *this;
  }
  bool guards_intact() const {
    for (int64_t at = 0; at < static_cast<int64_t>(items_.size()); ++at) {
      int64_t offset = at - kBefore;
      bool inside = offset >= 0 && columns_ > 0 && rows_ > 0 && offset / stride_ < rows_ &&
                    offset % stride_ < columns_;
      if (inside) continue;
      Item guard;
      std::memset(&guard, kGuard, sizeof guard);
      if (std::memcmp(&items_[static_cast<size_t>(at)], &guard, sizeof guard) != 0) return false;
    }
    return true;
  }
  // Whether every element has the same bits.
  bool equals(const Guarded& other) const {
    for (int64_t i = 0; i < rows_; ++i)
      for (int64_t j = 0; j < columns_; ++j)
        if (std::memcmp(&(*this)(i, j), &other(i, j), sizeof(Item)) != 0) return false;
    return true;
  }

 private:
  static constexpr int kGuard = 0xa5;
  static constexpr int64_t kBefore = 1;
#if defined(__SANITIZE_ADDRESS__)
  static constexpr int64_t kAfter = 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr int64_t kAfter = 0;
#else
  static constexpr int64_t kAfter = 16;
#endif
#else
  static constexpr int64_t kAfter = 16;
#endif
  int64_t rows_, columns_, stride_;
  std::vector<Item> items_;
};

using Block = Guarded<float>;
using Mask = Guarded<uint8_t>;
// One value a column, or a flat run of parameters.
inline Block line(int64_t columns) { return Block(1, columns); }

// Widths around every vector width (4, 8, 16) and every strip of vectors, one row block and more.
inline const std::vector<int64_t>& widths() {
  static const std::vector<int64_t> all = [] {
    std::vector<int64_t> sizes;
    for (int64_t n = 0; n <= 33; ++n) sizes.push_back(n);
    for (int64_t n : {40, 63, 64, 65, 79, 128, 131}) sizes.push_back(n);
    return sizes;
  }();
  return all;
}
inline const std::vector<int64_t>& heights() {
  static const std::vector<int64_t> all = {0, 1, 2, 3, 4, 5, 7, 130, 300};
  return all;
}

// Calls f(start, width) for slices that together make 0 .. columns - 1, cut at multiples of 16 as
// the engine cuts them.
template <class Function>
void in_slices(int64_t columns, Function f) {
  for (int64_t start = 0, step = 16; start < columns; start += step, step = 48 - step)
    f(start, columns - start < step ? columns - start : step);
}

}  // namespace trimtab::test

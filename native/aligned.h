// Memory of numbers that begins on a cache line.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace trimtab {

// Floats a cache line holds. A vector that crosses two lines costs twice.
constexpr int64_t line_floats = 16;

constexpr int64_t whole_lines(int64_t count) {
  return (count + line_floats - 1) / line_floats * line_floats;
}

// A fixed number of floats, 0 at first.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(int64_t count) : count_(count) {
    if (count == 0) return;
    const auto bytes = sizeof(float) * static_cast<size_t>(whole_lines(count));
    auto* memory = static_cast<float*>(std::aligned_alloc(64, bytes));
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory, 0, bytes);
    memory_.reset(memory);
  }

  float* data() { return memory_.get(); }
  const float* data() const { return memory_.get(); }
  int64_t size() const { return count_; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> memory_;
  int64_t count_ = 0;
};

}  // namespace trimtab

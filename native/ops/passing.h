// Which columns pass through an embedding of numbers, and how.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace trimtab {

// The embedded columns lie anywhere among the others. What passes through lies in front of the
// vectors: with `linear` all columns, a nan in an embedded one as 0; else all but the embedded
// ones.
class Passing {
 public:
  Passing() = default;
  Passing(std::vector<int64_t> embedded, bool linear)
      : embedded_(std::move(embedded)), linear_(linear) {}

  int64_t embedded() const { return static_cast<int64_t>(embedded_.size()); }
  int64_t column(int64_t c) const { return embedded_[static_cast<size_t>(c)]; }
  int64_t count(int64_t width) const { return linear_ ? width : width - embedded(); }

  // y[i, 0 .. count) from x, both dense.
  void forward(int64_t rows, const float* x, int64_t n, float* y, int64_t m) const {
    for (int64_t i = 0; i < rows; ++i) {
      const float* from = x + i * n;
      float* to = y + i * m;
      if (!linear_) {
        each(n, [&](int64_t place, int64_t column) { to[place] = from[column]; });
        continue;
      }
      std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
      for (int64_t column : embedded_) {
        if (std::isnan(to[column])) to[column] = 0.0f;
      }
    }
  }

  // dx, all of it, from the columns of dy that passed. An embedded column that did not pass gets
  // 0, and so does a nan that passed as 0.
  void backward(int64_t rows, const float* x, const float* dy, int64_t m, float* dx,
                int64_t n) const {
    for (int64_t i = 0; i < rows; ++i) {
      const float *cells = x + i * n, *from = dy + i * m;
      float* to = dx + i * n;
      if (!linear_) {
        std::memset(to, 0, static_cast<size_t>(n) * sizeof(float));
        each(n, [&](int64_t place, int64_t column) { to[column] = from[place]; });
        continue;
      }
      std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
      for (int64_t column : embedded_) {
        if (std::isnan(cells[column])) to[column] = 0.0f;
      }
    }
  }

 private:
  // f(place, column) of the columns that are not embedded.
  template <class F>
  void each(int64_t width, F f) const {
    auto next = embedded_.begin();
    int64_t place = 0;
    for (int64_t column = 0; column < width; ++column) {
      if (next != embedded_.end() && *next == column) {
        ++next;
      } else {
        f(place++, column);
      }
    }
  }

  std::vector<int64_t> embedded_;
  bool linear_ = true;
};

}  // namespace trimtab

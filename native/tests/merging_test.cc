#include <algorithm>
#include <cmath>

#include "check.h"

namespace trimtab::test {
namespace {

float merged(Merging how, float a, float b) {
  switch (how) {
    case Merging::subtract:
      return a - b;
    case Merging::multiply:
      return a * b;
    case Merging::maximum:
      return std::max(a, b);
    default:
      return std::min(a, b);
  }
}

// The derivative by a.
float slope(Merging how, float a, float b) {
  switch (how) {
    case Merging::subtract:
      return 1.0f;
    case Merging::multiply:
      return b;
    case Merging::maximum:
      return a > b ? 1.0f : a == b ? 0.5f : 0.0f;
    default:
      return a < b ? 1.0f : a == b ? 0.5f : 0.0f;
  }
}

}  // namespace

constexpr Merging kAll[] = {Merging::subtract, Merging::multiply, Merging::maximum,
                            Merging::minimum};

KERNEL_TEST(merging_of_two) {
  Data data;
  for (Merging how : kAll) {
    for (int64_t columns : widths()) {
      const int64_t rows = 3;
      Block a(rows, columns), b(rows, columns, 0), y(rows, columns, 1), dy(rows, columns);
      Block da(rows, columns, 2), db(rows, columns);
      for (Block* block : {&a, &b, &dy}) block->fill([&] { return data.normal(); });
      for (int64_t i = 0; i < rows && columns > 0; ++i) b(i, 0) = a(i, 0);  // ties
      const auto& m = k.merging;
      m.forward(how, rows, columns, a.data(), a.stride(), b.data(), b.stride(), y.data(),
                y.stride());
      m.backward(how, false, rows, columns, a.data(), a.stride(), b.data(), b.stride(), dy.data(),
                 dy.stride(), da.data(), da.stride());
      m.backward(how, true, rows, columns, a.data(), a.stride(), b.data(), b.stride(), dy.data(),
                 dy.stride(), db.data(), db.stride());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          CHECK(y(i, j) == merged(how, a(i, j), b(i, j)));
          CHECK(da(i, j) == dy(i, j) * slope(how, a(i, j), b(i, j)));
          const float other = how == Merging::subtract ? -1.0f : slope(how, b(i, j), a(i, j));
          CHECK(db(i, j) == dy(i, j) * other);
        }
      }
      m.backward(how, true, rows, columns, a.data(), a.stride(), b.data(), b.stride(), dy.data(),
                 dy.stride(), dy.data(), dy.stride());
      CHECK(dy.equals(db) && y.guards_intact() && da.guards_intact() && dy.guards_intact());
    }
  }
}

KERNEL_TEST(merging_keeps_nan) {
  for (Merging how : kAll) {
    for (bool second : {false, true}) {
      float a = second ? 1.0f : kNan, b = second ? kNan : 1.0f, y = 0.0f;
      k.merging.forward(how, 1, 1, &a, 1, &b, 1, &y, 1);
      CHECK(std::isnan(y));
    }
  }
}

KERNEL_TEST(merging_scale) {
  Data data;
  for (int64_t columns : widths()) {
    const int64_t rows = 3;
    Block x(rows, columns), y(rows, columns, 1);
    x.fill([&] { return data.normal(); });
    k.merging.scale(-0.5f, 0.0f, rows, columns, x.data(), x.stride(), y.data(), y.stride());
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) CHECK(y(i, j) == -0.5f * x(i, j));
    CHECK(y.guards_intact());
  }
}

}  // namespace trimtab::test

#include <cmath>
#include <limits>

#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(looks_columns) {
  Data data;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      Block y(rows, columns), x(rows, columns, 3);
      // Zeros and a nan among them; x lies on some of the bounds.
      y.fill([&] { return data.uniform(0, 1) < 0.3f ? 0.0f : data.normal(); });
      x.fill([&] { return std::round(2 * data.normal()) / 2; });
      if (rows > 2 && columns > 0) x(2, 0) = y(2, 0) = nan;
      for (bool bounded : {false, true}) {
        LookBounds bounds;
        if (bounded) bounds = {-1.0f, -1.5f, 1.5f};
        std::vector<double> found(static_cast<size_t>(5 * columns), 1.0);
        // In two calls: sums go on.
        const int64_t first = rows / 2;
        k.looks.columns(bounds, first, columns, y.data(), y.stride(), x.data(), x.stride(),
                        found.data(), columns);
        k.looks.columns(bounds, rows - first, columns, y.data() + first * y.stride(), y.stride(),
                        x.data() + first * x.stride(), x.stride(), found.data(), columns);
        for (int64_t j = 0; j < columns; ++j) {
          double sum = 1, squares = 1, size = 1, zeros = 1, off = 1, ends = 1;
          for (int64_t i = 0; i < rows; ++i) {
            const double value = y(i, j);
            sum += value;
            squares += value * value;
            size += std::fabs(value);
            zeros += value == 0;
            if (!bounded) continue;
            off += x(i, j) <= -1.0f;
            ends += x(i, j) <= -1.5f || x(i, j) >= 1.5f;
          }
          auto at = [&](int64_t row) { return found[static_cast<size_t>(row * columns + j)]; };
          if (std::isnan(sum)) {
            CHECK(std::isnan(at(0)) && std::isnan(at(1)));
          } else {
            CHECK_NEAR(at(0), sum, 1e-14 * size);
            CHECK_NEAR(at(1), squares, 1e-14 * squares);
          }
          CHECK(at(2) == zeros && at(3) == off && at(4) == ends);
        }
      }
    }
  }
}

KERNEL_TEST(looks_moved) {
  Data data;
  for (int64_t n : widths()) {
    Block now(1, n), before(1, n);
    now.fill([&] { return data.normal(); });
    before.fill([&] { return data.normal(); });
    double squares = 0, moved = 0, found[2] = {-1, -1};
    for (int64_t j = 0; j < n; ++j) {
      const float difference = now(0, j) - before(0, j);
      squares += static_cast<double>(now(0, j)) * now(0, j);
      moved += static_cast<double>(difference) * difference;
    }
    k.looks.moved(n, now.data(), before.data(), found);
    CHECK_NEAR(found[0], squares, 1e-13 * (squares + 1));
    CHECK_NEAR(found[1], moved, 1e-13 * (moved + 1));
  }
}

}  // namespace trimtab::test

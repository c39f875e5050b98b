#include "kernels/rescaling.h"

#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(rescaling_forward_and_backward) {
  Data data;
  const int64_t rows = 3;
  for (int64_t columns : {0, 1, 5, 16, 33, 255, 256, 257, 600}) {
    Block x(rows, columns), y(rows, columns, 0), dx(rows, columns, 1);
    Block scale = line(columns), offset = line(columns), variance = line(columns);
    x.fill([&] { return data.normal(); });
    scale.fill([&] { return data.normal(); });
    offset.fill([&] { return data.normal(); });
    variance.fill([&] { return data.uniform(0.1f, 4.0f); });
    if (columns > 1) variance(0, 1) = 0.0f;
    k.rescaling.forward(rows, columns, x.data(), x.stride(), scale.data(), offset.data(), y.data(),
                        y.stride());
    k.rescaling.backward(rows, columns, scale.data(), x.data(), x.stride(), dx.data(), dx.stride());
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        CHECK(y(i, j) == x(i, j) * scale(0, j) + offset(0, j));
        CHECK(dx(i, j) == x(i, j) * scale(0, j));
      }
    }
    for (bool invert : {false, true}) {
      k.rescaling.normalize(invert, rows, columns, x.data(), x.stride(), offset.data(),
                            variance.data(), y.data(), y.stride());
      k.rescaling.normalize_backward(invert, rows, columns, variance.data(), x.data(), x.stride(),
                                     dx.data(), dx.stride());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          const double d = std::fmax(std::sqrt(double{variance(0, j)}), 1e-7), m = offset(0, j);
          const double v = invert ? x(i, j) * d + m : (x(i, j) - m) / d;
          const double slope = invert ? x(i, j) * d : x(i, j) / d;
          CHECK_NEAR(y(i, j), v, 4 * kRoundoff * (std::fabs(v) + std::fabs(m)));
          CHECK_NEAR(dx(i, j), slope, 4 * kRoundoff * std::fabs(slope));
        }
      }
    }
    CHECK(y.guards_intact() && dx.guards_intact());
  }
}

}  // namespace trimtab::test

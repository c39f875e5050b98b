#include "kernels/prelu.h"

#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(prelu_forward_and_backward) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      Block x(rows, columns), y(rows, columns, 0), dy(rows, columns, 1), dx(rows, columns, 2);
      Block alpha = line(columns), sums = line(columns);
      x.fill([&] { return data.normal(); });
      dy.fill([&] { return data.normal(); });
      alpha.fill([&] { return data.normal(); });
      sums.fill([] { return 1.0f; });
      if (rows > 0 && columns > 0) x(0, 0) = 0.0f;
      k.prelu.forward(rows, columns, x.data(), x.stride(), alpha.data(), y.data(), y.stride());
      k.prelu.input_gradient(rows, columns, x.data(), x.stride(), alpha.data(), dy.data(),
                             dy.stride(), dx.data(), dx.stride());
      k.prelu.alpha_gradient(rows, columns, x.data(), x.stride(), dy.data(), dy.stride(), true,
                             sums.data());
      for (int64_t j = 0; j < columns; ++j) {
        double sum = 1.0, size = 1.0;
        for (int64_t i = 0; i < rows; ++i) {
          const double v = x(i, j), d = dy(i, j), a = alpha(0, j);
          CHECK_NEAR(y(i, j), v > 0 ? v : a * v, kRoundoff * std::fabs(a * v));
          CHECK_NEAR(dx(i, j), v > 0 ? d : v < 0 ? a * d : 0.0, kRoundoff * std::fabs(a * d));
          if (v < 0) sum += d * v, size += std::fabs(d * v);
        }
        CHECK_NEAR(sums(0, j), sum, sum_tolerance(rows, size));
      }
      CHECK(y.guards_intact() && dx.guards_intact() && sums.guards_intact());
    }
  }
}

}  // namespace trimtab::test

#include "kernels/increasing.h"

#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(increasing_forward_and_backward) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t group : {int64_t{1}, int64_t{3}, columns}) {
      const int64_t rows = 3;
      Block x(rows, columns), y(rows, columns, 0), dy(rows, columns, 1), dx(rows, columns);
      x.fill([&] { return 3.0f * data.normal(); });
      dy.fill([&] { return data.normal(); });
      k.increasing.forward(rows, columns, group, x.data(), x.stride(), y.data(), y.stride());
      k.increasing.backward(rows, columns, group, x.data(), x.stride(), dy.data(), dy.stride(),
                            dx.data(), dx.stride());
      for (int64_t i = 0; i < rows; ++i) {
        double before = 0, size = 0;
        for (int64_t j = 0; j < columns; ++j) {
          const double own = x(i, j);
          const bool first = j % group == 0;
          before = first ? own : before + std::log1p(std::exp(own));
          size = first ? std::fabs(own) : size + std::fabs(before);
          CHECK_NEAR(y(i, j), before, (8 * std::fabs(before) + size) * kRoundoff + 1e-30);
          double behind = 0, terms = 0;
          for (int64_t l = j; l < columns && (l == j || l % group != 0); ++l) {
            behind += dy(i, l);
            terms += std::fabs(static_cast<double>(dy(i, l)));
          }
          const double slope = first ? 1.0 : 1 / (1 + std::exp(-own));
          CHECK_NEAR(dx(i, j), behind * slope,
                     (8.0 + static_cast<double>(columns)) * terms * kRoundoff + 1e-30);
        }
      }
      CHECK(y.guards_intact() && dx.guards_intact());
      Block in_place = x;
      k.increasing.forward(rows, columns, group, in_place.data(), in_place.stride(),
                           in_place.data(), in_place.stride());
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) CHECK(same_bits(in_place(i, j), y(i, j)));
      k.increasing.backward(rows, columns, group, x.data(), x.stride(), dy.data(), dy.stride(),
                            dy.data(), dy.stride());
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) CHECK(same_bits(dy(i, j), dx(i, j)));
      CHECK(in_place.guards_intact() && dy.guards_intact());
    }
  }
}

}  // namespace trimtab::test

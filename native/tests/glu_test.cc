#include "kernels/glu.h"

#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(glu_forward_and_backward) {
  Data data;
  const int64_t rows = 3;
  for (int64_t units : widths()) {
    Block x(rows, 2 * units), y(rows, units, 0), dy(rows, units, 1), dx(rows, 2 * units, 2);
    x.fill([&] { return 3.0f * data.normal(); });
    dy.fill([&] { return data.normal(); });
    k.glu.forward(rows, units, x.data(), x.stride(), y.data(), y.stride());
    k.glu.backward(rows, units, x.data(), x.stride(), dy.data(), dy.stride(), dx.data(),
                   dx.stride());
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < units; ++j) {
        const double a = x(i, j), gate = 1.0 / (1.0 + std::exp(-double{x(i, units + j)}));
        const double size = std::fabs(a) + std::fabs(dy(i, j)) * (1.0 + std::fabs(a));
        CHECK_NEAR(y(i, j), a * gate, 6 * kRoundoff * size);
        CHECK_NEAR(dx(i, j), dy(i, j) * gate, 6 * kRoundoff * size);
        CHECK_NEAR(dx(i, units + j), dy(i, j) * a * gate * (1.0 - gate), 8 * kRoundoff * size);
      }
    }
    CHECK(y.guards_intact() && dx.guards_intact());
  }
}

}  // namespace trimtab::test

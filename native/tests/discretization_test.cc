#include "kernels/discretization.h"

#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(discretization_forward) {
  const float edges[] = {-1.0f, 0.0f, 1.5f};
  const float cells[] = {-2, -1, -0.5f, 0, 1, 1.5f, 9, kInfinity, -kInfinity, kNan};
  const float bins[] = {0, 1, 1, 2, 2, 3, 3, 3, 0, kNan};
  for (int64_t columns : widths()) {
    Block x(2, columns), y(2, columns, 0);
    for (int64_t i = 0; i < 2; ++i)
      for (int64_t j = 0; j < columns; ++j) x(i, j) = cells[(i + j) % 10];
    k.discretization.forward(2, columns, 3, edges, x.data(), x.stride(), y.data(), y.stride());
    for (int64_t i = 0; i < 2; ++i)
      for (int64_t j = 0; j < columns; ++j) CHECK_NEAR(y(i, j), bins[(i + j) % 10], 0);
    CHECK(y.guards_intact());
  }
}

KERNEL_TEST(discretization_encode) {
  for (int64_t depth : {1, 4, 16, 19}) {
    for (int64_t columns : {1, 3, 8}) {
      for (Encoding how : {Encoding::one_hot, Encoding::multi_hot, Encoding::count}) {
        const bool apart = how == Encoding::one_hot;
        const int64_t rows = 4, width = apart ? columns * depth : depth;
        Block x(rows, columns), y(rows, width, 0);
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t j = 0; j < columns; ++j)
            x(i, j) = static_cast<float>((i + j / 2) % depth) + 0.25f;
        x(3, 0) = static_cast<float>(depth);
        k.discretization.encode(how, rows, columns, depth, x.data(), x.stride(), y.data(),
                                y.stride());
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t c = 0; c < width; ++c) {
            double count = 0;
            for (int64_t j = 0; j < columns; ++j) {
              if (apart && c / depth != j) continue;
              if (i == 3 && j == 0) count = NAN;
              count += (i + j / 2) % depth == c % depth && !(i == 3 && j == 0) ? 1 : 0;
            }
            if (how == Encoding::multi_hot && count > 1) count = 1;
            CHECK_NEAR(y(i, c), count, 0);
          }
        }
        CHECK(y.guards_intact());
        for (float odd : {kNan, kInfinity, -1.0f}) {
          k.discretization.encode(how, 1, 1, depth, &odd, 1, y.data(), depth);
          CHECK(std::isnan(y(0, 0)));
        }
      }
    }
  }
}

}  // namespace trimtab::test

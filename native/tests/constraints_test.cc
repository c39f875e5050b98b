#include "kernels/constraints.h"

#include "tests/check.h"

namespace trimtab::test {
namespace {

std::vector<NormParameters> settings() {
  return {{0.0f, 2.0f, 1.0f}, {1.0f, 1.0f, 1.0f}, {0.5f, 1.5f, 0.3f}};
}

double factor(const NormParameters& p, double norm) {
  double wanted = std::fmin(std::fmax(norm, p.minimum), p.maximum);
  return (p.rate * wanted + (1.0 - p.rate) * norm) / (1e-7 + norm);
}

}  // namespace

KERNEL_TEST(constraints_column_norms) {
  Data data;
  for (const NormParameters& p : settings()) {
    for (int64_t rows : heights()) {
      for (int64_t columns : widths()) {
        Block weights(rows, columns);
        weights.fill([&] { return data.normal(); });
        Block before = weights, cut = weights;
        k.constraints.column_norms(p, rows, columns, weights.data(), weights.stride());
        for (int64_t j = 0; j < columns; ++j) {
          double squares = 0.0;
          for (int64_t i = 0; i < rows; ++i) squares += std::pow(before(i, j), 2);
          for (int64_t i = 0; i < rows; ++i) {
            double expected = before(i, j) * factor(p, std::sqrt(squares));
            CHECK_NEAR(weights(i, j), expected, 3 * kRoundoff * std::fabs(expected));
          }
        }
        in_slices(columns, [&](int64_t at, int64_t width) {
          k.constraints.column_norms(p, rows, width, cut.data() + at, cut.stride());
        });
        CHECK(cut.equals(weights) && weights.guards_intact());
      }
    }
  }
}

KERNEL_TEST(constraints_norm) {
  Data data;
  for (const NormParameters& p : settings()) {
    for (int64_t n : widths()) {
      Block weights = line(n);
      weights.fill([&] { return data.normal(); });
      Block before = weights;
      k.constraints.norm(p, n, weights.data());
      double squares = 0.0;
      for (int64_t j = 0; j < n; ++j) squares += std::pow(before(0, j), 2);
      for (int64_t j = 0; j < n; ++j) {
        double expected = before(0, j) * factor(p, std::sqrt(squares));
        CHECK_NEAR(weights(0, j), expected, 3 * kRoundoff * std::fabs(expected));
      }
      CHECK(weights.guards_intact());
    }
  }
}

KERNEL_TEST(constraints_non_negative) {
  Data data;
  for (int64_t n : widths()) {
    Block weights = line(n);
    weights.fill([&] { return data.normal(); });
    Block before = weights;
    k.constraints.non_negative(n, weights.data());
    for (int64_t j = 0; j < n; ++j) CHECK(weights(0, j) == std::fmax(before(0, j), 0.0f));
    CHECK(weights.guards_intact());
  }
}

KERNEL_TEST(constraints_nan_and_infinity) {
  const NormParameters p{0.0f, 2.0f, 1.0f};
  float w[3] = {kNan, -kInfinity, kInfinity};
  k.constraints.non_negative(3, w);
  CHECK(std::isnan(w[0]) && w[1] == 0.0f && w[2] == kInfinity);
  float columns[2][3] = {{kNan, kInfinity, 3e30f}, {1.0f, 1.0f, 4e30f}};
  k.constraints.column_norms(p, 2, 3, columns[0], 3);
  CHECK(std::isnan(columns[0][0]) && std::isnan(columns[1][0]));
  CHECK(std::isnan(columns[0][1]) && columns[1][1] == 0.0f);
  CHECK_NEAR(columns[0][2], 1.2, 1e-6);  // squares beyond float32
  CHECK_NEAR(columns[1][2], 1.6, 1e-6);
  float zeros[2] = {0.0f, 0.0f};
  k.constraints.norm({1.0f, 1.0f, 1.0f}, 2, zeros);
  CHECK(zeros[0] == 0.0f && zeros[1] == 0.0f);
}

}  // namespace trimtab::test

#include "kernels/layer_normalization.h"

#include "tests/check.h"

namespace trimtab::test {
namespace {

double size_of_row(RowScale by, double epsilon, const std::vector<double>& centered) {
  double squares = 0;
  for (double v : centered) squares += v * v;
  if (by == RowScale::length) return std::fmax(std::sqrt(squares), epsilon);
  return std::sqrt(squares / static_cast<double>(centered.size()) + epsilon);
}

}  // namespace

KERNEL_TEST(layer_normalization_forward_and_backward) {
  Data data;
  const int64_t rows = 5;
  for (int64_t columns : widths()) {
    if (columns == 0) continue;
    for (RowScale by : {RowScale::deviation, RowScale::root_mean_square, RowScale::length}) {
      const float epsilon = by == RowScale::length ? 1e-12f : 1e-3f;
      const auto n = static_cast<double>(columns);
      Block x(rows, columns), y(rows, columns, 0), dy(rows, columns, 1), dx(rows, columns, 2);
      Block gamma = line(columns), beta = line(columns), mean = line(rows), inverse = line(rows);
      Block d_gamma = line(columns), d_beta = line(columns);
      x.fill([&] { return data.normal(); });
      dy.fill([&] { return data.normal(); });
      gamma.fill([&] { return 1.0f + 0.3f * data.normal(); });
      beta.fill([&] { return data.normal(); });
      const auto& run = k.layer_normalization;
      run.forward(by, epsilon, rows, columns, x.data(), x.stride(), gamma.data(), beta.data(),
                  mean.data(), inverse.data(), y.data(), y.stride());
      run.input_gradient(by, rows, columns, x.data(), x.stride(), gamma.data(), mean.data(),
                         inverse.data(), dy.data(), dy.stride(), dx.data(), dx.stride());
      run.parameter_gradients(rows, columns, x.data(), x.stride(), mean.data(), inverse.data(),
                              dy.data(), dy.stride(), false, d_gamma.data(), d_beta.data());
      std::vector<double> sum_gamma(static_cast<size_t>(columns)), sum_beta(sum_gamma);
      for (int64_t i = 0; i < rows; ++i) {
        std::vector<double> normal(static_cast<size_t>(columns)), slope(normal);
        double middle = 0, largest = 1;
        for (int64_t j = 0; j < columns; ++j) middle += x(i, j) / n;
        if (by != RowScale::deviation) middle = 0;
        for (size_t j = 0; j < normal.size(); ++j) {
          normal[j] = x(i, static_cast<int64_t>(j)) - middle;
          slope[j] = double{dy(i, static_cast<int64_t>(j))} * gamma(0, static_cast<int64_t>(j));
          largest = std::fmax(largest, std::fabs(x(i, static_cast<int64_t>(j))));
        }
        const double size = size_of_row(by, epsilon, normal);
        double common = 0, share = 0, total = 0;
        for (size_t j = 0; j < normal.size(); ++j) {
          normal[j] /= size;
          common += by == RowScale::deviation ? slope[j] / n : 0.0;
          share += slope[j] * normal[j] / (by == RowScale::length ? 1.0 : n);
          total += std::fabs(slope[j]) * (1 + std::fabs(normal[j]));
        }
        const double slack = (40 + n) * kRoundoff * largest / size;
        for (size_t c = 0; c < normal.size(); ++c) {
          const auto j = static_cast<int64_t>(c);
          CHECK_NEAR(y(i, j), normal[c] * gamma(0, j) + beta(0, j),
                     slack * (std::fabs(gamma(0, j)) + std::fabs(beta(0, j)) * size));
          CHECK_NEAR(dx(i, j), (slope[c] - common - normal[c] * share) / size,
                     (40 + n) * kRoundoff * (1 + total) * largest / size / size);
          sum_gamma[c] += dy(i, j) * normal[c];
          sum_beta[c] += dy(i, j);
        }
      }
      for (int64_t j = 0; j < columns; ++j) {
        CHECK_NEAR(d_beta(0, j), sum_beta[static_cast<size_t>(j)], 40 * kRoundoff * 5);
        CHECK_NEAR(d_gamma(0, j), sum_gamma[static_cast<size_t>(j)], 2e-3);
      }
      CHECK(y.guards_intact() && dx.guards_intact() && d_gamma.guards_intact() &&
            d_beta.guards_intact() && mean.guards_intact() && inverse.guards_intact());
      // In place, and the same bits.
      run.input_gradient(by, rows, columns, x.data(), x.stride(), gamma.data(), mean.data(),
                         inverse.data(), dy.data(), dy.stride(), dy.data(), dy.stride());
      run.forward(by, epsilon, rows, columns, x.data(), x.stride(), gamma.data(), beta.data(),
                  mean.data(), inverse.data(), x.data(), x.stride());
      CHECK(dy.equals(dx) && x.equals(y));
    }
  }
}

KERNEL_TEST(layer_normalization_of_zeros) {
  for (int64_t columns : {1, 5, 16, 33}) {
    Block x = line(columns), y = line(columns), dy = line(columns), dx = line(columns);
    float mean, inverse;
    x.fill([] { return 0.0f; });
    dy.fill([] { return 1.0f; });
    k.layer_normalization.forward(RowScale::length, 1e-12f, 1, columns, x.data(), columns, nullptr,
                                  nullptr, &mean, &inverse, y.data(), columns);
    k.layer_normalization.input_gradient(RowScale::length, 1, columns, x.data(), columns, nullptr,
                                         &mean, &inverse, dy.data(), columns, dx.data(), columns);
    for (int64_t j = 0; j < columns; ++j) CHECK(y(0, j) == 0.0f && dx(0, j) == 0.0f);
  }
}

}  // namespace trimtab::test

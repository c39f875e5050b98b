#include "kernels/gaussian_noise.h"

#include "random.h"
#include "tests/check.h"

namespace trimtab::test {
namespace {

double expected(const NoiseParameters& p, int64_t row, int64_t column) {
  const Threefry bits =
      threefry2x32(p.key0, p.key1, static_cast<uint32_t>(row), static_cast<uint32_t>(column) / 2);
  const double u0 = ((bits.word0 >> 9) + 0.5) * 0x1p-23, u1 = ((bits.word1 >> 9) + 0.5) * 0x1p-23;
  const double turn = 2 * M_PI * u1;
  return std::sqrt(-2 * std::log(u0)) * (column % 2 == 0 ? std::cos(turn) : std::sin(turn));
}

void check_block(const Kernels& k, const NoiseParameters& p, int64_t first_row,
                 int64_t first_column, int64_t rows, int64_t columns) {
  Data data;
  Block x(rows, columns), y(rows, columns, 1), factor(rows, columns, 2);
  Block dy(rows, columns), dx(rows, columns, 0);
  x.fill([&] { return data.normal(); });
  dy.fill([&] { return data.normal(); });
  k.gaussian_noise.forward(p, first_row, first_column, rows, columns, x.data(), x.stride(),
                           y.data(), y.stride(), p.multiplies ? factor.data() : nullptr,
                           factor.stride());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const double v = x(i, j), z = p.deviation * expected(p, first_row + i, first_column + j);
      const double slack = 16 * kRoundoff * (1 + std::fabs(v)) * (1 + std::fabs(z));
      CHECK_NEAR(y(i, j), p.multiplies ? v * (1 + z) : v + z, slack);
    }
  }
  CHECK(y.guards_intact() && factor.guards_intact());
  if (!p.multiplies) return;
  k.gaussian_noise.backward(rows, columns, factor.data(), factor.stride(), dy.data(), dy.stride(),
                            dx.data(), dx.stride());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) CHECK(dx(i, j) == dy(i, j) * factor(i, j));
  CHECK(dx.guards_intact());
}

}  // namespace

KERNEL_TEST(gaussian_noise_against_the_scalar_definition) {
  for (bool multiplies : {false, true}) {
    const NoiseParameters p{0x12345678, 42, 0.5f, multiplies};
    for (int64_t columns : widths())
      for (int64_t rows : {0, 1, 3, 7}) check_block(k, p, 5, 16, rows, columns);
    // Wider than one tile of the kernel, and many rows.
    check_block(k, p, 0, 0, 2, 1024 + 33);
    check_block(k, p, 0, 0, 1050, 3);
  }
}

KERNEL_TEST(gaussian_noise_slices) {
  const int64_t rows = 40, columns = 131;
  const NoiseParameters p{7, 8, 0.25f, false};
  Block x(rows, columns), whole(rows, columns), parts(rows, columns);
  x.fill([] { return 1.0f; });
  auto run = [&](Block& y, int64_t i, int64_t height, int64_t at, int64_t n) {
    const int64_t offset = i * x.stride() + at;
    k.gaussian_noise.forward(p, i, at, height, n, x.data() + offset, x.stride(), y.data() + offset,
                             y.stride(), nullptr, 0);
  };
  run(whole, 0, rows, 0, columns);
  for (int64_t i = 0; i < rows; i += 16)
    in_slices(columns,
              [&](int64_t at, int64_t n) { run(parts, i, rows - i < 16 ? rows - i : 16, at, n); });
  CHECK(whole.equals(parts));
}

// Mean, variance and the share beyond two deviations of 10^6 draws: within five of theirs.
KERNEL_TEST(gaussian_noise_moments) {
  const int64_t rows = 1000, columns = 1000;
  std::vector<float> z(static_cast<size_t>(rows * columns), 0.0f);
  k.gaussian_noise.forward({1, 2, 1.0f, false}, 0, 0, rows, columns, z.data(), columns, z.data(),
                           columns, nullptr, 0);
  double sum = 0, squares = 0, beyond = 0, n = static_cast<double>(z.size());
  for (float v : z) {
    sum += v;
    squares += double{v} * v;
    beyond += std::fabs(v) > 2.0f ? 1 : 0;
  }
  CHECK_NEAR(sum / n, 0.0, 5 / std::sqrt(n));
  CHECK_NEAR(squares / n, 1.0, 5 * std::sqrt(2 / n));
  CHECK_NEAR(beyond / n, 0.0455003, 5 * std::sqrt(0.0455 * 0.9545 / n));
}

}  // namespace trimtab::test

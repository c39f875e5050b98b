#include "kernels/dropout.h"

#include "random.h"
#include "tests/check.h"

namespace trimtab::test {
namespace {

bool kept(const DropoutParameters& p, int64_t row, int64_t column) {
  const auto r = static_cast<uint32_t>(p.share_rows ? 0 : row);
  const auto c = static_cast<uint32_t>(p.share_columns ? 0 : column);
  Threefry bits = threefry2x32(p.key0, p.key1, r, c / 4);
  const uint32_t lanes[4] = {bits.word0 & 0xffff, bits.word0 >> 16, bits.word1 & 0xffff,
                             bits.word1 >> 16};
  return lanes[c % 4] >= p.limit;
}

DropoutParameters with_rate(double rate) {
  return {.key0 = 0x12345678,
          .key1 = 42,
          .limit = static_cast<uint32_t>(std::lround(rate * 65536)),
          .scale = rate < 1 ? static_cast<float>(1 / (1 - rate)) : 0.0f};
}

void check_block(const Kernels& k, const DropoutParameters& p, int64_t first_row,
                 int64_t first_column, int64_t rows, int64_t columns) {
  Data data;
  Block x(rows, columns), y(rows, columns, 1), dy(rows, columns), dx(rows, columns, 0);
  Mask mask(rows, columns, 2);
  x.fill([&] { return data.normal(); });
  dy.fill([&] { return data.normal(); });
  k.dropout.forward(p, first_row, first_column, rows, columns, x.data(), x.stride(), y.data(),
                    y.stride(), mask.data(), mask.stride());
  k.dropout.backward(p.scale, rows, columns, mask.data(), mask.stride(), dy.data(), dy.stride(),
                     dx.data(), dx.stride());
  bool ok = true;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      bool keep = kept(p, first_row + i, first_column + j);
      ok = ok && mask(i, j) == (keep ? 1 : 0);
      ok = ok && y(i, j) == (keep ? x(i, j) * p.scale : 0.0f);
      ok = ok && dx(i, j) == (keep ? dy(i, j) * p.scale : 0.0f);
    }
  }
  CHECK_THAT(ok, "%d x %d at (%d, %d), limit %u", static_cast<int>(rows), static_cast<int>(columns),
             static_cast<int>(first_row), static_cast<int>(first_column), p.limit);
  CHECK(y.guards_intact() && dx.guards_intact() && mask.guards_intact());
  k.dropout.forward(p, first_row, first_column, rows, columns, x.data(), x.stride(), x.data(),
                    x.stride(), mask.data(), mask.stride());
  k.dropout.backward(p.scale, rows, columns, mask.data(), mask.stride(), dy.data(), dy.stride(),
                     dy.data(), dy.stride());
  CHECK(x.equals(y) && dy.equals(dx) && x.guards_intact() && dy.guards_intact());
}

}  // namespace

KERNEL_TEST(dropout_against_the_scalar_definition) {
  for (int64_t columns : widths())
    for (int64_t rows : heights()) check_block(k, with_rate(0.3), 5, 8, rows, columns);
  // Wider than one tile of the kernel, and many rows.
  check_block(k, with_rate(0.5), 0, 0, 3, 4096 + 33);
  check_block(k, with_rate(0.5), 0, 0, 2050, 3);
  // Counters beyond 2^31.
  check_block(k, with_rate(0.5), 0xfffffff0, 0x7ffffff0, 30, 20);
  for (double rate : {0.0, 1e-5, 0.25, 0.999, 1.0}) check_block(k, with_rate(rate), 0, 0, 4, 37);
}

KERNEL_TEST(dropout_noise_shapes) {
  for (int64_t columns : {1, 3, 4, 37, 131, 4096 + 5}) {
    for (int share = 1; share < 4; ++share) {
      DropoutParameters p = with_rate(0.5);
      p.share_rows = share & 1;
      p.share_columns = share & 2;
      check_block(k, p, 7, 64, 9, columns);
      p.limit = 65536;
      p.scale = 0.0f;
      check_block(k, p, 7, 64, 3, columns);
    }
  }
}

KERNEL_TEST(dropout_that_moves) {
  Data data;
  DropoutParameters p = with_rate(0.3);
  p.moves = true;
  p.scale = 0.75f;
  p.offset = 0.25f;
  p.rest = -2.0f;
  for (int64_t columns : widths()) {
    Block x(3, columns), y(3, columns, 1);
    Mask mask(3, columns, 2);
    x.fill([&] { return data.normal(); });
    k.dropout.forward(p, 5, 8, 3, columns, x.data(), x.stride(), y.data(), y.stride(), mask.data(),
                      mask.stride());
    for (int64_t i = 0; i < 3; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        CHECK(y(i, j) == (kept(p, 5 + i, 8 + j) ? x(i, j) * p.scale + p.offset : p.rest));
        CHECK(mask(i, j) == (kept(p, 5 + i, 8 + j) ? 1 : 0));
      }
    }
    CHECK(y.guards_intact() && mask.guards_intact());
  }
}

KERNEL_TEST(dropout_slices) {
  const int64_t rows = 70, columns = 131;
  const DropoutParameters p = with_rate(0.2);
  Block x(rows, columns), whole(rows, columns), parts(rows, columns);
  Mask mask(rows, columns), mask_parts(rows, columns);
  x.fill([] { return 1.0f; });
  auto run = [&](Block& y, Mask& m, int64_t i, int64_t height, int64_t at, int64_t n) {
    const int64_t offset = i * x.stride() + at;
    k.dropout.forward(p, i, at, height, n, x.data() + offset, x.stride(), y.data() + offset,
                      y.stride(), m.data() + offset, m.stride());
  };
  run(whole, mask, 0, rows, 0, columns);
  for (int64_t i = 0; i < rows; i += 32)
    in_slices(columns, [&](int64_t at, int64_t n) {
      run(parts, mask_parts, i, rows - i < 32 ? rows - i : 32, at, n);
    });
  CHECK(whole.equals(parts) && mask.equals(mask_parts));
}

KERNEL_TEST(dropout_of_nan) {
  const int64_t columns = 64;
  Block x = line(columns), y = line(columns);
  Mask mask(1, columns);
  x.fill([] { return kNan; });
  const DropoutParameters p = with_rate(0.5);
  k.dropout.forward(p, 0, 0, 1, columns, x.data(), columns, y.data(), columns, mask.data(),
                    columns);
  for (int64_t j = 0; j < columns; ++j)
    CHECK(mask(0, j) ? std::isnan(y(0, j)) : same_bits(y(0, j), 0.0f));
}

// The share kept over 10^7 draws: within five standard deviations.
KERNEL_TEST(dropout_rate) {
  const int64_t rows = 5000, columns = 2000;
  std::vector<float> x(static_cast<size_t>(rows * columns), 1.0f);
  std::vector<uint8_t> mask(x.size());
  for (double rate : {0.1, 0.5}) {
    DropoutParameters p = with_rate(rate);
    k.dropout.forward(p, 0, 0, rows, columns, x.data(), columns, x.data(), columns, mask.data(),
                      columns);
    double sum = 0, n = static_cast<double>(mask.size());
    for (uint8_t m : mask) sum += m;
    double expected = 1.0 - p.limit / 65536.0;
    CHECK_NEAR(sum / n, expected, 5 * std::sqrt(expected * (1 - expected) / n));
  }
}

}  // namespace trimtab::test

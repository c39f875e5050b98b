#include "tests/check.h"

namespace trimtab::test {
namespace {

// The definition, once more and slowly: what a code is the number of, or -1.
int64_t row_of(float code, int64_t size) {
  if (!std::isfinite(code)) return -1;
  const double number = std::trunc(static_cast<double>(code));
  return number >= 0 && number < static_cast<double>(size) ? static_cast<int64_t>(number) : -1;
}

// Rows of the table, fractions of a step above them and below 0, and what has no row.
float draw_code(Data& data, int64_t size) {
  const float largest = static_cast<float>(size);
  const float odd[] = {-0.5f,
                       -0.0f,
                       -1.0f,
                       -3.0f,
                       largest,
                       largest + 5,
                       1e30f,
                       -1e30f,
                       kInfinity,
                       -kInfinity,
                       kNan,
                       std::nextafter(largest, 0.0f),
                       std::nextafter(-1.0f, 0.0f)};
  if (data.uniform(0, 1) < 0.3f) return odd[static_cast<size_t>(data.uniform(0, std::size(odd)))];
  const float code = std::floor(data.uniform(0, largest));
  return data.uniform(0, 1) < 0.5f ? code : code + 0.25f;
}

}  // namespace

KERNEL_TEST(embedding_forward) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t size : {1, 2, 7, 100}) {
      const int64_t rows = heights()[static_cast<size_t>(columns + size) % heights().size()];
      Block table(size, columns, 0), codes(rows, 1, 4), y(rows, columns, 2);
      table.fill([&] { return data.normal(); });
      codes.fill([&] { return draw_code(data, size); });
      k.embedding.forward(rows, columns, codes.data(), codes.stride(), table.data(), size, y.data(),
                          y.stride());
      bool ok = true;
      for (int64_t i = 0; i < rows; ++i) {
        const int64_t row = row_of(codes(i), size);
        for (int64_t j = 0; j < columns; ++j)
          ok = ok && (row < 0 ? std::isnan(y(i, j)) : same_bits(y(i, j), table(row, j)));
      }
      CHECK_THAT(ok, "%d rows, %d x %d", static_cast<int>(rows), static_cast<int>(size),
                 static_cast<int>(columns));
      CHECK(y.guards_intact());
    }
  }
}

KERNEL_TEST(embedding_table_gradient) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t size : {1, 2, 7, 100}) {
      const int64_t rows = heights()[static_cast<size_t>(columns + size) % heights().size()];
      Block codes(rows, 1, 2), dy(rows, columns), d_table(size, columns, 0);
      codes.fill([&] { return draw_code(data, size); });
      dy.fill([&] { return data.normal(); });
      d_table.fill([&] { return data.normal(); });
      Block expected = d_table, parts = d_table;
      for (int64_t i = 0; i < rows; ++i) {
        const int64_t row = row_of(codes(i), size);
        for (int64_t j = 0; row >= 0 && j < columns; ++j) expected(row, j) += dy(i, j);
      }
      auto add = [&](int64_t first, int64_t last, Block& to) {
        k.embedding.table_gradient(rows, columns, codes.data(), codes.stride(), dy.data(),
                                   dy.stride(), size, first, last, to.data());
      };
      add(0, size, d_table);
      CHECK(d_table.equals(expected) && d_table.guards_intact());
      // The same bits from several owners, in any order; what is another's stays as it is.
      const int64_t middle = size / 3;
      add(middle, size, parts);
      bool ok = true;
      for (int64_t row = 0; row < size; ++row)
        for (int64_t j = 0; j < columns; ++j)
          ok = ok && (row < middle || same_bits(parts(row, j), expected(row, j)));
      add(0, middle, parts);
      add(middle, middle, parts);
      CHECK(ok && parts.equals(expected) && parts.guards_intact());
    }
  }
}

// Beyond 2^24 float32 has gaps: the last row of the largest table is still found, the next is not.
KERNEL_TEST(embedding_of_the_largest_table) {
  const int64_t size = int64_t{1} << 24;
  std::vector<float> table(static_cast<size_t>(size), 0.0f);
  table.back() = 3.0f;
  const float codes[] = {16777215.0f, 16777216.0f, 16777218.0f};
  float y[3];
  k.embedding.forward(3, 1, codes, 1, table.data(), size, y, 1);
  CHECK(y[0] == 3.0f && std::isnan(y[1]) && std::isnan(y[2]));
}

}  // namespace trimtab::test

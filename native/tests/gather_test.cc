#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(gather_rows) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      Block table(20, columns), ordered(rows, columns, 1), plain(rows, columns, 5);
      table.fill([&] { return data.normal(); });
      std::vector<int64_t> order(static_cast<size_t>(rows));
      for (auto& at : order) at = static_cast<int64_t>(data.uniform(0, 20));
      k.gather.rows(rows, columns, table.data(), table.stride(), order.data(), ordered.data(),
                    ordered.stride());
      bool ok = true;
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j)
          ok = ok && same_bits(ordered(i, j), table(order[static_cast<size_t>(i)], j));
      CHECK_THAT(ok, "%d x %d", static_cast<int>(rows), static_cast<int>(columns));
      CHECK(ordered.guards_intact());
      if (rows > 20) continue;
      k.gather.rows(rows, columns, table.data(), table.stride(), nullptr, plain.data(),
                    plain.stride());
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) CHECK(same_bits(plain(i, j), table(i, j)));
      CHECK(plain.guards_intact());
    }
  }
}

}  // namespace trimtab::test

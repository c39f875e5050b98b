#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(dense_add_bias_and_column_sums) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      Block x(rows, columns), y(rows, columns, 0), bias = line(columns), sums = bias;
      x.fill([&] { return data.normal(); });
      bias.fill([&] { return data.normal(); });
      k.dense.add_bias(rows, columns, x.data(), x.stride(), bias.data(), y.data(), y.stride());
      bool ok = true;
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) ok = ok && y(i, j) == x(i, j) + bias(0, j);
      CHECK(ok && y.guards_intact());
      for (bool accumulate : {false, true}) {
        Block before = sums.fill([&] { return data.normal(); });
        k.dense.column_sums(rows, columns, x.data(), x.stride(), accumulate, sums.data());
        for (int64_t j = 0; j < columns; ++j) {
          double sum = accumulate ? before(0, j) : 0.0, size = std::fabs(sum);
          for (int64_t i = 0; i < rows; ++i) {
            sum += x(i, j);
            size += std::fabs(x(i, j));
          }
          CHECK_NEAR(sums(0, j), sum, sum_tolerance(rows, size));
        }
        CHECK(sums.guards_intact());
      }
      k.dense.add_bias(rows, columns, x.data(), x.stride(), bias.data(), x.data(), x.stride());
      CHECK(x.equals(y) && x.guards_intact());
    }
  }
}

KERNEL_TEST(dense_narrow_products) {
  Data data;
  std::vector<int64_t> many_inputs = widths();
  for (int64_t inputs : {511, 512, 513, 1100}) many_inputs.push_back(inputs);
  for (int64_t inputs : many_inputs) {
    for (int64_t units = 1; units <= 8; ++units) {
      const int64_t rows = heights()[static_cast<size_t>(inputs + units) % heights().size()];
      Block x(rows, inputs), kernel(inputs, units, 0), y(rows, units), dy(rows, units, 1);
      Block d_kernel(inputs, units, 0), dx(rows, inputs, 2);
      x.fill([&] { return data.normal(); });
      kernel.fill([&] { return data.normal(); });
      dy.fill([&] { return data.normal(); });
      k.dense.narrow_forward(rows, inputs, units, x.data(), x.stride(), kernel.data(), y.data(),
                             y.stride());
      k.dense.narrow_kernel_gradient(rows, inputs, units, x.data(), x.stride(), dy.data(),
                                     dy.stride(), d_kernel.data());
      k.dense.narrow_input_gradient(rows, inputs, units, dy.data(), dy.stride(), kernel.data(),
                                    dx.data(), dx.stride());
      CHECK(y.guards_intact() && d_kernel.guards_intact() && dx.guards_intact());
      for (int64_t u = 0; u < units; ++u) {
        for (int64_t i = 0; i < rows; ++i) {
          double sum = 0, size = 0;
          for (int64_t a = 0; a < inputs; ++a) {
            sum += static_cast<double>(x(i, a)) * kernel(a, u);
            size += std::fabs(static_cast<double>(x(i, a)) * kernel(a, u));
          }
          CHECK_NEAR(y(i, u), sum, sum_tolerance(inputs, size));
        }
        for (int64_t a = 0; a < inputs; ++a) {
          double sum = 0, size = 0;
          for (int64_t i = 0; i < rows; ++i) {
            sum += static_cast<double>(x(i, a)) * dy(i, u);
            size += std::fabs(static_cast<double>(x(i, a)) * dy(i, u));
          }
          CHECK_NEAR(d_kernel(a, u), sum, sum_tolerance(rows, size));
        }
      }
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t a = 0; a < inputs; ++a) {
          double sum = 0, size = 0;
          for (int64_t u = 0; u < units; ++u) {
            sum += static_cast<double>(dy(i, u)) * kernel(a, u);
            size += std::fabs(static_cast<double>(dy(i, u)) * kernel(a, u));
          }
          CHECK_NEAR(dx(i, a), sum, sum_tolerance(units, size));
        }
      }
      // The same bits for rows in other company, and for slices of the inputs.
      Block one_by_one = y, parts(inputs, units, 0), dx_parts = dx;
      for (int64_t i = 0; i < rows; ++i)
        k.dense.narrow_forward(1, inputs, units, x.data() + i * x.stride(), x.stride(),
                               kernel.data(), one_by_one.data() + i * y.stride(), y.stride());
      in_slices(inputs, [&](int64_t at, int64_t n) {
        k.dense.narrow_kernel_gradient(rows, n, units, x.data() + at, x.stride(), dy.data(),
                                       dy.stride(), parts.data() + at * units);
        k.dense.narrow_input_gradient(rows, n, units, dy.data(), dy.stride(),
                                      kernel.data() + at * units, dx_parts.data() + at,
                                      dx_parts.stride());
      });
      CHECK(one_by_one.equals(y) && parts.equals(d_kernel) && dx_parts.equals(dx));
    }
  }
}

KERNEL_TEST(dense_slices) {
  Data data;
  const int64_t rows = 300, columns = 131;
  Block x(rows, columns), sums = line(columns), whole = sums;
  x.fill([&] { return data.normal(); });
  k.dense.column_sums(rows, columns, x.data(), x.stride(), false, whole.data());
  in_slices(columns, [&](int64_t at, int64_t n) {
    k.dense.column_sums(rows, n, x.data() + at, x.stride(), false, sums.data() + at);
  });
  CHECK(sums.equals(whole));
}

// What stands outside a block, or in a vector's unused lanes, must not turn infinity into nan.
KERNEL_TEST(dense_nan_and_infinity) {
  for (int64_t inputs : {1, 3, 8, 17}) {
    for (int64_t units : {1, 3}) {
      Block x = line(inputs), kernel(inputs, units, 0), y = line(units);
      x.fill([] { return 1.0f; })(0, inputs - 1) = kInfinity;
      kernel.fill([] { return 1.0f; });
      k.dense.narrow_forward(1, inputs, units, x.data(), x.stride(), kernel.data(), y.data(),
                             y.stride());
      for (int64_t u = 0; u < units; ++u) CHECK(y(0, u) == kInfinity);
      x(0, 0) = kNan;
      k.dense.narrow_forward(1, inputs, units, x.data(), x.stride(), kernel.data(), y.data(),
                             y.stride());
      for (int64_t u = 0; u < units; ++u) CHECK(std::isnan(y(0, u)));
      Block sums = line(inputs);
      k.dense.column_sums(1, inputs, x.data(), x.stride(), false, sums.data());
      for (int64_t j = 0; j < inputs; ++j) CHECK(std::isnan(sums(0, j)) == (j == 0));
    }
  }
}

}  // namespace trimtab::test

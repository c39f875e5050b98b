#include "tests/check.h"

namespace trimtab::test {

KERNEL_TEST(softmax_forward_and_backward) {
  Data data;
  for (int64_t columns : widths()) {
    const int64_t rows = 3;
    Block x(rows, columns), y(rows, columns, 0), dy(rows, columns, 1), dx(rows, columns);
    x.fill([&] { return 10.0f * data.normal(); });
    dy.fill([&] { return data.normal(); });
    k.softmax.forward(Softmax::softmax, rows, columns, x.data(), x.stride(), y.data(), y.stride());
    k.softmax.backward(Softmax::softmax, rows, columns, y.data(), y.stride(), dy.data(),
                       dy.stride(), dx.data(), dx.stride());
    for (int64_t i = 0; i < rows; ++i) {
      double largest = -INFINITY, sum = 0, dot = 0, size = 0;
      for (int64_t j = 0; j < columns; ++j) largest = std::fmax(largest, x(i, j));
      for (int64_t j = 0; j < columns; ++j) sum += std::exp(x(i, j) - largest);
      for (int64_t j = 0; j < columns; ++j) {
        dot += static_cast<double>(y(i, j)) * dy(i, j);
        size += std::fabs(static_cast<double>(y(i, j)) * dy(i, j));
      }
      for (int64_t j = 0; j < columns; ++j) {
        // x - max is rounded, which exp turns into a relative error of that size.
        double expected = std::exp(x(i, j) - largest) / sum;
        double steps = 16.0 + static_cast<double>(columns) / 4 + std::fabs(x(i, j) - largest);
        CHECK_NEAR(y(i, j), expected, steps * kRoundoff * expected + 1e-38);
        double derivative = y(i, j) * (dy(i, j) - dot);
        double slack = std::fabs(derivative) * 4 + y(i, j) * (size * (8.0 + columns / 4.0));
        CHECK_NEAR(dx(i, j), derivative, slack * kRoundoff + 1e-38);
      }
    }
    CHECK(y.guards_intact() && dx.guards_intact());
    Block in_place = x;
    k.softmax.forward(Softmax::softmax, rows, columns, in_place.data(), in_place.stride(),
                      in_place.data(), in_place.stride());
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) CHECK(same_bits(in_place(i, j), y(i, j)));
    k.softmax.backward(Softmax::softmax, rows, columns, y.data(), y.stride(), dy.data(),
                       dy.stride(), dy.data(), dy.stride());
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) CHECK(same_bits(dy(i, j), dx(i, j)));
    CHECK(in_place.guards_intact() && dy.guards_intact());
  }
}

// As jax.nn.softmax.
KERNEL_TEST(softmax_of_nan_and_infinity) {
  for (int64_t columns : {1, 2, 5, 19}) {
    for (float odd : {kNan, kInfinity}) {
      for (int64_t at = 0; at < columns; ++at) {
        Block x = line(columns), y = line(columns);
        x.fill([] { return 1.0f; })(0, at) = odd;
        k.softmax.forward(Softmax::softmax, 1, columns, x.data(), x.stride(), y.data(), y.stride());
        for (int64_t j = 0; j < columns; ++j) CHECK(std::isnan(y(0, j)));
      }
    }
    Block x = line(columns), y = line(columns);
    x.fill([] { return 1.0f; })(0, 0) = -kInfinity;
    k.softmax.forward(Softmax::softmax, 1, columns, x.data(), x.stride(), y.data(), y.stride());
    if (columns == 1) {
      CHECK(std::isnan(y(0, 0)));
    } else {
      CHECK(y(0, 0) == 0.0f);
      CHECK_NEAR(y(0, 1), 1.0 / static_cast<double>(columns - 1), kRoundoff);
    }
  }
}

KERNEL_TEST(softmax_relatives) {
  Data data;
  const int64_t rows = 4;
  for (int64_t columns : widths()) {
    if (columns == 0) continue;
    for (Softmax f : {Softmax::log_softmax, Softmax::sparsemax}) {
      Block x(rows, columns), y(rows, columns, 0), dy(rows, columns, 1), dx(rows, columns);
      x.fill([&] { return 2.0f * data.normal(); });
      dy.fill([&] { return data.normal(); });
      k.softmax.forward(f, rows, columns, x.data(), x.stride(), y.data(), y.stride());
      k.softmax.backward(f, rows, columns, y.data(), y.stride(), dy.data(), dy.stride(), dx.data(),
                         dx.stride());
      for (int64_t i = 0; i < rows; ++i) {
        double largest = -INFINITY, sum = 0, slopes = 0, size = 0, count = 0;
        for (int64_t j = 0; j < columns; ++j) largest = std::fmax(largest, x(i, j));
        // tau by bisection, the obvious way.
        double low = largest - 1, high = largest;
        for (int step = 0; step < 60; ++step) {
          const double middle = (low + high) / 2;
          double above = 0;
          for (int64_t j = 0; j < columns; ++j) above += std::fmax(x(i, j) - middle, 0.0);
          (above > 1 ? low : high) = middle;
        }
        for (int64_t j = 0; j < columns; ++j) {
          sum += std::exp(x(i, j) - largest);
          const bool taken = f == Softmax::log_softmax || x(i, j) > low;
          slopes += taken ? dy(i, j) : 0.0;
          count += taken ? 1 : 0;
          size += std::fabs(dy(i, j));
        }
        for (int64_t j = 0; j < columns; ++j) {
          const double gap = largest - x(i, j), slack = (16 + gap + columns / 4.0) * kRoundoff;
          if (f == Softmax::log_softmax) {
            CHECK_NEAR(y(i, j), -gap - std::log(sum), slack * 4);
            CHECK_NEAR(dx(i, j), dy(i, j) - std::exp(-gap) / sum * slopes, slack * (1 + size));
          } else {
            CHECK_NEAR(y(i, j), std::fmax(x(i, j) - low, 0.0), slack * 4);
            if (std::fabs(x(i, j) - low) < 1e-5) continue;
            const double expected = x(i, j) > low ? dy(i, j) - slopes / count : 0.0;
            CHECK_NEAR(dx(i, j), expected, slack * (1 + size));
          }
        }
      }
      CHECK(y.guards_intact() && dx.guards_intact());
      for (float odd : {kNan, kInfinity}) {
        x(0, columns - 1) = odd;
        k.softmax.forward(f, 1, columns, x.data(), x.stride(), y.data(), y.stride());
        for (int64_t j = 0; j < columns; ++j) CHECK(std::isnan(y(0, j)));
      }
    }
  }
}

}  // namespace trimtab::test

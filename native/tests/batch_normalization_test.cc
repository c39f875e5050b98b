#include "tests/check.h"

namespace trimtab::test {
namespace {

struct Moments {
  double mean = 0, variance = 0, deviation = 0;  // deviation: mean of |x - mean|
  int64_t count = 0;
};

Moments moments(const Block& x, int64_t rows, int64_t j, const uint8_t* valid = nullptr) {
  Moments m;
  for (int64_t i = 0; i < rows; ++i)
    if (!valid || valid[i]) {
      ++m.count;
      m.mean += x(i, j);
    }
  if (m.count == 0) return m;
  auto n = static_cast<double>(m.count);
  m.mean /= n;
  for (int64_t i = 0; i < rows; ++i)
    if (!valid || valid[i]) {
      m.variance += (x(i, j) - m.mean) * (x(i, j) - m.mean) / n;
      m.deviation += std::fabs(x(i, j) - m.mean) / n;
    }
  return m;
}

void check_statistics(const Kernels& k, int64_t rows, int64_t columns, const Block& x,
                      const uint8_t* valid) {
  Block mean = line(columns), variance = line(columns);
  k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), valid, mean.data(),
                                   variance.data());
  CHECK(mean.guards_intact() && variance.guards_intact());
  for (int64_t j = 0; j < columns; ++j) {
    Moments m = moments(x, rows, j, valid);
    // The mean is stored in float32; what the sums add to its rounding is relative to the
    // deviations alone, however large the mean.
    CHECK_NEAR(mean(0, j), m.mean,
               2 * kRoundoff * std::fabs(m.mean) + sum_tolerance(m.count, m.deviation));
    CHECK_NEAR(variance(0, j), m.variance, sum_tolerance(m.count, 2 * m.variance));
    CHECK(variance(0, j) >= 0.0f);
  }
}

}  // namespace

KERNEL_TEST(batch_normalization_statistics) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      Block x(rows, columns, columns % 3);
      float center = data.uniform(-1, 1) * std::pow(10.0f, data.uniform(-3, 4));
      x.fill([&] { return center + data.normal(); });
      check_statistics(k, rows, columns, x, nullptr);
      std::vector<uint8_t> valid(static_cast<size_t>(rows));
      for (auto& v : valid) v = data.uniform(0, 1) < 0.6f;
      // Nan in a row that takes no part does nothing.
      Block holes = x;
      for (int64_t i = 0; i < rows; ++i)
        if (!valid[static_cast<size_t>(i)] && columns > 0) holes(i, columns / 2) = kNan;
      check_statistics(k, rows, columns, holes, valid.data());
      std::fill(valid.begin(), valid.end(), uint8_t{1});
      Block mean = line(columns), variance = line(columns), mean2 = mean, variance2 = mean;
      k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), valid.data(),
                                       mean.data(), variance.data());
      k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), nullptr, mean2.data(),
                                       variance2.data());
      CHECK(mean.equals(mean2) && variance.equals(variance2));
      // No valid row.
      std::fill(valid.begin(), valid.end(), uint8_t{0});
      check_statistics(k, rows, columns, x, valid.data());
    }
  }
}

KERNEL_TEST(batch_normalization_statistics_of_hard_columns) {
  Data data;
  const int64_t rows = 1000, columns = 6;
  Block x(rows, columns);
  for (int64_t i = 0; i < rows; ++i) {
    x(i, 0) = 1e6f + data.normal();           // the mean dwarfs the deviation
    x(i, 1) = i == 0 ? 1e6f : data.normal();  // the first row is far away
    x(i, 2) = 0.1f;                           // all equal, and no power of two
    x(i, 3) = i % 2 ? 1e-3f : -1e-3f;
    x(i, 4) = i == 700 ? 3000.0f : 0.0f;
    x(i, 5) = static_cast<float>(i);
  }
  check_statistics(k, rows, columns, x, nullptr);
  Block mean = line(columns), variance = line(columns);
  k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), nullptr, mean.data(),
                                   variance.data());
  CHECK(mean(0, 2) == 0.1f);
  CHECK(variance(0, 2) == 0.0f);
  // One row: its own mean, variance 0.
  k.batch_normalization.statistics(1, columns, x.data(), x.stride(), nullptr, mean.data(),
                                   variance.data());
  for (int64_t j = 0; j < columns; ++j) CHECK(mean(0, j) == x(0, j) && variance(0, j) == 0.0f);
}

KERNEL_TEST(batch_normalization_statistics_of_nan_and_infinity) {
  for (int64_t at : {0, 3, 200}) {
    const int64_t rows = 300, columns = 11;
    Block x(rows, columns), mean = line(columns), variance = line(columns);
    x.fill([] { return 2.0f; });
    x(at, 0) = kNan;
    x(at, 4) = kInfinity;
    x(at, 10) = -kInfinity;
    k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), nullptr, mean.data(),
                                     variance.data());
    for (int64_t j = 0; j < columns; ++j) {
      bool odd = j == 0 || j == 4 || j == 10;
      CHECK(odd ? std::isnan(variance(0, j)) : variance(0, j) == 0.0f);
    }
    CHECK(std::isnan(mean(0, 0)));
    CHECK(mean(0, 1) == 2.0f);
    CHECK(mean(0, 4) == kInfinity);
    CHECK(mean(0, 10) == -kInfinity);
  }
}

KERNEL_TEST(batch_normalization_normalize_and_scale) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : {0, 1, 3}) {
      Block x(rows, columns), y(rows, columns, 0), plain(rows, columns, 1),
          mean = line(columns), scale = mean, beta = mean;
      x.fill([&] { return data.normal(); });
      for (Block* b : {&mean, &scale, &beta}) b->fill([&] { return data.normal(); });
      k.batch_normalization.normalize(rows, columns, x.data(), x.stride(), mean.data(),
                                      scale.data(), beta.data(), y.data(), y.stride());
      k.batch_normalization.normalize(rows, columns, x.data(), x.stride(), mean.data(),
                                      scale.data(), nullptr, plain.data(), plain.stride());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          double product = (static_cast<double>(x(i, j)) - mean(0, j)) * scale(0, j);
          double size = std::fabs(product) + std::fabs(beta(0, j));
          CHECK_NEAR(y(i, j), product + beta(0, j), 4 * kRoundoff * size);
          CHECK_NEAR(plain(i, j), product, 3 * kRoundoff * std::fabs(product));
        }
      }
      CHECK(y.guards_intact() && plain.guards_intact());
      Block scaled(rows, columns, 2);
      k.batch_normalization.scale_columns(rows, columns, x.data(), x.stride(), scale.data(),
                                          scaled.data(), scaled.stride());
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) CHECK(scaled(i, j) == x(i, j) * scale(0, j));
      Block in_place = x;
      k.batch_normalization.scale_columns(rows, columns, in_place.data(), in_place.stride(),
                                          scale.data(), in_place.data(), in_place.stride());
      CHECK(scaled.guards_intact() && in_place.equals(scaled));
      k.batch_normalization.normalize(rows, columns, x.data(), x.stride(), mean.data(),
                                      scale.data(), beta.data(), x.data(), x.stride());
      CHECK(x.equals(y) && x.guards_intact());
    }
  }
}

KERNEL_TEST(batch_normalization_inverse_and_moving) {
  Data data;
  for (int64_t columns : widths()) {
    Block variance = line(columns), inverse = variance, moving = variance;
    variance.fill([&] { return data.uniform(0, 2); });
    moving.fill([&] { return data.normal(); });
    if (columns > 0) variance(0, columns - 1) = 0.0f;
    k.batch_normalization.inverse_deviation(columns, variance.data(), 1e-3f, inverse.data());
    Block before = moving;
    const float momentum = 0.99f, rest = 1.0f - 0.99f;
    k.batch_normalization.update_moving(columns, momentum, rest, variance.data(), moving.data());
    for (int64_t j = 0; j < columns; ++j) {
      CHECK(inverse(0, j) == 1.0f / std::sqrt(variance(0, j) + 1e-3f));
      const float kept = before(0, j) * momentum, added = variance(0, j) * rest;
      CHECK(moving(0, j) == kept + added);
    }
    CHECK(inverse.guards_intact() && moving.guards_intact());
  }
  float nan = kNan, infinity = kInfinity, out;
  k.batch_normalization.inverse_deviation(1, &nan, 1e-3f, &out);
  CHECK(std::isnan(out));
  k.batch_normalization.inverse_deviation(1, &infinity, 1e-3f, &out);
  CHECK(out == 0.0f);
}

KERNEL_TEST(batch_normalization_gradients) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      Block x(rows, columns), dy(rows, columns, 0), dx(rows, columns, 1),
          mean = line(columns), inverse = mean, gamma = mean, sum_dy = mean, sum_dy_xhat = mean;
      x.fill([&] { return data.normal(); });
      dy.fill([&] { return data.normal(); });
      mean.fill([&] { return data.normal(); });
      inverse.fill([&] { return data.uniform(0.5f, 2.0f); });
      gamma.fill([&] { return data.normal(); });
      k.batch_normalization.gradient_sums(rows, columns, x.data(), x.stride(), mean.data(),
                                          inverse.data(), dy.data(), dy.stride(), sum_dy.data(),
                                          sum_dy_xhat.data());
      CHECK(sum_dy.guards_intact() && sum_dy_xhat.guards_intact());
      for (int64_t j = 0; j < columns; ++j) {
        double sum = 0, product = 0, size = 0, product_size = 0;
        for (int64_t i = 0; i < rows; ++i) {
          double xhat = (static_cast<double>(x(i, j)) - mean(0, j)) * inverse(0, j);
          sum += dy(i, j);
          size += std::fabs(dy(i, j));
          product += dy(i, j) * xhat;
          product_size += std::fabs(dy(i, j) * xhat);
        }
        CHECK_NEAR(sum_dy(0, j), sum, sum_tolerance(rows, size));
        CHECK_NEAR(sum_dy_xhat(0, j), product, sum_tolerance(rows, product_size));
      }
      for (const float* scale :
           {static_cast<const float*>(nullptr), static_cast<const float*>(gamma.data())}) {
        k.batch_normalization.input_gradient(rows, columns, x.data(), x.stride(), mean.data(),
                                             inverse.data(), scale, sum_dy.data(),
                                             sum_dy_xhat.data(), static_cast<float>(rows),
                                             dy.data(), dy.stride(), dx.data(), dx.stride());
        CHECK(dx.guards_intact());
        auto n = static_cast<double>(rows);
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t j = 0; j < columns; ++j) {
            double factor = (scale ? scale[j] : 1.0) * inverse(0, j);
            double xhat = (static_cast<double>(x(i, j)) - mean(0, j)) * inverse(0, j);
            double b = sum_dy(0, j) / n, c = xhat * sum_dy_xhat(0, j) / n;
            double size = std::fabs(dy(i, j)) + std::fabs(b) + std::fabs(c);
            CHECK_NEAR(dx(i, j), factor * (dy(i, j) - b - c),
                       8 * kRoundoff * std::fabs(factor) * size);
          }
        }
      }
      // In place over dy.
      k.batch_normalization.input_gradient(rows, columns, x.data(), x.stride(), mean.data(),
                                           inverse.data(), gamma.data(), sum_dy.data(),
                                           sum_dy_xhat.data(), static_cast<float>(rows), dy.data(),
                                           dy.stride(), dy.data(), dy.stride());
      CHECK(dy.equals(dx) && dy.guards_intact());
    }
  }
}

// The same bits however a layer's columns are cut.
KERNEL_TEST(batch_normalization_slices) {
  Data data;
  for (int64_t columns : {37, 128, 131}) {
    const int64_t rows = 300;
    Block x(rows, columns), dy = x, y = x, mean = line(columns);
    Block variance = mean, inverse = mean, gamma = mean, sum_dy = mean, sum_dy_xhat = mean;
    x.fill([&] { return data.normal(); });
    dy.fill([&] { return data.normal(); });
    gamma.fill([&] { return data.normal(); });
    auto run = [&](int64_t at, int64_t n) {
      const auto& b = k.batch_normalization;
      const int64_t ld = x.stride();
      b.statistics(rows, n, x.data() + at, ld, nullptr, mean.data() + at, variance.data() + at);
      b.inverse_deviation(n, variance.data() + at, 1e-3f, inverse.data() + at);
      b.gradient_sums(rows, n, x.data() + at, ld, mean.data() + at, inverse.data() + at,
                      dy.data() + at, ld, sum_dy.data() + at, sum_dy_xhat.data() + at);
      b.input_gradient(rows, n, x.data() + at, ld, mean.data() + at, inverse.data() + at,
                       gamma.data() + at, sum_dy.data() + at, sum_dy_xhat.data() + at, rows,
                       dy.data() + at, ld, y.data() + at, ld);
      b.normalize(rows, n, y.data() + at, ld, mean.data() + at, inverse.data() + at,
                  gamma.data() + at, y.data() + at, ld);
    };
    run(0, columns);
    std::vector<Block> whole = {mean, variance, inverse, sum_dy, sum_dy_xhat, y};
    for (Block* b : {&mean, &variance, &inverse, &sum_dy, &sum_dy_xhat, &y})
      b->fill([] { return 0.0f; });
    in_slices(columns, run);
    CHECK(mean.equals(whole[0]));
    CHECK(variance.equals(whole[1]));
    CHECK(inverse.equals(whole[2]));
    CHECK(sum_dy.equals(whole[3]));
    CHECK(sum_dy_xhat.equals(whole[4]));
    CHECK(y.equals(whole[5]));
  }
}

}  // namespace trimtab::test

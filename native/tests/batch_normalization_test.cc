#include "tests/check.h"

namespace trimtab::test {
namespace {

struct Moments {
  double mean = 0, variance = 0, deviation = 0;  // deviation: mean of |x - mean|
};

// Of the rows with weight[i] != 0, or of all.
Moments moments(const Block& x, int64_t rows, int64_t j, const float* weight = nullptr) {
  Moments m;
  auto of = [&](int64_t i) { return weight ? static_cast<double>(weight[i]) : 1.0; };
  double total = 0;
  for (int64_t i = 0; i < rows; ++i) total += of(i);
  if (total == 0) return m;
  for (int64_t i = 0; i < rows; ++i)
    if (of(i) != 0) m.mean += of(i) * x(i, j);
  m.mean /= total;
  for (int64_t i = 0; i < rows; ++i)
    if (of(i) != 0) {
      m.variance += of(i) / total * (x(i, j) - m.mean) * (x(i, j) - m.mean);
      m.deviation += of(i) / total * std::fabs(x(i, j) - m.mean);
    }
  return m;
}

// Which rows take part, as the kernel is told.
struct Taking {
  explicit Taking(const std::vector<float>& weight) {
    for (size_t i = 0; i < weight.size(); ++i) {
      total += static_cast<double>(weight[i]);
      if (weight[i] != 0.0f) index.push_back(static_cast<int64_t>(i));
    }
  }
  int64_t rows() const { return static_cast<int64_t>(index.size()); }
  std::vector<int64_t> index;
  double total = 0;
};

void check_statistics(const Kernels& k, int64_t rows, int64_t columns, const Block& x,
                      const std::vector<float>* weight = nullptr) {
  Block mean = line(columns), variance = line(columns);
  int64_t count = rows;
  if (weight != nullptr) {
    const Taking taking(*weight);
    count = taking.rows();
    k.batch_normalization.statistics(count, columns, x.data(), x.stride(), taking.index.data(),
                                     weight->data(), static_cast<float>(taking.total), mean.data(),
                                     variance.data());
  } else {
    k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), nullptr, nullptr, 0.0f,
                                     mean.data(), variance.data());
  }
  CHECK(mean.guards_intact() && variance.guards_intact());
  for (int64_t j = 0; j < columns; ++j) {
    Moments m = moments(x, rows, j, weight == nullptr ? nullptr : weight->data());
    // The mean is stored in float32; what the sums add to its rounding is relative to the
    // deviations alone, however large the mean. A weight rounds each term once more.
    CHECK_NEAR(mean(0, j), m.mean,
               2 * kRoundoff * std::fabs(m.mean) + sum_tolerance(count, m.deviation));
    // The weights round the mean here too.
    CHECK_NEAR(variance(0, j), m.variance,
               sum_tolerance(count, 2 * m.variance) + 1e-28 * m.mean * m.mean);
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
      check_statistics(k, rows, columns, x);
      std::vector<float> weight(static_cast<size_t>(rows));
      for (float& w : weight) w = data.uniform(0, 1) < 0.6f ? data.uniform(0.1f, 3.0f) : 0.0f;
      // Nan in a row that takes no part does nothing.
      Block holes = x;
      for (int64_t i = 0; i < rows; ++i)
        if (weight[static_cast<size_t>(i)] == 0.0f && columns > 0) holes(i, columns / 2) = kNan;
      check_statistics(k, rows, columns, holes, &weight);
      // No row that takes part.
      std::fill(weight.begin(), weight.end(), 0.0f);
      check_statistics(k, rows, columns, x, &weight);
    }
  }
}

// Weights of 1 give the bits of the rows that take part, alone.
KERNEL_TEST(batch_normalization_statistics_of_some_rows) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : heights()) {
      std::vector<float> weight(static_cast<size_t>(rows));
      for (float& w : weight) w = data.uniform(0, 1) < 0.6f ? 1.0f : 0.0f;
      const Taking taking(weight);
      Block x(rows, columns), alone(taking.rows(), columns), mean = line(columns), variance = mean;
      Block mean2 = mean, variance2 = mean;
      x.fill([&] { return 3.0f + data.normal(); });
      for (int64_t i = 0; i < taking.rows(); ++i)
        for (int64_t j = 0; j < columns; ++j)
          alone(i, j) = x(taking.index[static_cast<size_t>(i)], j);
      k.batch_normalization.statistics(
          taking.rows(), columns, x.data(), x.stride(), taking.index.data(), weight.data(),
          static_cast<float>(taking.total), mean.data(), variance.data());
      k.batch_normalization.statistics(taking.rows(), columns, alone.data(), alone.stride(),
                                       nullptr, nullptr, 0.0f, mean2.data(), variance2.data());
      CHECK(mean.equals(mean2) && variance.equals(variance2));
    }
  }
}

KERNEL_TEST(batch_normalization_combine) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : {0, 1, 3, 40}) {
      Block x(rows, columns), factor = line(rows), sum = line(columns), plain = sum;
      x.fill([&] { return data.normal(); });
      factor.fill([&] { return data.uniform(0, 1); });
      k.batch_normalization.combine(rows, columns, x.data(), x.stride(), factor.data(), sum.data());
      k.batch_normalization.combine(rows, columns, x.data(), x.stride(), nullptr, plain.data());
      CHECK(sum.guards_intact() && plain.guards_intact());
      for (int64_t j = 0; j < columns; ++j) {
        float expected = 0.0f, expected_plain = 0.0f;
        for (int64_t i = 0; i < rows; ++i) {
          const float product = factor(0, i) * x(i, j);
          expected = expected + product;
          expected_plain = expected_plain + x(i, j);
        }
        CHECK(sum(0, j) == expected && plain(0, j) == expected_plain);
      }
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
  check_statistics(k, rows, columns, x);
  std::vector<float> weight(static_cast<size_t>(rows));
  for (float& w : weight) w = data.uniform(0.1f, 3.0f);
  check_statistics(k, rows, columns, x, &weight);
  Block mean = line(columns), variance = line(columns);
  k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), nullptr, nullptr, 0.0f,
                                   mean.data(), variance.data());
  CHECK(mean(0, 2) == 0.1f);
  CHECK(variance(0, 2) == 0.0f);
  // One row: its own mean, variance 0.
  k.batch_normalization.statistics(1, columns, x.data(), x.stride(), nullptr, nullptr, 0.0f,
                                   mean.data(), variance.data());
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
    k.batch_normalization.statistics(rows, columns, x.data(), x.stride(), nullptr, nullptr, 0.0f,
                                     mean.data(), variance.data());
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
      Block weight = line(rows);
      weight.fill([&] { return data.uniform(0, 1) < 0.6f ? data.uniform(0.1f, 3.0f) : 0.0f; });
      struct Case {
        const float *scale, *weight;
        float total;
      };
      const auto n = static_cast<float>(rows);
      for (const Case& c : {Case{nullptr, nullptr, n}, Case{gamma.data(), nullptr, n},
                            Case{gamma.data(), weight.data(), 0.7f * n}}) {
        k.batch_normalization.input_gradient(rows, columns, x.data(), x.stride(), mean.data(),
                                             inverse.data(), c.scale, sum_dy.data(),
                                             sum_dy_xhat.data(), c.weight, c.total, dy.data(),
                                             dy.stride(), dx.data(), dx.stride());
        CHECK(dx.guards_intact());
        for (int64_t i = 0; i < rows; ++i) {
          const double w = (c.weight ? static_cast<double>(c.weight[i]) : 1.0) / c.total;
          for (int64_t j = 0; j < columns; ++j) {
            double factor = (c.scale ? c.scale[j] : 1.0) * inverse(0, j);
            double xhat = (static_cast<double>(x(i, j)) - mean(0, j)) * inverse(0, j);
            double left = w * sum_dy(0, j), right = w * xhat * sum_dy_xhat(0, j);
            double size = std::fabs(dy(i, j)) + std::fabs(left) + std::fabs(right);
            CHECK_NEAR(dx(i, j), factor * (dy(i, j) - left - right),
                       9 * kRoundoff * std::fabs(factor) * size);
          }
        }
      }
      // Weights of 1 are none.
      Block ones = line(rows), same(rows, columns, 1);
      ones.fill([] { return 1.0f; });
      for (const float* w :
           {static_cast<const float*>(nullptr), static_cast<const float*>(ones.data())}) {
        k.batch_normalization.input_gradient(rows, columns, x.data(), x.stride(), mean.data(),
                                             inverse.data(), gamma.data(), sum_dy.data(),
                                             sum_dy_xhat.data(), w, n, dy.data(), dy.stride(),
                                             w == nullptr ? dx.data() : same.data(), dx.stride());
      }
      CHECK(same.equals(dx));
      // In place over dy.
      k.batch_normalization.input_gradient(rows, columns, x.data(), x.stride(), mean.data(),
                                           inverse.data(), gamma.data(), sum_dy.data(),
                                           sum_dy_xhat.data(), nullptr, n, dy.data(), dy.stride(),
                                           dy.data(), dy.stride());
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
      b.statistics(rows, n, x.data() + at, ld, nullptr, nullptr, 0.0f, mean.data() + at,
                   variance.data() + at);
      b.inverse_deviation(n, variance.data() + at, 1e-3f, inverse.data() + at);
      b.gradient_sums(rows, n, x.data() + at, ld, mean.data() + at, inverse.data() + at,
                      dy.data() + at, ld, sum_dy.data() + at, sum_dy_xhat.data() + at);
      b.input_gradient(rows, n, x.data() + at, ld, mean.data() + at, inverse.data() + at,
                       gamma.data() + at, sum_dy.data() + at, sum_dy_xhat.data() + at, nullptr,
                       rows, dy.data() + at, ld, y.data() + at, ld);
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

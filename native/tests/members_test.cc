#include "tests/check.h"

namespace trimtab::test {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// softmax(x)[j] of one member.
double share(const Block& x, int64_t i, int64_t first, int64_t columns, int64_t j) {
  double sum = 0;
  for (int64_t c = 0; c < columns; ++c) sum += std::exp(static_cast<double>(x(i, first + c)));
  return std::exp(static_cast<double>(x(i, first + j))) / sum;
}

constexpr AverageOf averages[] = {AverageOf::numbers, AverageOf::sigmoid_logits,
                                  AverageOf::softmax_logits};

double averaged(AverageOf of, const Block& x, int64_t i, int64_t columns, int64_t members,
                int64_t j) {
  double yes = 0, no = 0;
  for (int64_t m = 0; m < members; ++m) {
    const double v = x(i, m * columns + j);
    if (of == AverageOf::numbers) yes += v;
    if (of == AverageOf::sigmoid_logits) yes += sigmoid(v), no += sigmoid(-v);
    if (of == AverageOf::softmax_logits) yes += share(x, i, m * columns, columns, j);
  }
  yes /= static_cast<double>(members), no /= static_cast<double>(members);
  return of == AverageOf::numbers          ? yes
         : of == AverageOf::sigmoid_logits ? std::log(yes) - std::log(no)
                                           : std::log(yes);
}

}  // namespace

KERNEL_TEST(members_affine) {
  Data data;
  for (int64_t columns : widths()) {
    const int64_t rows = 5;
    Block x(rows, columns), y(rows, columns, 1), scale = line(columns), bias = line(columns);
    for (Block* block : {&x, &scale, &bias}) block->fill([&] { return data.normal(); });
    for (bool scaled : {false, true}) {
      for (bool shifted : {false, true}) {
        k.members.affine(rows, columns, x.data(), x.stride(), scaled ? scale.data() : nullptr,
                         shifted ? bias.data() : nullptr, y.data(), y.stride());
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t j = 0; j < columns; ++j) {
            const double product = x(i, j) * (scaled ? static_cast<double>(scale(0, j)) : 1.0);
            const double sum = product + (shifted ? bias(0, j) : 0.0f);
            CHECK_NEAR(y(i, j), sum, 2 * kRoundoff * (std::fabs(product) + std::fabs(sum)));
          }
        }
        CHECK(y.guards_intact());
      }
    }
  }
}

KERNEL_TEST(members_affine_gradients) {
  Data data;
  for (int64_t columns : widths()) {
    for (int64_t rows : {1, 7, 300}) {
      Block x(rows, columns), dy(rows, columns, 1), d_scale = line(columns), d_bias = line(columns);
      for (Block* block : {&x, &dy}) block->fill([&] { return data.normal(); });
      d_scale.fill([] { return 2.0f; });
      d_bias.fill([] { return 2.0f; });
      for (bool accumulate : {true, false}) {
        k.members.affine_gradient(rows, columns, x.data(), x.stride(), dy.data(), dy.stride(),
                                  accumulate, d_scale.data(), d_bias.data());
        for (int64_t j = 0; j < columns; ++j) {
          double products = 0, sum = 0, size = 2;
          for (int64_t i = 0; i < rows; ++i) {
            products += static_cast<double>(x(i, j)) * dy(i, j);
            sum += dy(i, j);
            size += std::fabs(static_cast<double>(x(i, j)) * dy(i, j)) + std::fabs(dy(i, j));
          }
          const double before = accumulate ? 2.0 : 0.0;
          CHECK_NEAR(d_scale(0, j), before + products, sum_tolerance(rows, size));
          CHECK_NEAR(d_bias(0, j), before + sum, sum_tolerance(rows, size));
        }
        CHECK(d_scale.guards_intact() && d_bias.guards_intact());
      }
    }
  }
}

KERNEL_TEST(members_repeated_input) {
  Data data;
  const int64_t rows = 4, members = 3;
  for (int64_t columns : widths()) {
    Block dy(rows, members * columns, 1), dx(rows, columns), scale = line(members * columns);
    for (Block* block : {&dy, &scale}) block->fill([&] { return data.normal(); });
    for (bool scaled : {false, true}) {
      k.members.repeat_gradient(rows, columns, members, dy.data(), dy.stride(),
                                scaled ? scale.data() : nullptr, dx.data(), dx.stride());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          double sum = 0, size = 0;
          for (int64_t m = 0; m < members; ++m) {
            const int64_t at = m * columns + j;
            const double term = dy(i, at) * (scaled ? static_cast<double>(scale(0, at)) : 1.0);
            sum += term;
            size += std::fabs(term);
          }
          CHECK_NEAR(dx(i, j), sum, sum_tolerance(members, size));
        }
      }
      CHECK(dx.guards_intact());
    }
  }
}

KERNEL_TEST(members_average_and_its_gradient) {
  Data data;
  const int64_t rows = 3, members = 3;
  for (AverageOf of : averages) {
    for (int64_t columns : {1, 2, 7, 17, 33}) {
      Block x(rows, members * columns, 1), y(rows, columns), dy(rows, columns),
          dx(rows, members * columns, 2);
      for (Block* block : {&x, &dy}) block->fill([&] { return 2.0f * data.normal(); });
      k.members.average(of, rows, columns, members, x.data(), x.stride(), y.data(), y.stride());
      k.members.average_gradient(of, rows, columns, members, x.data(), x.stride(), y.data(),
                                 y.stride(), dy.data(), dy.stride(), dx.data(), dx.stride());
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          CHECK_NEAR(y(i, j), averaged(of, x, i, columns, members, j), 1e-5);
        }
        for (int64_t at = 0; at < members * columns; ++at) {
          // The central difference of sum dy y.
          const float kept = x(i, at), step = 1.0f / 128;
          double slope = 0;
          for (float sign : {1.0f, -1.0f}) {
            x(i, at) = kept + sign * step;
            for (int64_t j = 0; j < columns; ++j) {
              slope += sign * dy(i, j) * averaged(of, x, i, columns, members, j);
            }
          }
          x(i, at) = kept;
          CHECK_NEAR(dx(i, at), slope / (2 * step), 1e-3);
        }
      }
      CHECK(y.guards_intact() && dx.guards_intact());
    }
  }
}

KERNEL_TEST(members_average_of_far_logits) {
  const float x[] = {100.0f, -100.0f, 90.0f, 95.0f};
  float y[2];
  k.members.average(AverageOf::sigmoid_logits, 2, 1, 2, x, 2, y, 1);
  CHECK_NEAR(y[0], 0.0, 1e-5);
  CHECK_NEAR(y[1], 90.0 + std::log(2.0) - std::log1p(std::exp(-5.0)), 1e-4);
  const float nan[] = {kNan, 1.0f};
  k.members.average(AverageOf::sigmoid_logits, 1, 1, 2, nan, 2, y, 1);
  CHECK(std::isnan(y[0]));
  const float classes[] = {200.0f, 0.0f, 100.0f, 0.0f};
  k.members.average(AverageOf::softmax_logits, 1, 2, 2, classes, 4, y, 2);
  CHECK_NEAR(y[0], 0.0, 1e-6);
  CHECK_NEAR(y[1], std::log(1.17549435e-38), 1e-3);
}

}  // namespace trimtab::test

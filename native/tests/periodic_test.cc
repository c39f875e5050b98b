#include "kernels/periodic.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/check.h"

namespace trimtab::test {
namespace {

constexpr double kTurn = 6.283185307179586;

// The definition, once more and slowly, in float64.
struct Expected {
  std::vector<double> waves;    // (2 k), cosines then sines
  std::vector<double> vectors;  // before relu
  double size = 0;              // of what is added up
};

Expected expected_row(const PeriodicColumn& c, float x) {
  const int64_t k = c.frequencies;
  Expected row;
  row.waves.assign(static_cast<size_t>(2 * k), 0.0);
  row.vectors.assign(static_cast<size_t>(c.dim), 0.0);
  if (std::isnan(x)) {
    for (int64_t u = 0; u < c.dim; ++u) row.vectors[static_cast<size_t>(u)] = c.missing[u];
    return row;
  }
  for (int64_t f = 0; f < k; ++f) {
    const double turns = double{c.w[f]} * x + (c.pairs ? 0.0 : double{c.b[f]});
    row.waves[static_cast<size_t>(f)] = std::cos(kTurn * turns);
    row.waves[static_cast<size_t>(k + f)] = std::sin(kTurn * turns);
    row.size = std::max(row.size, 1 + std::fabs(turns));
  }
  for (int64_t u = 0; u < c.dim; ++u) {
    double sum = c.bias[u];
    for (int64_t f = 0; f < c.waves(); ++f) {
      sum += row.waves[static_cast<size_t>(f)] * c.kernel[f * c.dim + u];
    }
    row.vectors[static_cast<size_t>(u)] = sum;
  }
  return row;
}

// Normal numbers.
std::vector<float> draw(Data& data, int64_t count, float scale) {
  std::vector<float> numbers(static_cast<size_t>(count));
  for (float& number : numbers) number = scale * data.normal();
  return numbers;
}

}  // namespace

KERNEL_TEST(periodic_kernels) {
  Data data;
  for (int64_t dim : {1, 4, 7, 8, 19}) {
    for (int64_t frequencies : {1, 5, 24, 70}) {
      for (bool pairs : {false, true}) {
        const bool relu = (dim + frequencies) % 2 == 0;
        const int64_t rows = heights()[static_cast<size_t>(dim + frequencies) % heights().size()];
        PeriodicColumn c;
        c.frequencies = frequencies;
        c.dim = dim;
        c.pairs = pairs;
        c.relu = relu;
        const std::vector<float> w = draw(data, frequencies, 0.5f), b = draw(data, frequencies, 1),
                                 kernel = draw(data, c.waves() * dim, 0.3f),
                                 bias = draw(data, dim, 1), missing = draw(data, dim, 1);
        c.w = w.data();
        c.b = pairs ? nullptr : b.data();
        c.kernel = kernel.data();
        c.bias = bias.data();
        c.missing = missing.data();
        Block x(rows, 1, 2), y(rows, dim, 2), plain(rows, dim, 3), dy(rows, dim, 1), dx(rows, 1, 3);
        Block cells(1, rows, 2), waves(2 * frequencies, rows, 2);
        x.fill([&] { return data.uniform(0, 1) < 0.2f ? kNan : data.normal(); });
        dy.fill([&] { return data.normal(); });
        dx.fill([&] { return 1.0f; });
        PeriodicRows kept;
        kept.x = cells.data();
        kept.waves = waves.data();
        kept.stride = waves.stride();
        Block dvs(dim, rows, waves.stride() - rows);
        kept.dv = dvs.data();
        k.periodic.forward(c, rows, x.data(), x.stride(), y.data(), y.stride(), kept);
        k.periodic.forward(c, rows, x.data(), x.stride(), plain.data(), plain.stride(), {});
        k.periodic.vector_gradient(c, rows, y.data(), y.stride(), dy.data(), dy.stride(), kept);
        k.periodic.input_gradient(c, rows, kept, dx.data(), dx.stride());
        Block dw(1, frequencies, 0), db(1, frequencies, 0), dk(c.waves(), dim, 0), dbias(1, dim, 0),
            dmissing(1, dim, 0);
        PeriodicGradients gradients{dw.data(), db.data(), dk.data(), dbias.data(), dmissing.data()};
        if (pairs) gradients.b = nullptr;
        k.periodic.parameter_gradients(c, rows, kept, gradients);

        bool same = true, values = true, slopes = true;
        const size_t K = static_cast<size_t>(frequencies), D = static_cast<size_t>(dim);
        std::vector<double> ew(K), eb(K), ek(static_cast<size_t>(c.waves()) * D), ebias(D),
            emissing(D);
        double size = 1;
        for (int64_t i = 0; i < rows; ++i) {
          const Expected row = expected_row(c, x(i));
          const bool gone = std::isnan(x(i));
          size = std::max(size, row.size);
          std::vector<double> grad(D);
          for (size_t u = 0; u < D; ++u) {
            const int64_t j = static_cast<int64_t>(u);
            const double value = relu ? std::max(row.vectors[u], 0.0) : row.vectors[u];
            values = values && near(y(i, j), value,
                                    3e-6 * static_cast<double>(frequencies + 4) * (1 + row.size));
            same = same && same_bits(y(i, j), plain(i, j));
            grad[u] = relu && y(i, j) <= 0.0f ? 0.0 : dy(i, j);
            (gone ? emissing : ebias)[u] += grad[u];
          }
          double slope = 1;
          for (size_t f = 0; f < K && !gone; ++f) {
            double by_cosine = 0, by_sine = 0;
            for (size_t u = 0; u < D; ++u) {
              by_cosine += grad[u] * kernel[f * D + u];
              ek[f * D + u] += grad[u] * row.waves[f];
              if (!pairs) continue;
              by_sine += grad[u] * kernel[(K + f) * D + u];
              ek[(K + f) * D + u] += grad[u] * row.waves[K + f];
            }
            const double g = kTurn * (by_sine * row.waves[f] - by_cosine * row.waves[K + f]);
            ew[f] += g * x(i);
            eb[f] += g;
            slope += g * w[f];
          }
          slopes = slopes && near(dx(i), slope,
                                  3e-5 * (1 + static_cast<double>(frequencies)) * (1 + row.size));
        }
        const double allowed = 2e-5 * size * static_cast<double>(rows + 1);
        bool sums = true;
        for (int64_t f = 0; f < frequencies; ++f) {
          sums = sums && near(dw(0, f), ew[static_cast<size_t>(f)], allowed);
          sums = sums && (pairs || near(db(0, f), eb[static_cast<size_t>(f)], allowed));
        }
        for (int64_t f = 0; f < c.waves(); ++f) {
          for (int64_t u = 0; u < dim; ++u) {
            sums = sums && near(dk(f, u), ek[static_cast<size_t>(f * dim + u)], allowed);
          }
        }
        for (int64_t u = 0; u < dim; ++u) {
          sums = sums && near(dbias(0, u), ebias[static_cast<size_t>(u)], allowed);
          sums = sums && near(dmissing(0, u), emissing[static_cast<size_t>(u)], allowed);
        }
        CHECK_THAT(same && values && slopes && sums,
                   "%d rows, %d frequencies, dim %d, pairs %d: %d%d%d%d", static_cast<int>(rows),
                   static_cast<int>(frequencies), static_cast<int>(dim), pairs, same, values,
                   slopes, sums);
        CHECK(y.guards_intact() && plain.guards_intact() && dx.guards_intact() &&
              cells.guards_intact() && waves.guards_intact() && dvs.guards_intact() &&
              dw.guards_intact() && dk.guards_intact() && dbias.guards_intact());
      }
    }
  }
}

// An infinite cell has no angle; a huge one counts as a whole number of turns.
KERNEL_TEST(periodic_far_cells) {
  const float w = 1.0f, b = 0.0f, kernel = 2.0f, bias = 0.5f, missing = -1.0f;
  PeriodicColumn c;
  c.frequencies = c.dim = 1;
  c.w = &w;
  c.b = &b;
  c.kernel = &kernel;
  c.bias = &bias;
  c.missing = &missing;
  const float x[] = {kInfinity, -kInfinity, 3e38f, -5e9f, kNan, 0.25f};
  const float expected[] = {kNan, kNan, 2.5f, 2.5f, -1.0f, 0.5f};
  float y[6];
  k.periodic.forward(c, 6, x, 1, y, 1, {});
  for (int i = 0; i < 6; ++i) CHECK_NEAR(y[i], expected[i], 1e-6);
}

}  // namespace trimtab::test

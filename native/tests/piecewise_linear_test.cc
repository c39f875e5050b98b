#include "kernels/piecewise_linear.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/check.h"

namespace trimtab::test {
namespace {

struct Located {
  int64_t place;
  float share;
};

// The definition, once more and slowly.
Located locate(const std::vector<float>& edges, float x) {
  const int64_t knots = static_cast<int64_t>(edges.size());
  if (std::isnan(x)) return {knots, 0.0f};
  const float cell = std::clamp(x, -3e38f, 3e38f);
  int64_t b = 0;
  for (int64_t k = 1; k + 1 < knots; ++k) b += edges[static_cast<size_t>(k)] <= cell;
  const float low = edges[static_cast<size_t>(b)], high = edges[static_cast<size_t>(b) + 1];
  if (!(high > low)) return {b, 0.0f};
  return {b, std::clamp((cell - low) / (high - low), 0.0f, 1.0f)};
}

// Ascending, some of them equal, the last ones sometimes beyond all cells.
std::vector<float> draw_edges(Data& data, int64_t knots) {
  std::vector<float> edges(static_cast<size_t>(knots));
  for (float& edge : edges) edge = std::round(data.normal() * 8) / 8;
  std::sort(edges.begin(), edges.end());
  if (data.uniform(0, 1) < 0.5f) edges.back() = 3.4028235e38f;
  return edges;
}

float draw_cell(Data& data, const std::vector<float>& edges) {
  const float kind = data.uniform(0, 1);
  if (kind < 0.1f) return kNan;
  if (kind < 0.15f) return kInfinity;
  if (kind < 0.2f) return -kInfinity;
  if (kind < 0.5f) {
    return edges[static_cast<size_t>(data.uniform(0, static_cast<float>(edges.size())))];
  }
  return data.normal() * 2;
}

}  // namespace

KERNEL_TEST(piecewise_linear_kernels) {
  Data data;
  for (int64_t dim : {1, 3, 4, 8, 16, 33}) {
    for (int64_t knots : {2, 3, 4, 9, 49}) {
      const int64_t rows = heights()[static_cast<size_t>(dim + knots) % heights().size()];
      const std::vector<float> edges = draw_edges(data, knots);
      Block table(knots + 1, dim, 0), gradient(knots + 1, dim, 0), x(rows, 1, 2), y(rows, dim, 2),
          dy(rows, dim, 1), dx(rows, 1, 3);
      table.fill([&] { return data.normal(); });
      x.fill([&] { return draw_cell(data, edges); });
      dy.fill([&] { return data.normal(); });
      gradient.fill([&] { return 0.0f; });
      dx.fill([&] { return 1.0f; });
      std::vector<int64_t> place(static_cast<size_t>(rows));
      std::vector<float> share(static_cast<size_t>(rows));
      const auto& kernels = k.piecewise_linear;
      kernels.locate(rows, x.data(), x.stride(), edges.data(), knots, place.data(), share.data());
      kernels.forward(rows, dim, place.data(), share.data(), table.data(), knots, y.data(),
                      y.stride());
      kernels.table_gradient(rows, dim, place.data(), share.data(), dy.data(), dy.stride(), knots,
                             gradient.data());
      kernels.input_gradient(rows, dim, place.data(), x.data(), x.stride(), edges.data(), knots,
                             table.data(), dy.data(), dy.stride(), dx.data(), dx.stride());
      std::vector<double> sums(static_cast<size_t>((knots + 1) * dim));
      bool located = true, values = true, slopes = true;
      for (int64_t i = 0; i < rows; ++i) {
        const Located at = locate(edges, x(i));
        located = located && place[static_cast<size_t>(i)] == at.place &&
                  share[static_cast<size_t>(i)] == at.share;
        const bool missing = at.place == knots;
        double slope = 1.0;
        for (int64_t j = 0; j < dim; ++j) {
          const double a = table(at.place, j), b = missing ? a : table(at.place + 1, j);
          values = values && std::abs(y(i, j) - (a + at.share * (b - a))) < 1e-5;
          sums[static_cast<size_t>(at.place * dim + j)] += (1.0 - at.share) * dy(i, j);
          if (missing) continue;
          sums[static_cast<size_t>((at.place + 1) * dim + j)] += double{at.share} * dy(i, j);
          const float low = edges[static_cast<size_t>(at.place)];
          const float high = edges[static_cast<size_t>(at.place) + 1];
          if (high > low && x(i) >= low && x(i) < high) {
            slope += dy(i, j) * (b - a) / (double{high} - double{low});
          }
        }
        slopes = slopes && std::abs(dx(i) - slope) < 1e-4 * (1 + std::abs(slope));
      }
      bool sums_hold = true;
      for (int64_t r = 0; r <= knots; ++r) {
        for (int64_t j = 0; j < dim; ++j) {
          const double expected = sums[static_cast<size_t>(r * dim + j)];
          sums_hold = sums_hold && std::abs(gradient(r, j) - expected) < 1e-4;
        }
      }
      CHECK_THAT(located && values && sums_hold && slopes, "%d rows, %d knots, dim %d: %d%d%d%d",
                 static_cast<int>(rows), static_cast<int>(knots), static_cast<int>(dim), located,
                 values, sums_hold, slopes);
      CHECK(y.guards_intact() && dx.guards_intact() && gradient.guards_intact());
    }
  }
}

}  // namespace trimtab::test

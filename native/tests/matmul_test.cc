#include <algorithm>

#include "tests/check.h"

namespace trimtab::test {
namespace {

// One product in every layout the engine uses, against sums in double.
struct Layout {
  const char* name;
  bool a_across, b_across;  // stored transposed
};
constexpr Layout layouts[] = {{"nn", false, false}, {"tn", true, false}, {"nt", false, true}};

Block transposed(const Block& x, int64_t rows, int64_t columns) {
  Block y(columns, rows, 2);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) y(j, i) = x(i, j);
  return y;
}

struct Product {
  const Kernels& k;
  int64_t m, n, inner;
  Block a, b, across_a, across_b;

  Product(const Kernels& kernels, int64_t m_, int64_t n_, int64_t inner_, Data& data)
      : k(kernels),
        m(m_),
        n(n_),
        inner(inner_),
        a(m, inner),
        b(inner, n),
        across_a(0, 0),
        across_b(0, 0) {
    a.fill([&] { return data.normal(); });
    b.fill([&] { return data.normal(); });
    across_a = transposed(a, m, inner);
    across_b = transposed(b, inner, n);
  }

  // Columns [from, from + width) of the rows [top, top + height).
  void run(const Layout& l, Block& c, int64_t top, int64_t height, int64_t from, int64_t width) {
    std::vector<float> scratch(static_cast<size_t>(matmul_scratch(height, inner)));
    const float* left = l.a_across ? across_a.data() + top : a.data() + top * a.stride();
    const float* right = l.b_across ? across_b.data() + from * across_b.stride() : b.data() + from;
    k.matmul.product(height, width, inner, left, l.a_across ? 1 : a.stride(),
                     l.a_across ? across_a.stride() : 1, right, l.b_across ? 1 : b.stride(),
                     l.b_across ? across_b.stride() : 1, c.data() + top * c.stride() + from,
                     c.stride(), scratch.data());
  }
};

}  // namespace

KERNEL_TEST(matmul_against_double_sums) {
  Data data;
  for (int64_t m : {0, 1, 5, 6, 7, 12, 13, 70}) {
    for (int64_t n : {0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 67}) {
      for (int64_t inner : {0, 1, 3, 8, 17, 255, 256, 257, 530}) {
        if (m * n * inner > 300000) continue;
        Product p(k, m, n, inner, data);
        for (const Layout& l : layouts) {
          Block c(m, n);
          p.run(l, c, 0, m, 0, n);
          bool ok = c.guards_intact();
          for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < n; ++j) {
              double sum = 0, size = 0;
              for (int64_t q = 0; q < inner; ++q) {
                const double term = static_cast<double>(p.a(i, q)) * p.b(q, j);
                sum += term;
                size += std::fabs(term);
              }
              const double tolerance =
                  static_cast<double>(std::min<int64_t>(inner, 256) + 8) * kRoundoff * size + 1e-40;
              ok = ok && near(c(i, j), sum, tolerance);
            }
          }
          CHECK_THAT(ok, "%s %dx%dx%d", l.name, static_cast<int>(m), static_cast<int>(n),
                     static_cast<int>(inner));
        }
      }
    }
  }
}

// The promise that threads and blocks of rows rest on: cut anywhere, the same bits.
KERNEL_TEST(matmul_has_the_same_bits_however_it_is_cut) {
  Data data;
  Product p(k, 300, 100, 300, data);
  for (const Layout& l : layouts) {
    Block whole(p.m, p.n, 0), cut(p.m, p.n, 0);
    p.run(l, whole, 0, p.m, 0, p.n);
    const int64_t rows[] = {0, 1, 8, 137, 299, 300}, columns[] = {0, 16, 19, 64, 99, 100};
    for (int r = 0; r < 5; ++r)
      for (int q = 0; q < 5; ++q)
        p.run(l, cut, rows[r], rows[r + 1] - rows[r], columns[q], columns[q + 1] - columns[q]);
    CHECK(cut.equals(whole));
  }
}

KERNEL_TEST(matmul_lets_nan_and_infinity_travel) {
  Data data;
  Product p(k, 9, 20, 40, data);
  p.a(2, 3) = kNan;
  p.a(5, 7) = kInfinity;
  for (int64_t j = 0; j < p.n; ++j) p.b(7, j) = j % 3 == 0 ? 0.0f : 1.0f;
  p.across_a = transposed(p.a, p.m, p.inner);
  p.across_b = transposed(p.b, p.inner, p.n);
  for (const Layout& l : layouts) {
    Block c(p.m, p.n);
    p.run(l, c, 0, p.m, 0, p.n);
    bool ok = true;
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.n; ++j) {
        const float x = c(i, j);
        ok = ok && (i == 2                 ? std::isnan(x)
                    : i == 5 && j % 3 == 0 ? std::isnan(x)
                    : i == 5               ? x == kInfinity
                                           : std::isfinite(x));
      }
    }
    CHECK(ok);
  }
}

}  // namespace trimtab::test

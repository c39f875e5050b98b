#include "kernels/piecewise_linear.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr float kLargest = 3.0e38f;

// So many numbers at a time: tables are narrow, and known widths need no loop.
template <int N>
struct Row {
  float at[N];

  explicit Row(const float* from) { __builtin_memcpy(at, from, sizeof at); }
  void store(float* to) const { __builtin_memcpy(to, at, sizeof at); }
};

TRIMTAB_INLINE float held(float x) {
  return x > kLargest ? kLargest : (x < -kLargest ? -kLargest : x);
}

// How many of the n ascending numbers are at most x; without branches.
TRIMTAB_INLINE int64_t count_up_to(const float* numbers, int64_t n, float x) {
  int64_t found = 0;
  while (n > 0) {
    const int64_t half = (n + 1) / 2;
    found += numbers[found + half - 1] <= x ? half : 0;
    n -= half;
  }
  return found;
}

template <int N>
TRIMTAB_INLINE void interpolate(float share, const float* from, float* to) {
  Row<N> a(from);
  const Row<N> b(from + N);
  for (int j = 0; j < N; ++j) a.at[j] += share * (b.at[j] - a.at[j]);
  a.store(to);
}

template <int N>
TRIMTAB_INLINE void spread(float share, const float* from, float* to) {
  const Row<N> dy(from);
  Row<N> a(to), b(to + N);
  for (int j = 0; j < N; ++j) {
    const float part = share * dy.at[j];
    a.at[j] += dy.at[j] - part;
    b.at[j] += part;
  }
  a.store(to);
  b.store(to + N);
}

template <int N>
TRIMTAB_INLINE void forward_of(int64_t rows, const int64_t* place, const float* share,
                               const float* table, int64_t knots, float* y, int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = table + place[i] * N;
    if (place[i] == knots) {
      __builtin_memcpy(y + i * ldy, from, sizeof(float) * N);
    } else {
      interpolate<N>(share[i], from, y + i * ldy);
    }
  }
}

template <int N>
TRIMTAB_INLINE void gradient_of(int64_t rows, const int64_t* place, const float* share,
                                const float* dy, int64_t lddy, int64_t knots, float* d_table) {
  for (int64_t i = 0; i < rows; ++i) {
    float* to = d_table + place[i] * N;
    if (place[i] == knots) {
      Row<N> sum(to);
      const Row<N> more(dy + i * lddy);
      for (int j = 0; j < N; ++j) sum.at[j] += more.at[j];
      sum.store(to);
    } else {
      spread<N>(share[i], dy + i * lddy, to);
    }
  }
}

}  // namespace

void piecewise_linear_sum_increments(int64_t knots, int64_t dim, const float* increments,
                                     float* table) {
  __builtin_memcpy(table, increments, static_cast<size_t>(dim) * sizeof(float));
  for (int64_t b = 1; b < knots; ++b) {
    const float *before = table + (b - 1) * dim, *more = increments + b * dim;
    float* to = table + b * dim;
    for (int64_t j = 0; j < dim; ++j) to[j] = before[j] + more[j];
  }
  __builtin_memcpy(table + knots * dim, increments + knots * dim,
                   static_cast<size_t>(dim) * sizeof(float));
}

void piecewise_linear_increment_gradient(int64_t knots, int64_t dim, float* gradient) {
  for (int64_t b = knots - 2; b >= 0; --b) {
    const float* behind = gradient + (b + 1) * dim;
    float* to = gradient + b * dim;
    for (int64_t j = 0; j < dim; ++j) to[j] += behind[j];
  }
}

void piecewise_linear_locate(int64_t rows, const float* x, int64_t ldx, const float* edges,
                             int64_t knots, int64_t* place, float* share) {
  for (int64_t i = 0; i < rows; ++i) {
    const float cell = held(x[i * ldx]);
    if (cell != cell) {
      place[i] = knots;
      share[i] = 0.0f;
      continue;
    }
    const int64_t b = count_up_to(edges + 1, knots - 2, cell);
    const float width = edges[b + 1] - edges[b];
    const float t = width > 0.0f ? (cell - edges[b]) / width : 0.0f;
    place[i] = b;
    share[i] = t > 0.0f ? (t < 1.0f ? t : 1.0f) : 0.0f;
  }
}

void piecewise_linear_forward(int64_t rows, int64_t dim, const int64_t* place, const float* share,
                              const float* table, int64_t knots, float* y, int64_t ldy) {
  if (dim == 4) return forward_of<4>(rows, place, share, table, knots, y, ldy);
  if (dim == 8) return forward_of<8>(rows, place, share, table, knots, y, ldy);
  if (dim == 16) return forward_of<16>(rows, place, share, table, knots, y, ldy);
  for (int64_t i = 0; i < rows; ++i) {
    const float *a = table + place[i] * dim, *b = place[i] == knots ? a : a + dim;
    const float t = share[i];
    float* to = y + i * ldy;
    for (int64_t j = 0; j < dim; ++j) to[j] = a[j] + t * (b[j] - a[j]);
  }
}

void piecewise_linear_table_gradient(int64_t rows, int64_t dim, const int64_t* place,
                                     const float* share, const float* dy, int64_t lddy,
                                     int64_t knots, float* d_table) {
  if (dim == 4) return gradient_of<4>(rows, place, share, dy, lddy, knots, d_table);
  if (dim == 8) return gradient_of<8>(rows, place, share, dy, lddy, knots, d_table);
  if (dim == 16) return gradient_of<16>(rows, place, share, dy, lddy, knots, d_table);
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = dy + i * lddy;
    const float t = share[i];
    float* a = d_table + place[i] * dim;
    if (place[i] == knots) {
      for (int64_t j = 0; j < dim; ++j) a[j] += from[j];
      continue;
    }
    float* b = a + dim;
    for (int64_t j = 0; j < dim; ++j) {
      const float part = t * from[j];
      a[j] += from[j] - part;
      b[j] += part;
    }
  }
}

void piecewise_linear_input_gradient(int64_t rows, int64_t dim, const int64_t* place,
                                     const float* x, int64_t ldx, const float* edges, int64_t knots,
                                     const float* table, const float* dy, int64_t lddy, float* dx,
                                     int64_t lddx) {
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t b = place[i];
    if (b == knots) continue;
    const float width = edges[b + 1] - edges[b];
    const float cell = x[i * ldx];
    // On an edge, where the curve bends, the slope is that to its right.
    if (!(width > 0.0f) || cell < edges[b] || cell >= edges[b + 1]) continue;
    const float *from = table + b * dim, *to = from + dim, *d = dy + i * lddy;
    float sum = 0.0f;
    for (int64_t j = 0; j < dim; ++j) sum += d[j] * (to[j] - from[j]);
    dx[i * lddx] += sum / width;
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

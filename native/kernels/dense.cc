#include "kernels/dense.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr int kMaxUnits = 8;
constexpr int64_t kChunk = 512;  // inputs whose kernel is held transposed on the stack

// Calls f(Units<u>{}) with the constant u == units, 1 <= units <= 8.
template <int N>
struct Units {
  static constexpr int value = N;
};
template <class Function>
TRIMTAB_INLINE void with_units(int64_t units, Function f) {
  switch (units) {
    case 1:
      return f(Units<1>{});
    case 2:
      return f(Units<2>{});
    case 3:
      return f(Units<3>{});
    case 4:
      return f(Units<4>{});
    case 5:
      return f(Units<5>{});
    case 6:
      return f(Units<6>{});
    case 7:
      return f(Units<7>{});
    case 8:
      return f(Units<8>{});
  }
}

// transposed[u][k] = kernel[k][u].
void transpose(int64_t inputs, int64_t units, const float* kernel, float (*transposed)[kChunk]) {
  for (int64_t k = 0; k < inputs; ++k)
    for (int64_t u = 0; u < units; ++u) transposed[u][k] = kernel[k * units + u];
}

// y[r] (+)= sum_k x[r,k] * w[k] for R rows, each in the same order: even and odd vectors apart,
// the rest of the columns with the even ones, then across the lanes.
template <int R>
TRIMTAB_INLINE void dot_rows(int64_t n, const float* x, int64_t ldx, const float* w, bool add,
                             float* y, int64_t ldy) {
  Floats even[R] = {}, odd[R] = {};
  int64_t k = 0;
  for (; k + 2 * kLanes <= n; k += 2 * kLanes) {
    Floats w0 = load(w + k), w1 = load(w + k + kLanes);
    for (int r = 0; r < R; ++r) {
      even[r] = fma(load(x + r * ldx + k), w0, even[r]);
      odd[r] = fma(load(x + r * ldx + k + kLanes), w1, odd[r]);
    }
  }
  auto rest = [&](auto lanes) {
    Floats w0 = lanes.load(w + k);
    for (int r = 0; r < R; ++r) even[r] = fma(lanes.load(x + r * ldx + k), w0, even[r]);
  };
  if (k + kLanes <= n) {
    rest(Whole{});
    k += kLanes;
  }
  if (k < n) rest(Part{n - k});
  for (int r = 0; r < R; ++r) {
    float sum = sum_of(even[r] + odd[r]);
    y[r * ldy] = add ? y[r * ldy] + sum : sum;
  }
}

void dot_all(int64_t rows, int64_t n, const float* x, int64_t ldx, const float* w, bool add,
             float* y, int64_t ldy) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) dot_rows<4>(n, x + i * ldx, ldx, w, add, y + i * ldy, ldy);
  for (; i < rows; ++i) dot_rows<1>(n, x + i * ldx, ldx, w, add, y + i * ldy, ldy);
}

}  // namespace

void dense_add_bias(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* bias,
                    float* y, int64_t ldy) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
    lanes.store(y + i * ldy + j, lanes.load(x + i * ldx + j) + lanes.load(bias + j));
  });
}

void dense_column_sums(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate,
                       float* sums) {
  over_strips<4>(columns, [=](int64_t j, auto strip) {
    constexpr int K = decltype(strip)::size;
    Floats total[K];
    for (int k = 0; k < K; ++k)
      total[k] = accumulate ? strip.lanes.load(sums + j + k * kLanes) : Floats{};
    for (int64_t start = 0; start < rows; start += kRowBlock) {
      int64_t end = start + kRowBlock < rows ? start + kRowBlock : rows;
      Floats part[K] = {};
      for (int64_t i = start; i < end; ++i)
        for (int k = 0; k < K; ++k) part[k] += strip.lanes.load(x + i * ldx + j + k * kLanes);
      for (int k = 0; k < K; ++k) total[k] += part[k];
    }
    for (int k = 0; k < K; ++k) strip.lanes.store(sums + j + k * kLanes, total[k]);
  });
}

void dense_narrow_forward(int64_t rows, int64_t inputs, int64_t units, const float* x, int64_t ldx,
                          const float* kernel, float* y, int64_t ldy) {
  if (units == 1) return dot_all(rows, inputs, x, ldx, kernel, false, y, ldy);
  float transposed[kMaxUnits][kChunk];
  int64_t start = 0;
  do {
    int64_t n = inputs - start < kChunk ? inputs - start : kChunk;
    transpose(n, units, kernel + start * units, transposed);
    for (int64_t u = 0; u < units; ++u)
      dot_all(rows, n, x + start, ldx, transposed[u], start > 0, y + u, ldy);
    start += kChunk;
  } while (start < inputs);
}

void dense_narrow_kernel_gradient(int64_t rows, int64_t inputs, int64_t units, const float* x,
                                  int64_t ldx, const float* dy, int64_t lddy, float* d_kernel) {
  with_units(units, [=](auto constant) {
    constexpr int U = decltype(constant)::value;
    over_strips<(U > 4 ? 1 : 8 / U)>(inputs, [=](int64_t j, auto strip) {
      constexpr int K = decltype(strip)::size;
      Floats total[K][U] = {};
      for (int64_t start = 0; start < rows; start += kRowBlock) {
        int64_t end = start + kRowBlock < rows ? start + kRowBlock : rows;
        Floats part[K][U] = {};
        for (int64_t i = start; i < end; ++i) {
          for (int k = 0; k < K; ++k) {
            Floats v = strip.lanes.load(x + i * ldx + j + k * kLanes);
            for (int u = 0; u < U; ++u) part[k][u] = fma(v, fill(dy[i * lddy + u]), part[k][u]);
          }
        }
        for (int k = 0; k < K; ++k)
          for (int u = 0; u < U; ++u) total[k][u] += part[k][u];
      }
      for (int k = 0; k < K; ++k) {
        for (int u = 0; u < U; ++u) {
          float column[kLanes];
          store(column, total[k][u]);
          for (int64_t input = j + k * kLanes, lane = 0; lane < kLanes && input < inputs;
               ++input, ++lane)
            d_kernel[input * U + u] = column[lane];
        }
      }
    });
  });
}

void dense_narrow_input_gradient(int64_t rows, int64_t inputs, int64_t units, const float* dy,
                                 int64_t lddy, const float* kernel, float* dx, int64_t lddx) {
  with_units(units, [=](auto constant) {
    constexpr int U = decltype(constant)::value;
    float transposed[U][kChunk];
    for (int64_t start = 0; start < inputs; start += kChunk) {
      int64_t n = inputs - start < kChunk ? inputs - start : kChunk;
      transpose(n, U, kernel + start * U, transposed);
      for (int64_t i = 0; i < rows; ++i) {
        Floats d[U];
        for (int u = 0; u < U; ++u) d[u] = fill(dy[i * lddy + u]);
        over_block(1, n, [&](int64_t, int64_t k, auto lanes) {
          Floats sum = d[0] * lanes.load(&transposed[0][k]);
          for (int u = 1; u < U; ++u) sum = fma(d[u], lanes.load(&transposed[u][k]), sum);
          lanes.store(dx + i * lddx + start + k, sum);
        });
      }
    }
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

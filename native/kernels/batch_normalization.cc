#include "kernels/batch_normalization.h"

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr int kStrip = 4;

TRIMTAB_INLINE Ints is_finite(Floats v) { return v - v == 0.0f; }

// The two passes over the rows of one strip of columns. Taking part: every row, or those with
// valid[i] != 0; the first of them is row `first`, `count` is their number.
//   pass 1: mean = shift + sum(x - shift) / count, shift = x[first]
//   pass 2: e = sum(x - mean) / count; variance = sum((x - mean)^2) / count - e^2; mean += e
// Equal values differ from the first by exactly 0, hence their variance is exactly 0; and e
// takes back what the first pass lost where x[first] lies far from all others.
template <bool kAll, class Strip>
TRIMTAB_INLINE void strip_statistics(int64_t rows, const float* x, int64_t ldx,
                                     const uint8_t* valid, int64_t first, float count, float* mean,
                                     float* variance, Strip strip) {
  constexpr int K = Strip::size;
  Floats shift[K], center[K], sums[K] = {}, squares[K] = {};
  for (int k = 0; k < K; ++k) {
    Floats v = strip.lanes.load(x + first * ldx + k * kLanes);
    shift[k] = keep_where(is_finite(v), v);  // infinity - infinity would be nan
  }
  for (int64_t start = first; start < rows; start += kRowBlock) {
    int64_t end = start + kRowBlock < rows ? start + kRowBlock : rows;
    Floats part[K] = {};
    for (int64_t i = start; i < end; ++i) {
      if (!kAll && !valid[i]) continue;
      for (int k = 0; k < K; ++k) part[k] += strip.lanes.load(x + i * ldx + k * kLanes) - shift[k];
    }
    for (int k = 0; k < K; ++k) sums[k] += part[k];
  }
  for (int k = 0; k < K; ++k) {
    center[k] = shift[k] + sums[k] / count;
    sums[k] = Floats{};
  }
  for (int64_t start = first; start < rows; start += kRowBlock) {
    int64_t end = start + kRowBlock < rows ? start + kRowBlock : rows;
    Floats part[K] = {}, part_squares[K] = {};
    for (int64_t i = start; i < end; ++i) {
      if (!kAll && !valid[i]) continue;
      for (int k = 0; k < K; ++k) {
        Floats d = strip.lanes.load(x + i * ldx + k * kLanes) - center[k];
        part[k] += d;
        part_squares[k] = fma(d, d, part_squares[k]);
      }
    }
    for (int k = 0; k < K; ++k) {
      sums[k] += part[k];
      squares[k] += part_squares[k];
    }
  }
  for (int k = 0; k < K; ++k) {
    Floats e = sums[k] / count;
    Floats v = fma(-e, e, squares[k] / count);
    v = v < 0.0f ? fill(0.0f) : v;
    strip.lanes.store(mean + k * kLanes, center[k] + keep_where(is_finite(e), e));
    strip.lanes.store(variance + k * kLanes, v);
  }
}

}  // namespace

void batch_normalization_statistics(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                    const uint8_t* valid, float* mean, float* variance) {
  int64_t first = 0, count = rows;
  if (valid) {
    count = 0;
    for (int64_t i = 0; i < rows; ++i) count += valid[i] != 0;
    while (first < rows && !valid[first]) ++first;
  }
  if (count == 0) {
    for (int64_t j = 0; j < columns; ++j) mean[j] = variance[j] = 0.0f;
    return;
  }
  auto n = static_cast<float>(count);
  over_strips<kStrip>(columns, [=](int64_t j, auto strip) {
    if (count == rows)
      strip_statistics<true>(rows, x + j, ldx, valid, first, n, mean + j, variance + j, strip);
    else
      strip_statistics<false>(rows, x + j, ldx, valid, first, n, mean + j, variance + j, strip);
  });
}

void batch_normalization_normalize(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                   const float* mean, const float* scale, const float* beta,
                                   float* y, int64_t ldy) {
  if (beta) {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
      Floats d = lanes.load(x + i * ldx + j) - lanes.load(mean + j);
      lanes.store(y + i * ldy + j, fma(d, lanes.load(scale + j), lanes.load(beta + j)));
    });
  } else {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
      Floats d = lanes.load(x + i * ldx + j) - lanes.load(mean + j);
      lanes.store(y + i * ldy + j, d * lanes.load(scale + j));
    });
  }
}

void batch_normalization_inverse_deviation(int64_t columns, const float* variance, float epsilon,
                                           float* inverse) {
  over_block(1, columns, [=](int64_t, int64_t j, auto lanes) {
    lanes.store(inverse + j, 1.0f / square_root(lanes.load(variance + j) + epsilon));
  });
}

void batch_normalization_update_moving(int64_t columns, float momentum, float one_minus_momentum,
                                       const float* batch, float* moving) {
  over_block(1, columns, [=](int64_t, int64_t j, auto lanes) {
    lanes.store(moving + j,
                lanes.load(moving + j) * momentum + lanes.load(batch + j) * one_minus_momentum);
  });
}

void batch_normalization_gradient_sums(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                       const float* mean, const float* inverse, const float* dy,
                                       int64_t lddy, float* sum_dy, float* sum_dy_xhat) {
  over_strips<kStrip>(columns, [=](int64_t j, auto strip) {
    constexpr int K = decltype(strip)::size;
    Floats center[K], sums[K] = {}, products[K] = {};
    for (int k = 0; k < K; ++k) center[k] = strip.lanes.load(mean + j + k * kLanes);
    for (int64_t start = 0; start < rows; start += kRowBlock) {
      int64_t end = start + kRowBlock < rows ? start + kRowBlock : rows;
      Floats part[K] = {}, part_products[K] = {};
      for (int64_t i = start; i < end; ++i) {
        for (int k = 0; k < K; ++k) {
          Floats d = strip.lanes.load(dy + i * lddy + j + k * kLanes);
          Floats v = strip.lanes.load(x + i * ldx + j + k * kLanes);
          part[k] += d;
          part_products[k] = fma(d, v - center[k], part_products[k]);
        }
      }
      for (int k = 0; k < K; ++k) {
        sums[k] += part[k];
        products[k] += part_products[k];
      }
    }
    for (int k = 0; k < K; ++k) {
      int64_t column = j + k * kLanes;
      strip.lanes.store(sum_dy + column, sums[k]);
      strip.lanes.store(sum_dy_xhat + column, products[k] * strip.lanes.load(inverse + column));
    }
  });
}

// With everything that a column shares taken out of the loop over its rows:
// dx = a * ((dy - b) - (x - mean) * c),
// a = gamma * inverse, b = sum_dy / n, c = inverse * sum_dy_xhat / n.
void batch_normalization_input_gradient(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                        const float* mean, const float* inverse, const float* gamma,
                                        const float* sum_dy, const float* sum_dy_xhat, float count,
                                        const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  over_strips<2>(columns, [=](int64_t j, auto strip) {
    constexpr int K = decltype(strip)::size;
    Floats center[K], a[K], b[K], c[K];
    for (int k = 0; k < K; ++k) {
      int64_t column = j + k * kLanes;
      Floats inverse_k = strip.lanes.load(inverse + column);
      center[k] = strip.lanes.load(mean + column);
      a[k] = gamma ? strip.lanes.load(gamma + column) * inverse_k : inverse_k;
      b[k] = strip.lanes.load(sum_dy + column) / count;
      c[k] = inverse_k * (strip.lanes.load(sum_dy_xhat + column) / count);
    }
    for (int64_t i = 0; i < rows; ++i) {
      for (int k = 0; k < K; ++k) {
        int64_t column = j + k * kLanes;
        Floats d = strip.lanes.load(dy + i * lddy + column) - b[k];
        Floats v = strip.lanes.load(x + i * ldx + column) - center[k];
        strip.lanes.store(dx + i * lddx + column, a[k] * fma(-v, c[k], d));
      }
    }
  });
}

void batch_normalization_scale_columns(int64_t rows, int64_t columns, const float* dy, int64_t lddy,
                                       const float* scale, float* dx, int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) {
    lanes.store(dx + i * lddx + j, lanes.load(dy + i * lddy + j) * lanes.load(scale + j));
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

#include "kernels/batch_normalization.h"

#include "kernels/columns.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

TRIMTAB_INLINE Ints is_finite(Floats v) { return v - v == 0.0f; }

// One chunk of columns. Taking part: every row, or those with valid[i] != 0; the first of them is
// row `first`, `count` is their number.
//   pass 1: center = shift + sum(x - shift) / count, shift = x[first]
//   pass 2: e = sum(x - center) / count; mean = center + e
//           variance = sum((x - center)^2) / count - e^2
// Equal values differ from the first by exactly 0, hence their variance is exactly 0; and e
// takes back what the first pass lost where x[first] lies far from all others.
template <bool kAll>
void chunk_statistics(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                      const uint8_t* valid, int64_t first, float count, float* mean,
                      float* variance) {
  ColumnSums<1> center, sum;
  ColumnSums<2> sums;
  auto keep_valid = [=](int64_t i, Floats d) TRIMTAB_BODY {
    return kAll ? d : keep_where(fill_ints(valid[i] ? -1 : 0), d);
  };
  over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats v = lanes.load(x + first * ldx + j);
    store(center.values[0] + j, keep_where(is_finite(v), v));  // infinity - infinity is nan
  });
  sum_rows<1>(
      rows, columns,
      [&](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
        return Terms<1>{{keep_valid(i, lanes.load(x + i * ldx + j) - center.at(0, j))}};
      },
      sum);
  for (int64_t j = 0; j < columns; j += kLanes)
    store(center.values[0] + j, center.at(0, j) + sum.at(0, j) / count);
  sum_rows<2>(
      rows, columns,
      [&](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
        Floats d = keep_valid(i, lanes.load(x + i * ldx + j) - center.at(0, j));
        return Terms<2>{{d, d * d}};
      },
      sums);
  over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    Floats e = sums.at(0, j) / count;
    Floats v = fma(-e, e, sums.at(1, j) / count);
    lanes.store(mean + j, center.at(0, j) + keep_where(is_finite(e), e));
    lanes.store(variance + j, v < 0.0f ? fill(0.0f) : v);
  });
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
  over_chunks(columns, [=](int64_t j, int64_t width) TRIMTAB_BODY {
    if (count == rows)
      chunk_statistics<true>(rows, width, x + j, ldx, valid, first, n, mean + j, variance + j);
    else
      chunk_statistics<false>(rows, width, x + j, ldx, valid, first, n, mean + j, variance + j);
  });
}

void batch_normalization_normalize(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                   const float* mean, const float* scale, const float* beta,
                                   float* y, int64_t ldy) {
  over_rows<2>(rows, [=](int64_t i, auto together) TRIMTAB_BODY {
    over_columns(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
      Floats center = lanes.load(mean + j), factor = lanes.load(scale + j);
      Floats shift = beta ? lanes.load(beta + j) : Floats{};
      for (int r = 0; r < decltype(together)::value; ++r) {
        Floats d = lanes.load(x + (i + r) * ldx + j) - center;
        lanes.store(y + (i + r) * ldy + j, fma(d, factor, shift));
      }
    });
  });
}

void batch_normalization_inverse_deviation(int64_t columns, const float* variance, float epsilon,
                                           float* inverse) {
  over_columns(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
    lanes.store(inverse + j, 1.0f / square_root(lanes.load(variance + j) + epsilon));
  });
}

void batch_normalization_update_moving(int64_t columns, float momentum, float one_minus_momentum,
                                       const float* batch, float* moving) {
  over_columns(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
    lanes.store(moving + j,
                lanes.load(moving + j) * momentum + lanes.load(batch + j) * one_minus_momentum);
  });
}

void batch_normalization_gradient_sums(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                       const float* mean, const float* inverse, const float* dy,
                                       int64_t lddy, float* sum_dy, float* sum_dy_xhat) {
  over_chunks(columns, [=](int64_t start, int64_t width) TRIMTAB_BODY {
    ColumnSums<2> sums;
    sum_rows<2>(
        rows, width,
        [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
          Floats d = lanes.load(dy + i * lddy + start + j);
          Floats v = lanes.load(x + i * ldx + start + j) - lanes.load(mean + start + j);
          return Terms<2>{{d, d * v}};
        },
        sums);
    over_columns(width, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(sum_dy + start + j, sums.at(0, j));
      lanes.store(sum_dy_xhat + start + j, sums.at(1, j) * lanes.load(inverse + start + j));
    });
  });
}

// With everything that a column shares taken out of the loop over its rows:
// dx = a * ((dy - b) - (x - mean) * c),
// a = gamma * inverse, b = sum_dy / n, c = inverse * sum_dy_xhat / n.
void batch_normalization_input_gradient(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                                        const float* mean, const float* inverse, const float* gamma,
                                        const float* sum_dy, const float* sum_dy_xhat, float count,
                                        const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  over_chunks(columns, [=](int64_t start, int64_t width) TRIMTAB_BODY {
    ColumnSums<3> shared;
    over_columns(width, [&](int64_t k, auto lanes) TRIMTAB_BODY {
      const int64_t j = start + k;
      Floats factor = lanes.load(inverse + j);
      store(shared.values[0] + k, gamma ? lanes.load(gamma + j) * factor : factor);
      store(shared.values[1] + k, lanes.load(sum_dy + j) / count);
      store(shared.values[2] + k, factor * (lanes.load(sum_dy_xhat + j) / count));
    });
    over_rows<2>(rows, [&](int64_t i, auto together) TRIMTAB_BODY {
      over_columns(width, [&](int64_t k, auto lanes) TRIMTAB_BODY {
        const int64_t j = start + k;
        Floats center = lanes.load(mean + j);
        Floats a = shared.at(0, k), b = shared.at(1, k), c = shared.at(2, k);
        for (int r = 0; r < decltype(together)::value; ++r) {
          Floats d = lanes.load(dy + (i + r) * lddy + j) - b;
          Floats v = lanes.load(x + (i + r) * ldx + j) - center;
          lanes.store(dx + (i + r) * lddx + j, a * fma(-v, c, d));
        }
      });
    });
  });
}

void batch_normalization_scale_columns(int64_t rows, int64_t columns, const float* dy, int64_t lddy,
                                       const float* scale, float* dx, int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    lanes.store(dx + i * lddx + j, lanes.load(dy + i * lddy + j) * lanes.load(scale + j));
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

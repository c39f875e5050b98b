#include "kernels/layer_normalization.h"

#include "kernels/columns.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// Sum of f(j, lanes) over the columns of a row, in an order that their number fixes.
template <class Term>
TRIMTAB_INLINE float row_sum(int64_t columns, Term term) {
  Floats total{};
  over_columns(columns, [&](int64_t j, auto lanes)
                            TRIMTAB_BODY { total += lanes.clear_rest(term(j, lanes)); });
  return sum_of(total);
}

TRIMTAB_INLINE float root(float v) { return square_root(fill(v))[0]; }

}  // namespace

// Measured: 0.99 / 0.74 cycles an element.
void layer_normalization_forward(RowScale by, float epsilon, int64_t rows, int64_t columns,
                                 const float* x, int64_t ldx, const float* gamma, const float* beta,
                                 float* mean, float* inverse, float* y, int64_t ldy) {
  const auto n = static_cast<float>(columns);
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = x + i * ldx;
    const float middle = by == RowScale::deviation
                             ? row_sum(columns, [=](int64_t j, auto lanes)
                                                    TRIMTAB_BODY { return lanes.load(from + j); }) /
                                   n
                             : 0.0f;
    const float squares = row_sum(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats v = lanes.load(from + j) - middle;
      return v * v;
    });
    float factor;
    if (by == RowScale::length) {
      const float length = root(squares);
      factor = 1.0f / (length < epsilon ? epsilon : length);
    } else {
      factor = 1.0f / root(squares / n + epsilon);
    }
    mean[i] = middle;
    inverse[i] = factor;
    over_columns(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
      Floats v = (lanes.load(from + j) - middle) * factor;
      if (gamma != nullptr) v = v * lanes.load(gamma + j);
      if (beta != nullptr) v = v + lanes.load(beta + j);
      lanes.store(y + i * ldy + j, v);
    });
  }
}

// Measured: 1.0 / 0.82 cycles an element.
void layer_normalization_input_gradient(RowScale by, int64_t rows, int64_t columns, const float* x,
                                        int64_t ldx, const float* gamma, const float* mean,
                                        const float* inverse, const float* dy, int64_t lddy,
                                        float* dx, int64_t lddx) {
  const auto n = static_cast<float>(columns);
  for (int64_t i = 0; i < rows; ++i) {
    const float *from = x + i * ldx, *d = dy + i * lddy;
    const float middle = mean[i], factor = inverse[i];
    auto slope = [=](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats v = lanes.load(d + j);
      return gamma == nullptr ? v : v * lanes.load(gamma + j);
    };
    auto normal = [=](int64_t j, auto lanes)
                      TRIMTAB_BODY { return (lanes.load(from + j) - middle) * factor; };
    float share = row_sum(columns, [=](int64_t j, auto lanes)
                                       TRIMTAB_BODY { return slope(j, lanes) * normal(j, lanes); });
    float common = 0.0f, gain = factor;
    if (by == RowScale::length) {
      const bool empty = row_sum(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
                           return absolute(lanes.load(from + j));
                         }) == 0.0f;
      if (empty) gain = 0.0f;
    } else {
      share /= n;
    }
    if (by == RowScale::deviation) common = row_sum(columns, slope) / n;
    over_columns(columns, [=](int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(dx + i * lddx + j,
                  gain * ((slope(j, lanes) - common) - normal(j, lanes) * share));
    });
  }
}

// Measured: 0.36 / 0.26 cycles an element.
void layer_normalization_parameter_gradients(int64_t rows, int64_t columns, const float* x,
                                             int64_t ldx, const float* mean, const float* inverse,
                                             const float* dy, int64_t lddy, bool accumulate,
                                             float* d_gamma, float* d_beta) {
  over_chunks(columns, [=](int64_t start, int64_t width) TRIMTAB_BODY {
    ColumnSums<2> sums;
    sum_rows<2>(
        rows, width,
        [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
          const Floats d = lanes.load(dy + i * lddy + start + j);
          const Floats v = (lanes.load(x + i * ldx + start + j) - mean[i]) * inverse[i];
          return Terms<2>{{d * v, d}};
        },
        sums);
    float* both[2] = {d_gamma, d_beta};
    for (int s = 0; s < 2; ++s) {
      if (both[s] == nullptr) continue;
      float* to = both[s] + start;
      over_columns(width, [&](int64_t j, auto lanes) TRIMTAB_BODY {
        const Floats sum = sums.at(s, j);
        lanes.store(to + j, accumulate ? lanes.load(to + j) + sum : sum);
      });
    }
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL

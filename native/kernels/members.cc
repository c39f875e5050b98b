#include "kernels/members.h"

#include "kernels/columns.h"
#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// Probabilities below the smallest float32 have no logarithm.
constexpr float kSmallest = 1.17549435e-38f;

// What turns a row of logits into probabilities: exp(x - largest) / sum.
struct Normalizer {
  float largest, sum;

  inline __attribute__((always_inline)) Floats of(Floats x) const { return exp(x - largest) / sum; }
};

Normalizer normalizer(int64_t columns, const float* x) {
  const float largest = maximum_of(x, columns);
  Floats total{};
  over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    total += lanes.clear_rest(exp(lanes.load(x + j) - largest));
  });
  return {largest, sum_of(total)};
}

// log sum_m exp(term(m)) over the members.
template <class Term>
TRIMTAB_INLINE Floats log_sum(int64_t members, Term term) {
  Floats largest = term(0);
  for (int64_t m = 1; m < members; ++m) largest = maximum(term(m), largest);
  // All of them minus infinity: so is the sum.
  const Floats lowest = fill(-3e38f);
  largest = largest < lowest ? lowest : largest;
  Floats sum{};
  for (int64_t m = 0; m < members; ++m) sum += exp(term(m) - largest);
  return largest + log(sum);
}

void mean_of_numbers(int64_t rows, int64_t columns, int64_t members, const float* x, int64_t ldx,
                     float* y, int64_t ldy) {
  const auto k = static_cast<float>(members);
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    Floats sum = lanes.load(x + i * ldx + j);
    for (int64_t m = 1; m < members; ++m) sum += lanes.load(x + i * ldx + m * columns + j);
    lanes.store(y + i * ldy + j, sum / k);
  });
}

void mean_of_sigmoids(int64_t rows, int64_t columns, int64_t members, const float* x, int64_t ldx,
                      float* y, int64_t ldy) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    const float* from = x + i * ldx + j;
    Floats yes = log_sum(members, [=](int64_t m) TRIMTAB_BODY {
      return -softplus(-lanes.load(from + m * columns));
    });
    Floats no = log_sum(
        members, [=](int64_t m) TRIMTAB_BODY { return -softplus(lanes.load(from + m * columns)); });
    lanes.store(y + i * ldy + j, yes - no);
  });
}

void mean_of_softmaxes(int64_t rows, int64_t columns, int64_t members, const float* x, int64_t ldx,
                       float* y, int64_t ldy) {
  const auto k = static_cast<float>(members);
  for (int64_t i = 0; i < rows; ++i) {
    float* to = y + i * ldy;
    for (int64_t m = 0; m < members; ++m) {
      const float* from = x + i * ldx + m * columns;
      const Normalizer n = normalizer(columns, from);
      over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
        Floats p = n.of(lanes.load(from + j));
        lanes.store(to + j, m == 0 ? p : lanes.load(to + j) + p);
      });
    }
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      Floats p = lanes.load(to + j) / k;
      lanes.store(to + j, log(p < kSmallest ? fill(kSmallest) : p));
    });
  }
}

}  // namespace

void members_affine(int64_t rows, int64_t columns, const float* x, int64_t ldx, const float* scale,
                    const float* bias, float* y, int64_t ldy) {
  if (scale == nullptr && bias == nullptr) {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(y + i * ldy + j, lanes.load(x + i * ldx + j));
    });
  } else if (scale == nullptr) {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(y + i * ldy + j, lanes.load(x + i * ldx + j) + lanes.load(bias + j));
    });
  } else if (bias == nullptr) {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(y + i * ldy + j, lanes.load(x + i * ldx + j) * lanes.load(scale + j));
    });
  } else {
    over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(y + i * ldy + j,
                  fma(lanes.load(x + i * ldx + j), lanes.load(scale + j), lanes.load(bias + j)));
    });
  }
}

void members_affine_gradient(int64_t rows, int64_t columns, const float* x, int64_t ldx,
                             const float* dy, int64_t lddy, bool accumulate, float* d_scale,
                             float* d_bias) {
  over_chunks(columns, [=](int64_t start, int64_t width) TRIMTAB_BODY {
    ColumnSums<2> sums;
    sum_rows<2>(
        rows, width,
        [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
          Floats d = lanes.load(dy + i * lddy + start + j);
          return Terms<2>{{d * lanes.load(x + i * ldx + start + j), d}};
        },
        sums);
    auto put = [&](int s, float* to) {
      if (to == nullptr) return;
      over_columns(width, [&](int64_t j, auto lanes) TRIMTAB_BODY {
        Floats sum = sums.at(s, j);
        lanes.store(to + start + j, accumulate ? lanes.load(to + start + j) + sum : sum);
      });
    };
    put(0, d_scale);
    put(1, d_bias);
  });
}

void members_repeat_gradient(int64_t rows, int64_t columns, int64_t members, const float* dy,
                             int64_t lddy, const float* scale, float* dx, int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    Floats sum{};
    for (int64_t m = 0; m < members; ++m) {
      Floats d = lanes.load(dy + i * lddy + m * columns + j);
      sum = scale == nullptr ? sum + d : fma(d, lanes.load(scale + m * columns + j), sum);
    }
    lanes.store(dx + i * lddx + j, sum);
  });
}

void members_average(AverageOf of, int64_t rows, int64_t columns, int64_t members, const float* x,
                     int64_t ldx, float* y, int64_t ldy) {
  switch (of) {
    case AverageOf::numbers:
      return mean_of_numbers(rows, columns, members, x, ldx, y, ldy);
    case AverageOf::sigmoid_logits:
      return mean_of_sigmoids(rows, columns, members, x, ldx, y, ldy);
    case AverageOf::softmax_logits:
      return mean_of_softmaxes(rows, columns, members, x, ldx, y, ldy);
  }
}

// numbers: dy / k. sigmoid_logits: dy sigmoid'(x) / (k p (1 - p)). softmax_logits, with q =
// softmax(x) of the member and r = q / (k p): dy_j r_j - q_j sum_c dy_c r_c.
void members_average_gradient(AverageOf of, int64_t rows, int64_t columns, int64_t members,
                              const float* x, int64_t ldx, const float* y, int64_t ldy,
                              const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  const auto k = static_cast<float>(members);
  for (int64_t i = 0; i < rows; ++i) {
    const float *d = dy + i * lddy, *out = y + i * ldy;
    for (int64_t m = 0; m < members; ++m) {
      const float* from = x + i * ldx + m * columns;
      float* to = dx + i * lddx + m * columns;
      if (of == AverageOf::numbers) {
        over_columns(columns, [&](int64_t j, auto lanes)
                                  TRIMTAB_BODY { lanes.store(to + j, lanes.load(d + j) / k); });
      } else if (of == AverageOf::sigmoid_logits) {
        over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
          Floats v = lanes.load(from + j), z = lanes.load(out + j);
          Floats ratio = exp((softplus(z) + softplus(-z)) - (softplus(v) + softplus(-v)));
          lanes.store(to + j, lanes.load(d + j) * ratio / k);
        });
      } else {
        const Normalizer n = normalizer(columns, from);
        auto weighted = [&](int64_t j, auto lanes) TRIMTAB_BODY {
          return lanes.load(d + j) * n.of(lanes.load(from + j)) / (k * exp(lanes.load(out + j)));
        };
        Floats total{};
        over_columns(columns, [&](int64_t j, auto lanes)
                                  TRIMTAB_BODY { total += lanes.clear_rest(weighted(j, lanes)); });
        const float sum = sum_of(total);
        over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
          lanes.store(to + j, weighted(j, lanes) - n.of(lanes.load(from + j)) * sum);
        });
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL

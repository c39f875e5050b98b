#include "kernels/softmax.h"

#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// Measured: 2.7 / 1.8 cycles an element.
void plain_forward(int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                   int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = x + i * ldx;
    float* to = y + i * ldy;
    // A nan may be passed over here: it comes back through the sum.
    const float largest = maximum_of(from, columns);
    Floats total{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      Floats e = exp(lanes.load(from + j) - largest);
      lanes.store(to + j, e);
      total += lanes.clear_rest(e);
    });
    float sum = sum_of(total);
    over_columns(columns, [&](int64_t j, auto lanes)
                              TRIMTAB_BODY { lanes.store(to + j, lanes.load(to + j) / sum); });
  }
}

// Measured: 0.55 / 0.57 cycles an element.
void plain_backward(int64_t rows, int64_t columns, const float* y, int64_t ldy, const float* dy,
                    int64_t lddy, float* dx, int64_t lddx) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* p = y + i * ldy;
    const float* d = dy + i * lddy;
    Floats total{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      total = fma(lanes.load(d + j), lanes.load(p + j), total);
    });
    float sum = sum_of(total);
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(dx + i * lddx + j, lanes.load(p + j) * (lanes.load(d + j) - sum));
    });
  }
}

// Measured: 2.7 / 1.6 cycles an element.
void log_forward(int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                 int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = x + i * ldx;
    float* to = y + i * ldy;
    const float largest = maximum_of(from, columns);
    Floats total{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      total += lanes.clear_rest(exp(lanes.load(from + j) - largest));
    });
    const Floats logarithm = log(fill(sum_of(total)));
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      lanes.store(to + j, (lanes.load(from + j) - largest) - logarithm);
    });
  }
}

void log_backward(int64_t rows, int64_t columns, const float* y, int64_t ldy, const float* dy,
                  int64_t lddy, float* dx, int64_t lddx) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* d = dy + i * lddy;
    Floats total{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY { total += lanes.load(d + j); });
    const float sum = sum_of(total);
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats share = exp(lanes.load(y + i * ldy + j));
      lanes.store(dx + i * lddx + j, lanes.load(d + j) - share * sum);
    });
  }
}

// Sum and number of the columns of a row, less its largest, that lie above a bound.
struct Above {
  float sum, count;
};
TRIMTAB_INLINE Above sum_above(int64_t columns, const float* x, float largest, float bound) {
  Floats sum{}, count{};
  over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
    const Floats z = lanes.load(x + j) - largest;
    const Ints taken = z > bound;
    sum += lanes.clear_rest(keep_where(taken, z));
    count += lanes.clear_rest(keep_where(taken, fill(1.0f)));
  });
  return {sum_of(sum), sum_of(count)};
}

// tau without sorting (Michelot 1986): that of all columns which may be above it, these are
// fewer then, until none is left out. What is 1 or more below the largest is never above.
// Measured: 4.1 / 4.0 cycles an element.
void sparse_forward(int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                    int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* from = x + i * ldx;
    float* to = y + i * ldy;
    const float largest = maximum_of(from, columns);
    float tau = -1.0f;
    Above above = sum_above(columns, from, largest, tau);
    for (float count = 0.0f; above.count != count;) {
      count = above.count;
      const float next = (above.sum - 1.0f) / count;
      tau = next > tau ? next : tau;
      above = sum_above(columns, from, largest, tau);
    }
    Floats bad{};  // not 0 where a column does not compare
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats z = lanes.load(from + j) - largest;
      bad += lanes.clear_rest(keep_where(z != z, fill(1.0f)));
    });
    const float poison = sum_of(bad) > 0.0f ? __builtin_nanf("") : 0.0f;
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Floats z = lanes.load(from + j) - largest;
      lanes.store(to + j, maximum(z - tau, fill(0.0f)) + poison);
    });
  }
}

void sparse_backward(int64_t rows, int64_t columns, const float* y, int64_t ldy, const float* dy,
                     int64_t lddy, float* dx, int64_t lddx) {
  for (int64_t i = 0; i < rows; ++i) {
    const float *p = y + i * ldy, *d = dy + i * lddy;
    Floats total{}, count{};
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Ints taken = lanes.load(p + j) != 0.0f;
      total += lanes.clear_rest(keep_where(taken, lanes.load(d + j)));
      count += lanes.clear_rest(keep_where(taken, fill(1.0f)));
    });
    const float mean = sum_of(total) / sum_of(count);
    over_columns(columns, [&](int64_t j, auto lanes) TRIMTAB_BODY {
      const Ints taken = lanes.load(p + j) != 0.0f;
      lanes.store(dx + i * lddx + j, keep_where(taken, lanes.load(d + j) - mean));
    });
  }
}

}  // namespace

void softmax_forward(Softmax f, int64_t rows, int64_t columns, const float* x, int64_t ldx,
                     float* y, int64_t ldy) {
  auto run = f == Softmax::softmax       ? plain_forward
             : f == Softmax::log_softmax ? log_forward
                                         : sparse_forward;
  run(rows, columns, x, ldx, y, ldy);
}

void softmax_backward(Softmax f, int64_t rows, int64_t columns, const float* y, int64_t ldy,
                      const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  auto run = f == Softmax::softmax       ? plain_backward
             : f == Softmax::log_softmax ? log_backward
                                         : sparse_backward;
  run(rows, columns, y, ldy, dy, lddy, dx, lddx);
}

}  // namespace trimtab::TRIMTAB_LEVEL

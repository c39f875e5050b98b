// Waves of a number, and a linear map of them: the periodic embedding of one column.
#pragma once

#include <cstdint>

namespace trimtab {

// One column: k = `frequencies` numbers w, as many b (null with `pairs`, and counted as 0), and a
// kernel of `waves` rows of `dim` numbers, row-major and dense. A cell x has u_f = w_f x + b_f and
// the waves cos(2 pi u_f), with `pairs` then also sin(2 pi u_f). A u of 2^22 and beyond counts as a
// whole number. A cell that is nan has the waves 0, and what it has in place of a vector is
// `missing`. Infinite cells have waves that are nan.
struct PeriodicColumn {
  int64_t frequencies = 0, dim = 0;
  bool pairs = false;
  bool relu = false;
  const float *w = nullptr, *b = nullptr, *kernel = nullptr, *bias = nullptr, *missing = nullptr;

  int64_t waves() const { return pairs ? 2 * frequencies : frequencies; }
};

// What a column keeps of its rows for the way back. Rows lie side by side, `stride` apart from one
// wave to the next.
struct PeriodicRows {
  float* x = nullptr;      // the cells
  float* waves = nullptr;  // (2 k, rows): cosines, then sines
  float* dv = nullptr;     // (dim, rows): gradient of the vectors, before relu
  int64_t stride = 0;
};

// Null: not wanted.
struct PeriodicGradients {
  float *w = nullptr, *b = nullptr, *kernel = nullptr, *bias = nullptr, *missing = nullptr;
};

struct PeriodicKernels {
  // y[i,:] = sum_f waves[f] kernel[f,:] + bias, f in order, then relu (nan stays nan). Fills x and
  // waves of `kept`, unless kept.waves is null.
  void (*forward)(const PeriodicColumn& column, int64_t rows, const float* x, int64_t ldx, float* y,
                  int64_t ldy, const PeriodicRows& kept);
  // kept.dv from dy; y is read with relu only.
  void (*vector_gradient)(const PeriodicColumn& column, int64_t rows, const float* y, int64_t ldy,
                          const float* dy, int64_t lddy, const PeriodicRows& kept);
  // dx[i * lddx] += sum_f (gradient of u_f) w_f. A cell that is nan gets nothing.
  void (*input_gradient)(const PeriodicColumn& column, int64_t rows, const PeriodicRows& kept,
                         float* dx, int64_t lddx);
  // Sums over the rows, in an order that their number fixes. Cells that are nan take part in
  // `missing` alone.
  void (*parameter_gradients)(const PeriodicColumn& column, int64_t rows, const PeriodicRows& kept,
                              const PeriodicGradients& gradients);
};

}  // namespace trimtab

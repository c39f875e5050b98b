// Interpolation between rows of a table: learned curves of one column.
#pragma once

#include <cstdint>

namespace trimtab {

// A column has `knots` edges, ascending, and a table of knots + 1 rows of `dim` numbers, row-major
// and dense: a row for each edge, and the last one for nan. A cell lies between the edges
// `place` and `place + 1`, at `share` of the way: 0 before the first edge, 1 behind the last one. A
// cell that is nan has the place `knots` and the share 0. Cells count as at most 3e38 and at least
// -3e38; where two edges are equal the share is 0.
struct PiecewiseLinearKernels {
  // From a table of increments (row 0, then differences from row to row) the table: table[b,:] =
  // increments[0,:] + ... + increments[b,:], added in this order; the row of nan is copied.
  void (*sum_increments)(int64_t knots, int64_t dim, const float* increments, float* table);
  // In place, from the gradient of the table that of its increments: row b becomes the sum of rows
  // b to knots - 1, added from the last one on; the row of nan stays.
  void (*increment_gradient)(int64_t knots, int64_t dim, float* gradient);
  // place[i] and share[i] of x[i * ldx].
  void (*locate)(int64_t rows, const float* x, int64_t ldx, const float* edges, int64_t knots,
                 int64_t* place, float* share);
  // y[i,:] = table[place] + share * (table[place + 1] - table[place]); the row of nan as it is.
  void (*forward)(int64_t rows, int64_t dim, const int64_t* place, const float* share,
                  const float* table, int64_t knots, float* y, int64_t ldy);
  // d_table[place] += (1 - share) * dy[i,:], d_table[place + 1] += share * dy[i,:], i in order.
  void (*table_gradient)(int64_t rows, int64_t dim, const int64_t* place, const float* share,
                         const float* dy, int64_t lddy, int64_t knots, float* d_table);
  // dx[i * lddx] += sum_j dy[i,j] * (table[place + 1,j] - table[place,j]) / (width of the interval)
  // between the outermost edges; elsewhere nothing.
  void (*input_gradient)(int64_t rows, int64_t dim, const int64_t* place, const float* x,
                         int64_t ldx, const float* edges, int64_t knots, const float* table,
                         const float* dy, int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab

// Products with a layer's kernel, which lies in panels: columns 0 to 31 of all rows, then columns
// 32 to 63, and so on. So a tile reads one stretch of memory, threads that own columns own
// stretches, and nothing is packed from step to step.
#pragma once

#include <cstdint>

#include "kernels/matmul.h"

namespace trimtab {

constexpr int64_t panel_width = 32;

// Numbers of a matrix in panels; columns beyond the last are there, and 0.
constexpr int64_t panels_size(int64_t rows, int64_t columns) {
  return (columns + panel_width - 1) / panel_width * panel_width * rows;
}

// Where element (row, column) lies.
constexpr int64_t place_in_panels(int64_t rows, int64_t row, int64_t column) {
  return (column / panel_width * rows + row) * panel_width + column % panel_width;
}

// What is to be done with a part of a kernel's gradient while it lies in the nearest caches. Where
// the sum is no longer than one of its blocks, the gradient is nowhere else.
struct GradientUser {
  // Columns [column, column + columns) of a panel, rows [row, row + rows) of it; rows of gradient
  // are panel_width apart.
  void (*run)(const void* context, const float* gradient, int64_t row, int64_t rows, int64_t column,
              int64_t columns);
  const void* context;
};

// The scratch of an input's gradient: that of a product, or a strip of 32 rows of dy.
constexpr int64_t input_scratch(int64_t rows, int64_t units) {
  const int64_t strip = panel_width * (units < 512 ? units : 512) + 32;
  return strip > matmul_scratch(rows, units) ? strip : matmul_scratch(rows, units);
}

// The scratch of a kernel's gradient: that of a product, and, on a cache line, room for a part.
constexpr int64_t part_in_scratch(int64_t inputs, int64_t rows) {
  return (matmul_scratch(inputs, rows) + 15) / 16 * 16;
}
constexpr int64_t gradient_scratch(int64_t inputs, int64_t rows) {
  return part_in_scratch(inputs, rows) + 264 * panel_width;
}

// The sum over a layer's units runs in blocks of so many. Between 128 and 512 units it is two
// halves, so that two threads can each take the half whose weights are theirs.
constexpr int64_t sum_block(int64_t units) {
  const bool halves = units > 128 && units <= 512;
  return halves ? (units + 2 * panel_width - 1) / (2 * panel_width) * panel_width : 256;
}

// Elements are those of MatmulKernels::product to the last bit. scratch: matmul_scratch of the
// batch's rows and the sum's length, where nothing else is said.
struct PanelKernels {
  // y(rows, n) = x(rows, inputs) times the kernel's columns [first, first + n).
  void (*product)(int64_t rows, int64_t inputs, int64_t first, int64_t n, const float* x,
                  int64_t ldx, const float* kernel, float* y, int64_t ldy, float* scratch);
  // Columns [first, first + n) of the rows [top, top + inputs) of a kernel of kernel_rows:
  // x(rows, inputs)^T dy(rows, n). user: or null. scratch: gradient_scratch(inputs, rows).
  void (*kernel_gradient)(int64_t rows, int64_t inputs, int64_t first, int64_t n, const float* x,
                          int64_t ldx, const float* dy, int64_t lddy, float* kernel,
                          int64_t kernel_rows, int64_t top, const GradientUser* user,
                          float* scratch);
  // dx(rows, n) = dy(rows, units) times the kernel's rows [first, first + n), turned. block: of the
  // sum, as sum_block says of the layer. scratch: input_scratch(rows, units).
  void (*input_gradient)(int64_t rows, int64_t units, int64_t block, int64_t first, int64_t n,
                         const float* dy, int64_t lddy, const float* kernel, int64_t kernel_rows,
                         float* dx, int64_t lddx, float* scratch);
};

}  // namespace trimtab

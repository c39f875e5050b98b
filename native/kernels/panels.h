// Products with a layer's kernel, which lies in panels: columns 0 to 31 of all rows, then columns
// 32 to 63, and so on. So a tile reads one stretch of memory, threads that own columns own
// stretches, and nothing is packed from step to step.
#pragma once

#include <cstdint>

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

// Elements are those of MatmulKernels::product to the last bit. scratch: matmul_scratch of the
// batch's rows (of `inputs` for the kernel's gradient) and the sum's length.
struct PanelKernels {
  // y(rows, n) = x(rows, inputs) times the kernel's columns [first, first + n).
  void (*product)(int64_t rows, int64_t inputs, int64_t first, int64_t n, const float* x,
                  int64_t ldx, const float* kernel, float* y, int64_t ldy, float* scratch);
  // Columns [first, first + n) of the rows [top, top + inputs) of a kernel of kernel_rows:
  // x(rows, inputs)^T dy(rows, n).
  void (*kernel_gradient)(int64_t rows, int64_t inputs, int64_t first, int64_t n, const float* x,
                          int64_t ldx, const float* dy, int64_t lddy, float* kernel,
                          int64_t kernel_rows, int64_t top, float* scratch);
  // dx(rows, n) = dy(rows, units) times the kernel's rows [first, first + n), turned.
  void (*input_gradient)(int64_t rows, int64_t units, int64_t first, int64_t n, const float* dy,
                         int64_t lddy, const float* kernel, int64_t kernel_rows, float* dx,
                         int64_t lddx, float* scratch);
};

}  // namespace trimtab

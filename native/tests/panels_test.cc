// Products with a kernel in panels: the bits of the same product row by row, which matmul_test.cc
// holds against sums in double.
#include "kernels/panels.h"

#include "kernels/matmul.h"
#include "tests/check.h"

namespace trimtab::test {
namespace {

struct Layer {
  const Kernels& k;
  int64_t rows, inputs, units;
  Block x, dy, kernel;
  std::vector<float> panels, scratch;

  Layer(const Kernels& kernels, int64_t rows_, int64_t inputs_, int64_t units_, Data& data)
      : k(kernels),
        rows(rows_),
        inputs(inputs_),
        units(units_),
        x(rows, inputs),
        dy(rows, units),
        kernel(inputs, units),
        panels(static_cast<size_t>(panels_size(inputs, units))),
        scratch(static_cast<size_t>(matmul_scratch(rows, inputs) + input_scratch(rows, units) +
                                    gradient_scratch(inputs, rows))) {
    for (Block* b : {&x, &dy, &kernel}) b->fill([&] { return data.normal(); });
    for (int64_t i = 0; i < inputs; ++i) {
      for (int64_t j = 0; j < units; ++j) at(i, j) = kernel(i, j);
    }
  }
  float& at(int64_t i, int64_t j) {
    return panels[static_cast<size_t>(place_in_panels(inputs, i, j))];
  }

  void product(Block& y, int64_t from, int64_t to) {
    k.panels.product(rows, inputs, from, to - from, x.data(), x.stride(), panels.data(),
                     y.data() + from, y.stride(), scratch.data());
  }
  void kernel_gradient(std::vector<float>& out, int64_t top, int64_t end, int64_t from,
                       int64_t to) {
    k.panels.kernel_gradient(rows, end - top, from, to - from, x.data() + top, x.stride(),
                             dy.data() + from, dy.stride(), out.data(), inputs, top, nullptr,
                             scratch.data());
  }
  // Of columns [from, to), part by part as it becomes whole; each number is handed over once.
  void kernel_gradient_in_parts(std::vector<float>& out, int64_t from, int64_t to) {
    std::vector<float> sums(out.size());
    struct Context {
      std::vector<float>& out;
      int64_t inputs;
    } context{out, inputs};
    const GradientUser user{[](const void* of, const float* part, int64_t row, int64_t height,
                               int64_t column, int64_t columns) {
                              const Context& c = *static_cast<const Context*>(of);
                              for (int64_t i = 0; i < height; ++i) {
                                for (int64_t j = 0; j < columns; ++j) {
                                  const int64_t at = place_in_panels(c.inputs, row + i, column) + j;
                                  c.out[static_cast<size_t>(at)] += part[i * panel_width + j];
                                }
                              }
                            },
                            &context};
    k.panels.kernel_gradient(rows, inputs, from, to - from, x.data(), x.stride(), dy.data() + from,
                             dy.stride(), sums.data(), inputs, 0, &user, scratch.data());
  }
  void input_gradient(Block& dx, int64_t from, int64_t to) {
    k.panels.input_gradient(rows, units, sum_block(units), from, to - from, dy.data(), dy.stride(),
                            panels.data(), inputs, dx.data() + from, dx.stride(), scratch.data());
  }
};

bool same(const Block& a, const Block& b, int64_t rows, int64_t columns) {
  bool ok = a.guards_intact() && b.guards_intact();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) ok = ok && same_bits(a(i, j), b(i, j));
  return ok;
}

}  // namespace

KERNEL_TEST(panels_have_the_bits_of_products_row_by_row) {
  Data data;
  for (int64_t rows : {1, 5, 12, 16, 17, 32, 33, 70, 300}) {
    for (int64_t inputs : {1, 6, 13, 40, 257}) {
      for (int64_t units : {1, 9, 31, 32, 33, 100, 290, 530}) {
        if (rows * inputs * units > 2000000) continue;
        Layer l(k, rows, inputs, units, data);
        auto product = k.matmul.product;
        Block y(rows, units), expected_y(rows, units), dx(rows, inputs), expected_dx(rows, inputs);
        Block expected_kernel(inputs, units), kernel(inputs, units);
        product(rows, units, inputs, l.x.data(), l.x.stride(), 1, l.kernel.data(),
                l.kernel.stride(), 1, expected_y.data(), expected_y.stride(), l.scratch.data());
        product(inputs, units, rows, l.x.data(), 1, l.x.stride(), l.dy.data(), l.dy.stride(), 1,
                expected_kernel.data(), expected_kernel.stride(), l.scratch.data());
        const int64_t block = sum_block(units);
        Block more(rows, inputs);
        for (int64_t q = 0; q < units; q += block) {
          product(rows, inputs, std::min(block, units - q), l.dy.data() + q, l.dy.stride(), 1,
                  l.kernel.data() + q, 1, l.kernel.stride(), more.data(), more.stride(),
                  l.scratch.data());
          for (int64_t i = 0; i < rows; ++i) {
            for (int64_t j = 0; j < inputs; ++j) {
              expected_dx(i, j) = q == 0 ? more(i, j) : expected_dx(i, j) + more(i, j);
            }
          }
        }
        // In two parts, as two threads would.
        const int64_t middle = units / 2 / 16 * 16, half = inputs / 2;
        std::vector<float> gradient(l.panels.size(), 0.0f), by_rows(l.panels.size(), 0.0f),
            in_parts(l.panels.size(), 0.0f);
        l.product(y, 0, middle);
        l.product(y, middle, units);
        l.kernel_gradient(gradient, 0, inputs, 0, middle);
        l.kernel_gradient(gradient, 0, inputs, middle, units);
        l.kernel_gradient(by_rows, 0, half, 0, units);
        l.kernel_gradient(by_rows, half, inputs, 0, units);
        l.kernel_gradient_in_parts(in_parts, 0, middle);
        l.kernel_gradient_in_parts(in_parts, middle, units);
        l.input_gradient(dx, 0, half);
        l.input_gradient(dx, half, inputs);
        for (int64_t i = 0; i < inputs; ++i) {
          for (int64_t j = 0; j < units; ++j) {
            kernel(i, j) = gradient[static_cast<size_t>(place_in_panels(inputs, i, j))];
          }
        }
        const bool ok = same(y, expected_y, rows, units) && same(dx, expected_dx, rows, inputs) &&
                        same(kernel, expected_kernel, inputs, units) && gradient == by_rows &&
                        gradient == in_parts;
        CHECK_THAT(ok, "%d rows, %d inputs, %d units", static_cast<int>(rows),
                   static_cast<int>(inputs), static_cast<int>(units));
      }
    }
  }
}

KERNEL_TEST(panels_let_nan_and_infinity_travel) {
  Data data;
  Layer l(k, 20, 40, 50, data);
  l.at(3, 7) = kNan;
  l.dy(4, 9) = kInfinity;
  Block y(l.rows, l.units), dx(l.rows, l.inputs);
  l.product(y, 0, l.units);
  l.input_gradient(dx, 0, l.inputs);
  std::vector<float> gradient(l.panels.size(), 0.0f);
  l.kernel_gradient(gradient, 0, l.inputs, 0, l.units);
  bool ok = true;
  for (int64_t i = 0; i < l.rows; ++i) {
    for (int64_t j = 0; j < l.units; ++j) ok = ok && std::isnan(y(i, j)) == (j == 7);
    for (int64_t j = 0; j < l.inputs; ++j) ok = ok && std::isnan(dx(i, j)) == (j == 3);
  }
  for (int64_t j = 0; j < l.inputs; ++j) {
    ok = ok && (j == 3 || std::isinf(dx(4, j)));
    ok = ok && std::isinf(gradient[static_cast<size_t>(place_in_panels(l.inputs, j, 9))]);
  }
  CHECK(ok);
}

}  // namespace trimtab::test

// DropConnect: a product with a kernel that is masked anew at every step.
#include <algorithm>

#include "ops/dense.h"
#include "ops/dropping.h"
#include "workspace.h"

namespace trimtab {
namespace {

class DropConnect final : public Product {
 public:
  explicit DropConnect(const OpSpec& spec) : Product(spec), dropping_(spec) {}

  void forward(Workspace& w) const override {
    const Kernel kernel = kernel_at(w, w.parameter(parameter(0)));
    if (!w.use_batch()) return product(w, kernel);
    const int64_t units = kernel.units, size = kernel.size();
    float* masked = w.floats(size);
    uint8_t* mask = w.bytes(size);
    std::fill_n(masked, size, 0.0f);  // columns beyond the last are never written
    w.scratch(*this).mask = mask;
    w.scratch(*this).kernel = masked;
    auto run = w.kernels().dropout.forward;
    // Once a step, before the product: rows and columns are the kernel's.
    w.add({"drop connect",
           Split::columns,
           units,
           false,
           {w.reads(kernel.data, size, Split::columns, units),
            w.writes(masked, size, Split::columns, units),
            {mask, mask + size, Split::columns, units, true}},
           [=, this](const Pass& pass, const Tile& t) {
             const DropoutParameters drawn = dropping_.drawn(pass);
             over_runs(kernel, t.columns,
                       [&](int64_t columns, int64_t at, int64_t stride, int64_t j) {
                         run(drawn, 0, j, kernel.inputs, columns, kernel.data + at, stride,
                             masked + at, stride, mask + at, stride);
                       });
           }});
    product(w, kernel_at(w, masked), true);
  }

  void backward(Workspace& w) const override {
    const Kernel own = kernel_at(w, w.parameter(parameter(0)));
    if (!w.use_batch()) return gradients(w, own, {});
    const uint8_t* mask = w.scratch(*this).mask;
    float* d_kernel = w.parameter_gradient(parameter(0));
    auto run = w.kernels().dropout.backward;
    gradients(w, kernel_at(w, w.scratch(*this).kernel),
              {mask, mask + own.size(),
               [=, this](const Pass& pass, const Range& rows, const Range& columns) {
                 const float scale = dropping_.scale(pass);
                 over_runs(own, columns, [&](int64_t n, int64_t at, int64_t stride, int64_t) {
                   at += rows.begin * stride;
                   run(scale, rows.size(), n, mask + at, stride, d_kernel + at, stride,
                       d_kernel + at, stride);
                 });
               }});
  }

 private:
  // Calls f(number of columns, where the first lies, distance of rows, the first) for columns that
  // lie side by side.
  template <typename F>
  static void over_runs(const Kernel& kernel, const Range& columns, F f) {
    if (!kernel.panels) return f(columns.size(), columns.begin, kernel.units, columns.begin);
    for (int64_t j = columns.begin; j < columns.end;) {
      const int64_t n = std::min(panel_width - j % panel_width, columns.end - j);
      f(n, place_in_panels(kernel.inputs, 0, j), panel_width, j);
      j += n;
    }
  }

  Dropping dropping_;
};

}  // namespace

std::unique_ptr<Op> make_drop_connect(const OpSpec& spec) {
  return std::make_unique<DropConnect>(spec);
}

}  // namespace trimtab

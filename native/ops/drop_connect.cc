// DropConnect: a product with a kernel that is masked anew at every step.
#include "ops/dense.h"
#include "ops/dropping.h"
#include "workspace.h"

namespace trimtab {
namespace {

class DropConnect final : public Product {
 public:
  explicit DropConnect(const OpSpec& spec) : Product(spec), dropping_(spec) {}

  void forward(Workspace& w) const override {
    const float* kernel = w.parameter(parameter(0));
    if (!w.use_batch()) return product(w, kernel);
    const int64_t inputs = w.width(input()), units = w.width(output()), size = inputs * units;
    float* masked = w.floats(size);
    uint8_t* mask = w.bytes(size);
    w.scratch(*this).mask = mask;
    w.scratch(*this).kernel = masked;
    auto run = w.kernels().dropout.forward;
    // Once a step, before the product: rows and columns are the kernel's.
    w.add({"drop connect",
           Split::columns,
           units,
           false,
           {w.reads(kernel, size, Split::columns, units),
            w.writes(masked, size, Split::columns, units),
            {mask, mask + size, Split::columns, units, true}},
           [=, this](const Pass& pass, const Tile& t) {
             const int64_t j = t.columns.begin;
             run(dropping_.drawn(pass), 0, j, inputs, t.columns.size(), kernel + j, units,
                 masked + j, units, mask + j, units);
           }});
    product(w, masked);
  }

  void backward(Workspace& w) const override {
    if (!w.use_batch()) return gradients(w, w.parameter(parameter(0)), {});
    const int64_t units = w.width(output());
    const uint8_t* mask = w.scratch(*this).mask;
    float* d_kernel = w.parameter_gradient(parameter(0));
    auto run = w.kernels().dropout.backward;
    gradients(w, w.scratch(*this).kernel,
              {mask, mask + w.width(input()) * units,
               [=, this](const Pass& pass, const Range& rows, const Range& columns) {
                 const int64_t at = rows.begin * units + columns.begin;
                 run(dropping_.scale(pass), rows.size(), columns.size(), mask + at, units,
                     d_kernel + at, units, d_kernel + at, units);
               }});
  }

 private:
  Dropping dropping_;
};

}  // namespace

std::unique_ptr<Op> make_drop_connect(const OpSpec& spec) {
  return std::make_unique<DropConnect>(spec);
}

}  // namespace trimtab

#include <stdexcept>

#include "workspace.h"

namespace trimtab {
namespace {

Softmax function_called(const std::string& name) {
  if (name == "softmax") return Softmax::softmax;
  if (name == "log_softmax") return Softmax::log_softmax;
  if (name == "sparsemax") return Softmax::sparsemax;
  throw std::invalid_argument("the native engine has no softmax called '" + name + "'");
}

class SoftmaxOp final : public Op {
 public:
  explicit SoftmaxOp(const OpSpec& spec)
      : Op(spec), function_(function_called(spec.attributes.text("function"))) {}

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {false, true}; }
  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = y->width, k = spec().members();
    auto run = w.kernels().softmax.forward;
    w.add({"softmax",
           Split::rows,
           n,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=, f = function_](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n;
             run(f, t.rows.size() * k, n / k, x->data + at, n / k, y->data + at, n / k);
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *y = w.value(output()), *dy = w.gradient(output());
    const int64_t n = y->width, k = spec().members();
    auto run = w.kernels().softmax.backward;
    w.add({"softmax backward",
           Split::rows,
           n,
           true,
           {w.reads(y, Split::rows), w.reads(dy, Split::rows), w.writes(dx, Split::rows)},
           [=, f = function_](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n;
             run(f, t.rows.size() * k, n / k, y->data + at, n / k, dy->data + at, n / k,
                 dx->data + at, n / k);
           }});
  }

 private:
  Softmax function_;
};

}  // namespace

std::unique_ptr<Op> make_softmax(const OpSpec& spec) { return std::make_unique<SoftmaxOp>(spec); }

}  // namespace trimtab

#include "workspace.h"

namespace trimtab {
namespace {

class Increasing final : public Op {
 public:
  using Op::Op;

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, false}; }
  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = y->width, group = spec().attributes.integer("group");
    auto run = w.kernels().increasing.forward;
    w.add({"increasing",
           Split::rows,
           n,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n;
             run(t.rows.size(), n, group, x->data + at, n, y->data + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const int64_t n = dy->width, group = spec().attributes.integer("group");
    auto run = w.kernels().increasing.backward;
    w.add({"increasing backward",
           Split::rows,
           n,
           true,
           {w.reads(x, Split::rows), w.reads(dy, Split::rows), w.writes(dx, Split::rows)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n;
             run(t.rows.size(), n, group, x->data + at, n, dy->data + at, n, dx->data + at, n);
           }});
  }
};

}  // namespace

std::unique_ptr<Op> make_increasing(const OpSpec& spec) {
  return std::make_unique<Increasing>(spec);
}

}  // namespace trimtab

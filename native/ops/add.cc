#include "workspace.h"

namespace trimtab {
namespace {

class Add final : public Op {
 public:
  using Op::Op;

  bool may_overwrite() const override { return false; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *a = w.value(input(0)), *b = w.value(input(1));
    const Block* y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    auto add = w.kernels().activation.add;
    w.add({"add",
           how,
           n,
           true,
           {w.reads(a, how), w.reads(b, how), w.writes(y, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             add(t.rows.size(), t.columns.size(), a->data + at, n, b->data + at, n, y->data + at,
                 n);
           }});
  }

  // Both inputs get the gradient of the output; the last one may hold the very same block.
  void backward(Workspace& w) const override {
    const Block* dy = w.gradient(output());
    const Split how = w.split(output());
    const int64_t n = dy->width;
    auto copy = w.kernels().gather.rows;
    for (size_t i = 0; i < spec().inputs.size(); ++i) {
      const Block* dx = w.input_gradient(*this, i);
      if (dx == nullptr || dx == dy) continue;
      w.add({"add backward",
             how,
             n,
             true,
             {w.reads(dy, how), w.writes(dx, how)},
             [=](const Pass&, const Tile& t) {
               const int64_t at = t.rows.begin * n + t.columns.begin;
               copy(t.rows.size(), t.columns.size(), dy->data + at, n, nullptr, dx->data + at, n);
             }});
    }
  }
};

}  // namespace

std::unique_ptr<Op> make_add(const OpSpec& spec) { return std::make_unique<Add>(spec); }

}  // namespace trimtab

#include "workspace.h"

namespace trimtab {
namespace {

// Of several members, whose columns lie side by side, each has halves of its own: as if its columns
// were a row.
class Glu final : public Op {
 public:
  using Op::Op;

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, false}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = y->width, k = spec().members();
    auto run = w.kernels().glu.forward;
    w.add({"glu",
           Split::rows,
           n,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=](const Pass&, const Tile& t) {
             run(t.rows.size() * k, n / k, x->data + t.rows.begin * 2 * n, 2 * n / k,
                 y->data + t.rows.begin * n, n / k);
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const int64_t n = dy->width, k = spec().members();
    auto run = w.kernels().glu.backward;
    w.add({"glu backward",
           Split::rows,
           2 * n,
           true,
           {w.reads(x, Split::rows), w.reads(dy, Split::rows), w.writes(dx, Split::rows)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * 2 * n;
             run(t.rows.size() * k, n / k, x->data + at, 2 * n / k, dy->data + t.rows.begin * n,
                 n / k, dx->data + at, 2 * n / k);
           }});
  }
};

}  // namespace

std::unique_ptr<Op> make_glu(const OpSpec& spec) { return std::make_unique<Glu>(spec); }

}  // namespace trimtab

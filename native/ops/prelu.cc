#include "workspace.h"

namespace trimtab {
namespace {

class Prelu final : public Op {
 public:
  using Op::Op;

  Needs backward_needs() const override { return {true, false}; }
  bool may_overwrite() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    const float* alpha = w.parameter(parameter(0));
    auto run = w.kernels().prelu.forward;
    w.add({"prelu",
           how,
           n,
           true,
           {w.reads(x, how), w.writes(y, how), reads_alpha(w, alpha, n, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(t.rows.size(), t.columns.size(), x->data + at, n, alpha + t.columns.begin,
                 y->data + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const Block* dx = w.input_gradient(*this, 0);
    const Split how = w.split(output());
    const int64_t n = dy->width;
    if (float* d_alpha = w.parameter_gradient(parameter(0))) {
      w.set_owners(parameter(0), {Split::columns, n});
      auto sums = w.kernels().prelu.alpha_gradient;
      w.add_gradient({"prelu alpha gradient",
                      Split::columns,
                      n,
                      true,
                      {w.reads(x, Split::columns), w.reads(dy, Split::columns),
                       w.writes(d_alpha, n, Split::columns, n)},
                      [=](const Pass&, const Tile& t) {
                        const int64_t at = t.rows.begin * n + t.columns.begin;
                        sums(t.rows.size(), t.columns.size(), x->data + at, n, dy->data + at, n,
                             t.rows.begin > 0, d_alpha + t.columns.begin);
                      }});
    }
    if (dx == nullptr) return;
    const float* alpha = w.parameter(parameter(0));
    auto run = w.kernels().prelu.input_gradient;
    w.add({"prelu input gradient",
           how,
           n,
           true,
           {w.reads(x, how), w.reads(dy, how), w.writes(dx, how), reads_alpha(w, alpha, n, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(t.rows.size(), t.columns.size(), x->data + at, n, alpha + t.columns.begin,
                 dy->data + at, n, dx->data + at, n);
           }});
  }

 private:
  static Access reads_alpha(const Workspace& w, const float* alpha, int64_t n, Split how) {
    return w.reads(alpha, n, how == Split::columns ? how : Split::all, n);
  }
};

}  // namespace

std::unique_ptr<Op> make_prelu(const OpSpec& spec) { return std::make_unique<Prelu>(spec); }

}  // namespace trimtab

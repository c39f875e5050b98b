#include <cmath>

#include "ops/dropping.h"
#include "workspace.h"

namespace trimtab {
namespace {

class Dropout final : public Op {
 public:
  explicit Dropout(const OpSpec& spec)
      : Op(spec),
        dropping_(spec),
        share_rows_(spec.attributes.flag("share_rows")),
        share_columns_(spec.attributes.flag("share_columns")),
        for_selu_(spec.attributes.flag("for_selu")) {}

  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }
  bool is_identity(const Workspace& w) const override { return !w.use_batch(); }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    if (is_identity(w)) return copy(w, x, y, how, "dropout (inference)");
    uint8_t* mask = w.bytes(w.capacity() * n);
    masks_of(w) = mask;
    auto run = w.kernels().dropout.forward;
    w.add({"dropout",
           how,
           n,
           true,
           {w.reads(x, how), w.writes(y, how)},
           [=, this](const Pass& pass, const Tile& t) {
             DropoutParameters p = drawn(pass);
             p.share_rows = share_rows_;
             p.share_columns = share_columns_;
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(p, t.rows.begin, t.columns.begin, t.rows.size(), t.columns.size(), x->data + at, n,
                 y->data + at, n, mask + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block *dx = w.input_gradient(*this, 0), *dy = w.gradient(output());
    if (dx == nullptr) return;
    const Split how = w.split(output());
    const int64_t n = dy->width;
    if (is_identity(w)) return copy(w, dy, dx, how, "dropout (inference) backward");
    const uint8_t* mask = masks_of(w);
    auto run = w.kernels().dropout.backward;
    // The mask lies with this op alone and is split as the values are.
    w.add({"dropout backward",
           how,
           n,
           true,
           {w.reads(dy, how), w.writes(dx, how)},
           [=, this](const Pass& pass, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(for_selu_ ? drawn(pass).scale : dropping_.scale(pass), t.rows.size(),
                 t.columns.size(), mask + at, n, dy->data + at, n, dx->data + at, n);
           }});
  }

 private:
  // Alpha dropout takes its numbers from the limit, which is the rate that the mask has: what is
  // dropped becomes the lower end of selu, and both are moved and scaled back to mean 0, variance
  // 1 (Klambauer et al. 2017, section 2).
  DropoutParameters drawn(const Pass& pass) const {
    DropoutParameters p = dropping_.drawn(pass);
    if (!for_selu_) return p;
    constexpr double end = -1.0507009873554805 * 1.6732632423543772;
    const double rate = p.limit / 65536.0, left = 1.0 - rate;
    const double scale = left > 0.0 ? 1.0 / std::sqrt(left * (1.0 + rate * end * end)) : 0.0;
    p.moves = true;
    p.scale = static_cast<float>(scale);
    p.offset = static_cast<float>(-scale * end * rate);
    p.rest = static_cast<float>(scale * end * left);
    return p;
  }

  static void copy(Workspace& w, const Block* from, const Block* to, Split how, const char* name) {
    const int64_t n = to->width;
    auto run = w.kernels().gather.rows;
    w.add({name,
           how,
           n,
           true,
           {w.reads(from, how), w.writes(to, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(t.rows.size(), t.columns.size(), from->data + at, n, nullptr, to->data + at, n);
           }});
  }

  uint8_t*& masks_of(Workspace& w) const { return w.scratch(*this).mask; }

  Dropping dropping_;
  bool share_rows_, share_columns_, for_selu_;
};

}  // namespace

std::unique_ptr<Op> make_dropout(const OpSpec& spec) { return std::make_unique<Dropout>(spec); }

}  // namespace trimtab

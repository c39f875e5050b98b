#include <cmath>

#include "random.h"
#include "workspace.h"

namespace trimtab {
namespace {

class Dropout final : public Op {
 public:
  explicit Dropout(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    const double rate = a.number("rate");
    settings_.threshold = static_cast<uint32_t>(a.integer("limit"));
    settings_.scale = rate < 1.0 ? static_cast<float>(1.0 / (1.0 - rate)) : 0.0f;
    settings_.share_rows = a.flag("share_rows");
    settings_.share_columns = a.flag("share_columns");
    stream_ = static_cast<uint32_t>(a.integer("stream"));
    has_seed_ = a.has("seed");
    if (has_seed_) seed_ = static_cast<uint64_t>(a.integer("seed"));
  }

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
             DropoutParameters p = settings_;
             p.key0 = mix(has_seed_ ? seed_ : pass.seed, stream_);
             p.key1 = pass.step;
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
    const float scale = settings_.scale;
    // The mask lies with this op alone and is split as the values are.
    w.add({"dropout backward",
           how,
           n,
           true,
           {w.reads(dy, how), w.writes(dx, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(scale, t.rows.size(), t.columns.size(), mask + at, n, dy->data + at, n,
                 dx->data + at, n);
           }});
  }

 private:
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

  DropoutParameters settings_;
  uint32_t stream_ = 0;
  uint64_t seed_ = 0;
  bool has_seed_ = false;
};

}  // namespace

std::unique_ptr<Op> make_dropout(const OpSpec& spec) { return std::make_unique<Dropout>(spec); }

}  // namespace trimtab

// Two values made into one, element by element; a value times a number.
#include "workspace.h"

namespace trimtab {
namespace {

class Merge final : public Op {
 public:
  Merge(const OpSpec& spec, Merging how) : Op(spec), how_(how) {}

  Needs backward_needs() const override { return {how_ != Merging::subtract, false}; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *a = w.value(input(0)), *b = w.value(input(1));
    const Block* y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    auto run = w.kernels().merging.forward;
    w.add({"merge",
           how,
           n,
           true,
           {w.reads(a, how), w.reads(b, how), w.writes(y, how)},
           [=, kind = how_](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(kind, t.rows.size(), t.columns.size(), a->data + at, n, b->data + at, n,
                 y->data + at, n);
           }});
  }

  // The gradient by the last input may lie where that of the output does, so it comes last.
  void backward(Workspace& w) const override {
    const Block *a = w.value(input(0)), *b = w.value(input(1));
    const Block* dy = w.gradient(output());
    const Split how = w.split(output());
    const int64_t n = dy->width;
    auto run = w.kernels().merging.backward;
    for (size_t i = 0; i < 2; ++i) {
      const Block* dx = w.input_gradient(*this, i);
      if (dx == nullptr) continue;
      std::vector<Access> touches = {w.reads(dy, how), w.writes(dx, how)};
      if (how_ != Merging::subtract) {
        touches.push_back(w.reads(a, how));
        touches.push_back(w.reads(b, how));
      }
      w.add({"merge backward", how, n, true, touches, [=, kind = how_](const Pass&, const Tile& t) {
               const int64_t at = t.rows.begin * n + t.columns.begin;
               run(kind, i == 1, t.rows.size(), t.columns.size(), a->data + at, n, b->data + at, n,
                   dy->data + at, n, dx->data + at, n);
             }});
    }
  }

 private:
  Merging how_;
};

class Scale final : public Op {
 public:
  explicit Scale(const OpSpec& spec)
      : Op(spec),
        factor_(static_cast<float>(spec.attributes.number("factor"))),
        offset_(static_cast<float>(spec.attributes.number("offset"))) {}

  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    add_phase(w, "scale", w.value(input()), w.value(output()), offset_);
  }
  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx != nullptr) add_phase(w, "scale backward", w.gradient(output()), dx, 0.0f);
  }

 private:
  void add_phase(Workspace& w, const char* name, const Block* x, const Block* y,
                 float offset) const {
    const Split how = w.split(output());
    const int64_t n = y->width;
    auto run = w.kernels().merging.scale;
    w.add({name,
           how,
           n,
           true,
           {w.reads(x, how), w.writes(y, how)},
           [=, factor = factor_](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(factor, offset, t.rows.size(), t.columns.size(), x->data + at, n, y->data + at, n);
           }});
  }

  float factor_, offset_;
};

}  // namespace

std::unique_ptr<Op> make_subtract(const OpSpec& spec) {
  return std::make_unique<Merge>(spec, Merging::subtract);
}
std::unique_ptr<Op> make_multiply(const OpSpec& spec) {
  return std::make_unique<Merge>(spec, Merging::multiply);
}
std::unique_ptr<Op> make_maximum(const OpSpec& spec) {
  return std::make_unique<Merge>(spec, Merging::maximum);
}
std::unique_ptr<Op> make_minimum(const OpSpec& spec) {
  return std::make_unique<Merge>(spec, Merging::minimum);
}
std::unique_ptr<Op> make_scale(const OpSpec& spec) { return std::make_unique<Scale>(spec); }

}  // namespace trimtab

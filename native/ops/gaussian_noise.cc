#include "kernels/gaussian_noise.h"

#include "ops/dropping.h"
#include "workspace.h"

namespace trimtab {
namespace {

// What would be the scale of a dropout is the deviation; a limit of 0 says that there is no noise.
class GaussianNoise final : public Op {
 public:
  explicit GaussianNoise(const OpSpec& spec)
      : Op(spec), dropping_(spec), multiplies_(spec.attributes.flag("multiplies")) {}

  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }
  bool is_identity(const Workspace& w) const override { return !w.use_batch(); }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    if (is_identity(w)) return copy(w, x, y, how, "gaussian noise (inference)");
    float* factor = multiplies_ ? w.floats(w.capacity() * n) : nullptr;
    w.scratch(*this).noise = factor;
    auto run = w.kernels().gaussian_noise.forward;
    w.add({"gaussian noise",
           how,
           n,
           true,
           {w.reads(x, how), w.writes(y, how)},
           [=, this](const Pass& pass, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(drawn(pass), t.rows.begin, t.columns.begin, t.rows.size(), t.columns.size(),
                 x->data + at, n, y->data + at, n, factor == nullptr ? nullptr : factor + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block *dx = w.input_gradient(*this, 0), *dy = w.gradient(output());
    if (dx == nullptr) return;
    const Split how = w.split(output());
    const int64_t n = dy->width;
    if (is_identity(w) || !multiplies_) return copy(w, dy, dx, how, "gaussian noise backward");
    // The factors lie with this op alone and are split as the values are.
    const float* factor = w.scratch(*this).noise;
    auto run = w.kernels().gaussian_noise.backward;
    w.add({"gaussian noise backward",
           how,
           n,
           true,
           {w.reads(dy, how), w.writes(dx, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(t.rows.size(), t.columns.size(), factor + at, n, dy->data + at, n, dx->data + at,
                 n);
           }});
  }

 private:
  NoiseParameters drawn(const Pass& pass) const {
    const DropoutParameters p = dropping_.drawn(pass);
    return {p.key0, p.key1, p.limit == 0 ? 0.0f : p.scale, multiplies_};
  }

  static void copy(Workspace& w, const Block* from, const Block* to, Split how, const char* name) {
    if (from == to) return;
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

  Dropping dropping_;
  bool multiplies_;
};

}  // namespace

std::unique_ptr<Op> make_gaussian_noise(const OpSpec& spec) {
  return std::make_unique<GaussianNoise>(spec);
}

}  // namespace trimtab

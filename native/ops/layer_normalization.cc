#include <stdexcept>

#include "workspace.h"

namespace trimtab {
namespace {

RowScale scale_called(const std::string& name) {
  if (name == "deviation") return RowScale::deviation;
  if (name == "root_mean_square") return RowScale::root_mean_square;
  if (name == "length") return RowScale::length;
  throw std::invalid_argument("the native engine does not divide rows by '" + name + "'");
}

class LayerNormalization final : public Op {
 public:
  explicit LayerNormalization(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    by_ = scale_called(a.text("by"));
    epsilon_ = static_cast<float>(a.number("epsilon"));
    int next = 0;
    gamma_ = a.flag("scale") ? next++ : -1;
    beta_ = a.flag("center") ? next++ : -1;
  }

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, false}; }
  bool may_overwrite() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = y->width;
    const float *gamma = weight(w, gamma_), *beta = weight(w, beta_);
    Scratch& s = w.scratch(*this);
    s.mean = w.floats(w.capacity());
    s.inverse = w.floats(w.capacity());
    float *mean = s.mean, *inverse = s.inverse;
    std::vector<Access> touches = {w.reads(x, Split::rows), w.writes(y, Split::rows),
                                   w.writes(mean, w.capacity(), Split::rows, 1),
                                   w.writes(inverse, w.capacity(), Split::rows, 1)};
    for (const float* p : {gamma, beta}) {
      if (p != nullptr) touches.push_back(w.reads(p, n, Split::all, n));
    }
    auto run = w.kernels().layer_normalization.forward;
    w.add({"layer normalization", Split::rows, n, true, touches,
           [=, by = by_, epsilon = epsilon_](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin;
             run(by, epsilon, t.rows.size(), n, x->data + i * n, n, gamma, beta, mean + i,
                 inverse + i, y->data + i * n, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const Block* dx = w.input_gradient(*this, 0);
    const int64_t n = dy->width;
    const Scratch& s = w.scratch(*this);
    const float *mean = s.mean, *inverse = s.inverse;
    auto rows = [&](Split how) {
      return std::vector<Access>{
          w.reads(x, how), w.reads(dy, how),
          w.reads(mean, w.capacity(), how == Split::rows ? how : Split::all, 1),
          w.reads(inverse, w.capacity(), how == Split::rows ? how : Split::all, 1)};
    };
    float* d_gamma = gradient(w, gamma_);
    float* d_beta = gradient(w, beta_);
    if (d_gamma != nullptr || d_beta != nullptr) {
      std::vector<Access> touches = rows(Split::columns);
      for (int p : {gamma_, beta_}) {
        float* sums = gradient(w, p);
        if (sums == nullptr) continue;
        touches.push_back(w.writes(sums, n, Split::columns, n));
        w.set_owners(parameter(p), {Split::columns, n});
      }
      auto run = w.kernels().layer_normalization.parameter_gradients;
      w.add_gradient({"layer normalization parameter gradients", Split::columns, n, true, touches,
                      [=](const Pass&, const Tile& t) {
                        const int64_t i = t.rows.begin, c = t.columns.begin, at = i * n + c;
                        run(t.rows.size(), t.columns.size(), x->data + at, n, mean + i, inverse + i,
                            dy->data + at, n, i > 0, d_gamma == nullptr ? nullptr : d_gamma + c,
                            d_beta == nullptr ? nullptr : d_beta + c);
                      }});
    }
    if (dx == nullptr) return;
    const float* gamma = weight(w, gamma_);
    std::vector<Access> touches = rows(Split::rows);
    touches.push_back(w.writes(dx, Split::rows));
    if (gamma != nullptr) touches.push_back(w.reads(gamma, n, Split::all, n));
    auto run = w.kernels().layer_normalization.input_gradient;
    w.add({"layer normalization input gradient", Split::rows, n, true, touches,
           [=, by = by_](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin;
             run(by, t.rows.size(), n, x->data + i * n, n, gamma, mean + i, inverse + i,
                 dy->data + i * n, n, dx->data + i * n, n);
           }});
  }

 private:
  const float* weight(const Workspace& w, int place) const {
    return place < 0 ? nullptr : w.parameter(parameter(static_cast<size_t>(place)));
  }
  float* gradient(Workspace& w, int place) const {
    return place < 0 ? nullptr : w.parameter_gradient(parameter(static_cast<size_t>(place)));
  }

  RowScale by_;
  float epsilon_;
  int gamma_, beta_;
};

}  // namespace

std::unique_ptr<Op> make_layer_normalization(const OpSpec& spec) {
  return std::make_unique<LayerNormalization>(spec);
}

}  // namespace trimtab

// What the members of a network do apart from each other: scales and biases, heads, the average.
#include "kernels/members.h"

#include <stdexcept>

#include "matmul.h"
#include "ops/dense.h"

namespace trimtab {
namespace {

class Affine final : public Op {
 public:
  explicit Affine(const OpSpec& spec)
      : Op(spec),
        scaled_(spec.attributes.flag("scale")),
        shifted_(spec.attributes.flag("center")),
        repeat_(spec.attributes.flag("repeat")) {}

  Split output_split(const Workspace&, Split input) const override {
    return repeat_ ? Split::rows : input;
  }
  Needs backward_needs() const override { return {scaled_, false}; }
  bool may_overwrite() const override { return !repeat_; }
  // The gradient of a scale reads dy, after everything else where rows are split.
  bool may_overwrite_gradient() const override { return !repeat_ && !scaled_; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width, in = x->width;
    const float *scale = scale_of(w), *bias = bias_of(w);
    const Split slice = how == Split::columns ? how : Split::all;
    std::vector<Access> touches = {w.reads(x, how), w.writes(y, how)};
    if (scale != nullptr) touches.push_back(w.reads(scale, n, slice, n));
    if (bias != nullptr) touches.push_back(w.reads(bias, n, slice, n));
    auto run = w.kernels().members.affine;
    w.add({"affine", how, n, true, touches, [=](const Pass&, const Tile& t) {
             for_each_piece(t.columns, in, [&](int64_t from, const Range& c) {
               run(t.rows.size(), c.size(), x->data + t.rows.begin * in + from, in,
                   scale == nullptr ? nullptr : scale + c.begin,
                   bias == nullptr ? nullptr : bias + c.begin, y->data + t.rows.begin * n + c.begin,
                   n);
             });
           }});
  }

  void backward(Workspace& w) const override {
    parameter_gradients(w);
    const Block *dy = w.gradient(output()), *dx = w.input_gradient(*this, 0);
    if (dx == nullptr || (dx == dy && !scaled_)) return;
    const Split how = w.split(output());
    const int64_t n = dy->width, in = dx->width;
    const float* scale = scale_of(w);
    std::vector<Access> touches = {w.reads(dy, how), w.writes(dx, how)};
    if (scale != nullptr) {
      touches.push_back(w.reads(scale, n, how == Split::columns ? how : Split::all, n));
    }
    auto run = w.kernels().members.repeat_gradient;
    // The rows of a repeated input are split, so that a thread has all that goes into one sum.
    w.add({"affine backward", how, in, true, touches, [=, this](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin, c = t.columns.begin;
             run(t.rows.size(), t.columns.size(), repeat_ ? n / in : 1, dy->data + i * n + c, n,
                 scale == nullptr ? nullptr : scale + c, dx->data + i * in + c, in);
           }});
  }

 private:
  const float* scale_of(Workspace& w) const {
    return scaled_ ? w.parameter(parameter(0)) : nullptr;
  }
  const float* bias_of(Workspace& w) const {
    return shifted_ ? w.parameter(parameter(scaled_ ? 1 : 0)) : nullptr;
  }

  // The columns of the output in pieces that lie side by side in the input, too: f(first, piece).
  template <typename F>
  static void for_each_piece(const Range& columns, int64_t in, F f) {
    for (int64_t c = columns.begin; c < columns.end;) {
      const int64_t from = c % in, end = std::min(columns.end, c - from + in);
      f(from, Range{c, end});
      c = end;
    }
  }

  void parameter_gradients(Workspace& w) const {
    float* d_scale = scaled_ ? w.parameter_gradient(parameter(0)) : nullptr;
    float* d_bias = shifted_ ? w.parameter_gradient(parameter(scaled_ ? 1 : 0)) : nullptr;
    if (d_scale == nullptr && d_bias == nullptr) return;
    for (int p = 0; p < scaled_ + shifted_; ++p) {
      w.set_owners(parameter(static_cast<size_t>(p)), {Split::columns, w.width(output())});
    }
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const int64_t n = dy->width, in = x->width;
    std::vector<Access> touches = {w.reads(dy, Split::columns)};
    if (d_scale != nullptr) {
      touches.push_back(w.reads(x, repeat_ ? Split::all : Split::columns));
      touches.push_back(w.writes(d_scale, n, Split::columns, n));
    }
    if (d_bias != nullptr) touches.push_back(w.writes(d_bias, n, Split::columns, n));
    auto both = w.kernels().members.affine_gradient;
    auto sums = w.kernels().dense.column_sums;
    // Tiles of rows follow each other, and the sums grow with them.
    w.add_gradient(
        {"affine gradient", Split::columns, n, true, touches, [=](const Pass&, const Tile& t) {
           const int64_t i = t.rows.begin, rows = t.rows.size();
           if (d_scale == nullptr) {
             sums(rows, t.columns.size(), dy->data + i * n + t.columns.begin, n, i > 0,
                  d_bias + t.columns.begin);
             return;
           }
           for_each_piece(t.columns, in, [&](int64_t from, const Range& c) {
             both(rows, c.size(), x->data + i * in + from, in, dy->data + i * n + c.begin, n, i > 0,
                  d_scale + c.begin, d_bias == nullptr ? nullptr : d_bias + c.begin);
           });
         }});
  }

  bool scaled_, shifted_, repeat_;
};

// y[:, member] = x[:, member] kernel[member].
class Heads final : public Op {
 public:
  using Op::Op;

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, false}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const float* kernel = w.parameter(parameter(0));
    const int64_t k = spec().members(), n = x->width, m = y->width, inputs = n / k, units = m / k;
    auto narrow = w.kernels().dense.narrow_forward;
    add_by_rows(w, "heads", m, x, y, {w.reads(kernel, inputs * m, Split::all, m)},
                [=](int64_t i, int64_t rows) {
                  for (int64_t member = 0; member < k; ++member) {
                    const float* from = x->data + i * n + member * inputs;
                    const float* own = kernel + member * inputs * units;
                    float* to = y->data + i * m + member * units;
                    if (units <= narrow_units) {
                      narrow(rows, inputs, units, from, n, own, to, m);
                    } else {
                      matmul(rows, units, inputs, from, n, own, units, to, m);
                    }
                  }
                });
  }

  void backward(Workspace& w) const override {
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const int64_t k = spec().members(), n = x->width, m = dy->width, inputs = n / k, units = m / k;
    if (float* d_kernel = w.parameter_gradient(parameter(0))) {
      auto narrow = w.kernels().dense.narrow_kernel_gradient;
      w.set_owners(parameter(0), {Split::parts, k, inputs * units});
      w.add_gradient({"heads kernel gradient",
                      Split::parts,
                      k,
                      false,
                      {w.reads(x, Split::all), w.reads(dy, Split::all),
                       w.writes(d_kernel, inputs * m, Split::parts, k)},
                      [=](const Pass& pass, const Tile& t) {
                        for (int64_t member = t.columns.begin; member < t.columns.end; ++member) {
                          const float *from = x->data + member * inputs,
                                      *seed = dy->data + member * units;
                          float* to = d_kernel + member * inputs * units;
                          if (units <= narrow_units) {
                            narrow(pass.rows, inputs, units, from, n, seed, m, to);
                          } else {
                            matmul_tn(inputs, units, pass.rows, from, n, seed, m, to, units);
                          }
                        }
                      }});
    }
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const float* kernel = w.parameter(parameter(0));
    auto narrow = w.kernels().dense.narrow_input_gradient;
    add_by_rows(w, "heads input gradient", n, dy, dx, {w.reads(kernel, inputs * m, Split::all, m)},
                [=](int64_t i, int64_t rows) {
                  for (int64_t member = 0; member < k; ++member) {
                    const float* seed = dy->data + i * m + member * units;
                    const float* own = kernel + member * inputs * units;
                    float* to = dx->data + i * n + member * inputs;
                    if (units <= narrow_units) {
                      narrow(rows, inputs, units, seed, m, own, to, n);
                    } else {
                      matmul_nt(rows, inputs, units, seed, m, own, units, to, n);
                    }
                  }
                });
  }
};

AverageOf average_of(const std::string& name) {
  if (name == "numbers") return AverageOf::numbers;
  if (name == "sigmoid_logits") return AverageOf::sigmoid_logits;
  if (name == "softmax_logits") return AverageOf::softmax_logits;
  throw std::invalid_argument("the native engine has no average of '" + name + "'");
}

class Average final : public Op {
 public:
  explicit Average(const OpSpec& spec) : Op(spec), of_(average_of(spec.attributes.text("of"))) {}

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, true}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = x->width, m = y->width;
    auto run = w.kernels().members.average;
    w.add({"average",
           Split::rows,
           m,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=, of = of_](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin;
             run(of, t.rows.size(), m, n / m, x->data + i * n, n, y->data + i * m, m);
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *x = w.value(input()), *y = w.value(output()), *dy = w.gradient(output());
    const int64_t n = x->width, m = y->width;
    auto run = w.kernels().members.average_gradient;
    w.add({"average backward",
           Split::rows,
           n,
           true,
           {w.reads(x, Split::rows), w.reads(y, Split::rows), w.reads(dy, Split::rows),
            w.writes(dx, Split::rows)},
           [=, of = of_](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin;
             run(of, t.rows.size(), m, n / m, x->data + i * n, n, y->data + i * m, m,
                 dy->data + i * m, m, dx->data + i * n, n);
           }});
  }

 private:
  AverageOf of_;
};

}  // namespace

std::unique_ptr<Op> make_affine(const OpSpec& spec) { return std::make_unique<Affine>(spec); }
std::unique_ptr<Op> make_average(const OpSpec& spec) { return std::make_unique<Average>(spec); }
std::unique_ptr<Op> make_heads(const OpSpec& spec) { return std::make_unique<Heads>(spec); }

}  // namespace trimtab

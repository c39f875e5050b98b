#include <algorithm>
#include <stdexcept>

#include "workspace.h"

namespace trimtab {
namespace {

// Neither has a slope: nothing comes back.
void no_gradient(const Op& op, Workspace& w) {
  const Block* dx = w.input_gradient(op, 0);
  if (dx == nullptr) return;
  const int64_t n = dx->width;
  w.add({"no gradient",
         Split::rows,
         n,
         true,
         {w.writes(dx, Split::rows)},
         [=](const Pass&, const Tile& t) {
           std::fill_n(dx->data + t.rows.begin * n, t.rows.size() * n, 0.0f);
         }});
}

class Discretization final : public Op {
 public:
  explicit Discretization(const OpSpec& spec) : Op(spec) {
    for (double edge : spec.attributes.numbers("boundaries")) {
      boundaries_.push_back(static_cast<float>(edge));
    }
  }

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  bool may_overwrite() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = y->width, edges = static_cast<int64_t>(boundaries_.size());
    auto run = w.kernels().discretization.forward;
    w.add({"discretization",
           Split::rows,
           n,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=, this](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n;
             run(t.rows.size(), n, edges, boundaries_.data(), x->data + at, n, y->data + at, n);
           }});
  }

  void backward(Workspace& w) const override { no_gradient(*this, w); }

 private:
  std::vector<float> boundaries_;
};

Encoding encoding_called(const std::string& name) {
  if (name == "one_hot") return Encoding::one_hot;
  if (name == "multi_hot") return Encoding::multi_hot;
  if (name == "count") return Encoding::count;
  throw std::invalid_argument("the native engine has no encoding called '" + name + "'");
}

class CategoryEncoding final : public Op {
 public:
  explicit CategoryEncoding(const OpSpec& spec)
      : Op(spec),
        how_(encoding_called(spec.attributes.text("mode"))),
        depth_(spec.attributes.integer("depth")) {}

  Split output_split(const Workspace&, Split) const override { return Split::rows; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = x->width, m = y->width;
    auto run = w.kernels().discretization.encode;
    w.add({"category encoding",
           Split::rows,
           m,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=, how = how_, depth = depth_](const Pass&, const Tile& t) {
             run(how, t.rows.size(), n, depth, x->data + t.rows.begin * n, n,
                 y->data + t.rows.begin * m, m);
           }});
  }

  void backward(Workspace& w) const override { no_gradient(*this, w); }

 private:
  Encoding how_;
  int64_t depth_;
};

}  // namespace

std::unique_ptr<Op> make_discretization(const OpSpec& spec) {
  return std::make_unique<Discretization>(spec);
}
std::unique_ptr<Op> make_category_encoding(const OpSpec& spec) {
  return std::make_unique<CategoryEncoding>(spec);
}

}  // namespace trimtab

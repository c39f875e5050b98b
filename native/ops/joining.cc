// Columns of several values side by side, and some columns of one.
#include <cstring>

#include "workspace.h"

namespace trimtab {
namespace {

class Concatenate final : public Op {
 public:
  using Op::Op;

  // The columns that a thread owns of the inputs are not those that it owns of the output.
  Split output_split(const Workspace&, Split) const override { return Split::rows; }

  void forward(Workspace& w) const override {
    const Block* y = w.value(output());
    std::vector<const Block*> parts;
    std::vector<Access> touches = {w.writes(y, Split::rows)};
    for (int v : spec().inputs) {
      parts.push_back(w.value(v));
      touches.push_back(w.reads(parts.back(), Split::rows));
    }
    auto copy = w.kernels().gather.rows;
    w.add({"concatenate", Split::rows, y->width, true, touches, [=](const Pass&, const Tile& t) {
             float* to = y->data + t.rows.begin * y->width;
             for (const Block* x : parts) {
               copy(t.rows.size(), x->width, x->data + t.rows.begin * x->width, x->width, nullptr,
                    to, y->width);
               to += x->width;
             }
           }});
  }

  void backward(Workspace& w) const override {
    struct Part {
      const Block* dx;
      int64_t column;
    };
    const Block* dy = w.gradient(output());
    std::vector<Part> parts;
    std::vector<Access> touches = {w.reads(dy, Split::rows)};
    int64_t column = 0;
    for (size_t i = 0; i < spec().inputs.size(); ++i) {
      if (const Block* dx = w.input_gradient(*this, i)) {
        parts.push_back({dx, column});
        touches.push_back(w.writes(dx, Split::rows));
      }
      column += w.width(spec().inputs[i]);
    }
    if (parts.empty()) return;
    auto copy = w.kernels().gather.rows;
    w.add({"concatenate backward", Split::rows, dy->width, true, touches,
           [=](const Pass&, const Tile& t) {
             const float* from = dy->data + t.rows.begin * dy->width;
             for (const auto& [dx, first] : parts) {
               copy(t.rows.size(), dx->width, from + first, dy->width, nullptr,
                    dx->data + t.rows.begin * dx->width, dx->width);
             }
           }});
  }
};

class Select final : public Op {
 public:
  explicit Select(const OpSpec& spec)
      : Op(spec),
        start_(spec.attributes.integer("start")),
        step_(spec.attributes.integer("step")) {}

  Split output_split(const Workspace&, Split) const override { return Split::rows; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    auto copy = w.kernels().gather.rows;
    w.add({"select",
           Split::rows,
           y->width,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows)},
           [=, start = start_, step = step_](const Pass&, const Tile& t) {
             const int64_t n = x->width, m = y->width;
             const float* from = x->data + t.rows.begin * n + start;
             float* to = y->data + t.rows.begin * m;
             if (step == 1) return copy(t.rows.size(), m, from, n, nullptr, to, m);
             for (int64_t i = 0; i < t.rows.size(); ++i) {
               for (int64_t j = 0; j < m; ++j) to[i * m + j] = from[i * n + j * step];
             }
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block* dy = w.gradient(output());
    w.add({"select backward",
           Split::rows,
           dx->width,
           true,
           {w.reads(dy, Split::rows), w.writes(dx, Split::rows)},
           [=, start = start_, step = step_](const Pass&, const Tile& t) {
             const int64_t n = dx->width, m = dy->width;
             for (int64_t i = t.rows.begin; i < t.rows.end; ++i) {
               float* to = dx->data + i * n;
               std::memset(to, 0, static_cast<size_t>(n) * sizeof(float));
               for (int64_t j = 0; j < m; ++j) to[start + j * step] = dy->data[i * m + j];
             }
           }});
  }

 private:
  int64_t start_, step_;
};

}  // namespace

std::unique_ptr<Op> make_concatenate(const OpSpec& spec) {
  return std::make_unique<Concatenate>(spec);
}
std::unique_ptr<Op> make_select(const OpSpec& spec) { return std::make_unique<Select>(spec); }

}  // namespace trimtab

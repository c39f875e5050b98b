// A value that is kept as it is, and a penalty on its size that is part of the loss.
#include <cmath>

#include "workspace.h"

namespace trimtab {
namespace {

class ActivityPenalty final : public Op {
 public:
  explicit ActivityPenalty(const OpSpec& spec)
      : Op(spec),
        l1_(static_cast<float>(spec.attributes.number("l1"))),
        l2_(static_cast<float>(spec.attributes.number("l2"))) {}

  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {false, true}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    float* penalties = w.row_penalties();
    w.add({"activity penalty",
           Split::rows,
           y->width,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows),
            w.writes(penalties, w.capacity(), Split::rows, 1)},
           [=, l1 = l1_, l2 = l2_](const Pass&, const Tile& t) {
             const int64_t n = y->width;
             for (int64_t i = t.rows.begin; i < t.rows.end; ++i) {
               double sum = 0.0;
               for (int64_t j = i * n; j < (i + 1) * n; ++j) {
                 const float v = x->data[j];
                 sum += l1 * std::fabs(v) + l2 * v * v;
                 y->data[j] = v;
               }
               penalties[i] = static_cast<float>(sum);
             }
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *y = w.value(output()), *dy = w.gradient(output());
    w.add({"activity penalty backward",
           Split::rows,
           dx->width,
           true,
           {w.reads(y, Split::rows), w.reads(dy, Split::rows), w.writes(dx, Split::rows)},
           [=, l1 = l1_, l2 = l2_](const Pass& pass, const Tile& t) {
             const float share = 1.0f / static_cast<float>(pass.rows);
             for (int64_t j = t.rows.begin * dx->width; j < t.rows.end * dx->width; ++j) {
               const float v = y->data[j];
               const float sign = v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : v;  // nan stays
               dx->data[j] = dy->data[j] + share * (l1 * sign + 2.0f * l2 * v);
             }
           }});
  }

 private:
  float l1_, l2_;
};

}  // namespace

std::unique_ptr<Op> make_activity_penalty(const OpSpec& spec) {
  return std::make_unique<ActivityPenalty>(spec);
}

}  // namespace trimtab

// Values of one column: the sum of all columns of a row, and one column as wide as others.
#include <algorithm>

#include "workspace.h"

namespace trimtab {
namespace {

// Each row by itself, so the bits do not depend on how rows are divided; one double is enough for
// the sum of a row to be that of a float rounded once.
void sum_rows(const Block* from, const Block* to, Range rows) {
  const int64_t n = from->width;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    double sum = 0.0;
    for (int64_t j = 0; j < n; ++j) sum += from->data[i * n + j];
    to->data[i] = static_cast<float>(sum);
  }
}

void spread_rows(const Block* from, const Block* to, Range rows) {
  const int64_t n = to->width;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    std::fill_n(to->data + i * n, n, from->data[i]);
  }
}

// Each is the other's gradient.
class OneColumn final : public Op {
 public:
  OneColumn(const OpSpec& spec, bool sums) : Op(spec), sums_(sums) {}

  Split output_split(const Workspace&, Split) const override { return Split::rows; }

  void forward(Workspace& w) const override {
    add_phase(w, sums_ ? "sum columns" : "spread", sums_, w.value(input()), w.value(output()));
  }
  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    add_phase(w, sums_ ? "sum columns backward" : "spread backward", !sums_, w.gradient(output()),
              dx);
  }

 private:
  static void add_phase(Workspace& w, const char* name, bool sums, const Block* from,
                        const Block* to) {
    auto run = sums ? sum_rows : spread_rows;
    w.add({name,
           Split::rows,
           std::max(from->width, to->width),
           true,
           {w.reads(from, Split::rows), w.writes(to, Split::rows)},
           [=](const Pass&, const Tile& t) { run(from, to, t.rows); }});
  }

  bool sums_;
};

}  // namespace

std::unique_ptr<Op> make_sum_columns(const OpSpec& spec) {
  return std::make_unique<OneColumn>(spec, true);
}
std::unique_ptr<Op> make_spread(const OpSpec& spec) {
  return std::make_unique<OneColumn>(spec, false);
}

}  // namespace trimtab

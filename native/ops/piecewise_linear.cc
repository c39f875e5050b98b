// Piecewise-linear embedding: columns that pass through, then the curves of numbers.
#include <cstring>

#include "ops/passing.h"
#include "workspace.h"

namespace trimtab {
namespace {

class PiecewiseLinear final : public Op {
 public:
  explicit PiecewiseLinear(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    increments_ = a.flag("increments");
    passing_ = Passing(a.integers("columns"), a.flag("linear"));
    knots_ = a.integer("knots");
    dim_ = a.integer("dim");
  }

  // A row is read as a whole.
  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, false}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = x->width, m = y->width, capacity = w.capacity();
    const int64_t cells = count() * capacity;
    Scratch& s = w.scratch(*this);
    s.place = w.integers(cells);
    s.share = w.floats(cells);
    int64_t* place = s.place;
    float* share = s.share;
    const float *table = own_table(w), *edges = w.state(state(0));
    const int64_t passing = passing_.count(n);
    auto k = w.kernels().piecewise_linear;
    w.add({"piecewise linear",
           Split::rows,
           m,
           false,
           {w.reads(x, Split::rows), w.writes(y, Split::rows),
            w.reads(table, count() * (knots_ + 1) * dim_, Split::all, 0),
            w.reads(edges, count() * knots_, Split::all, 0), writes(place, cells),
            w.writes(share, cells, Split::rows, 0)},
           [=, this](const Pass&, const Tile& t) {
             const int64_t rows = t.rows.size(), first = t.rows.begin;
             const float* from = x->data + first * n;
             float* to = y->data + first * m;
             passing_.forward(rows, from, n, to, m);
             for (int64_t c = 0; c < count(); ++c) {
               int64_t* places = place + c * capacity + first;
               float* shares = share + c * capacity + first;
               k.locate(rows, from + passing_.column(c), n, edges + c * knots_, knots_, places,
                        shares);
               k.forward(rows, dim_, places, shares, table + c * (knots_ + 1) * dim_, knots_,
                         to + passing + c * dim_, m);
             }
           }});
  }

  void backward(Workspace& w) const override {
    table_gradient(w);
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const int64_t n = dx->width, m = dy->width, capacity = w.capacity();
    const int64_t passing = passing_.count(n), cells = count() * capacity;
    const int64_t* place = w.scratch(*this).place;
    const float* table = increments_ ? w.scratch(*this).table : w.parameter(parameter(0));
    const float* edges = w.state(state(0));
    auto k = w.kernels().piecewise_linear;
    w.add({"piecewise linear backward",
           Split::rows,
           n,
           false,
           {w.reads(x, Split::rows), w.reads(dy, Split::rows), w.writes(dx, Split::rows),
            w.reads(table, count() * (knots_ + 1) * dim_, Split::all, 0),
            w.reads(edges, count() * knots_, Split::all, 0), reads(place, cells)},
           [=, this](const Pass&, const Tile& t) {
             const int64_t rows = t.rows.size(), first = t.rows.begin;
             const float *cells_in = x->data + first * n, *from = dy->data + first * m;
             float* to = dx->data + first * n;
             passing_.backward(rows, cells_in, from, m, to, n);
             for (int64_t c = 0; c < count(); ++c) {
               const int64_t column = passing_.column(c);
               k.input_gradient(rows, dim_, place + c * capacity + first, cells_in + column, n,
                                edges + c * knots_, knots_, table + c * (knots_ + 1) * dim_,
                                from + passing + c * dim_, m, to + column, n);
             }
           }});
  }

 private:
  int64_t count() const { return passing_.embedded(); }

  static Access reads(const int64_t* p, int64_t n) { return {p, p + n, Split::rows, 0, false}; }
  static Access writes(const int64_t* p, int64_t n) { return {p, p + n, Split::rows, 0, true}; }

  // Where the table lies that cells are looked up in. That of increments is summed up first.
  const float* own_table(Workspace& w) const {
    const float* given = w.parameter(parameter(0));
    if (!increments_) return given;
    const int64_t size = (knots_ + 1) * dim_, all = count() * size;
    float* table = w.scratch(*this).table = w.floats(all);
    auto run = w.kernels().piecewise_linear.sum_increments;
    w.add({"piecewise linear table",
           Split::parts,
           count(),
           false,
           {w.reads(given, all, Split::all, 0), w.writes(table, all, Split::parts, count())},
           [=, this](const Pass&, const Tile& t) {
             for (int64_t c = t.columns.begin; c < t.columns.end; ++c) {
               run(knots_, dim_, given + c * size, table + c * size);
             }
           }});
    return table;
  }

  // A thread owns columns: the tables of each, over all rows in order.
  void table_gradient(Workspace& w) const {
    float* gradient = w.parameter_gradient(parameter(0));
    if (gradient == nullptr) return;
    const Block* dy = w.gradient(output());
    const int64_t m = dy->width, capacity = w.capacity(), cells = count() * capacity;
    const int64_t passing = m - count() * dim_, size = (knots_ + 1) * dim_;
    const int64_t* place = w.scratch(*this).place;
    const float* share = w.scratch(*this).share;
    auto k = w.kernels().piecewise_linear;
    w.set_owners(parameter(0), {Split::parts, count(), size});
    w.add_gradient({"piecewise linear table gradients",
                    Split::parts,
                    count(),
                    false,
                    {w.reads(dy, Split::all), Access{place, place + cells, Split::all, 0, false},
                     w.reads(share, cells, Split::all, 0),
                     w.writes(gradient, count() * size, Split::parts, count())},
                    [=, this](const Pass& pass, const Tile& t) {
                      for (int64_t c = t.columns.begin; c < t.columns.end; ++c) {
                        float* to = gradient + c * size;
                        std::memset(to, 0, static_cast<size_t>(size) * sizeof(float));
                        k.table_gradient(pass.rows, dim_, place + c * capacity,
                                         share + c * capacity, dy->data + passing + c * dim_, m,
                                         knots_, to);
                        if (increments_) k.increment_gradient(knots_, dim_, to);
                      }
                    }});
  }

  Passing passing_;
  int64_t knots_ = 0, dim_ = 0;
  bool increments_ = false;
};

}  // namespace

std::unique_ptr<Op> make_piecewise_linear(const OpSpec& spec) {
  return std::make_unique<PiecewiseLinear>(spec);
}

}  // namespace trimtab

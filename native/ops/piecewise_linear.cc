// Piecewise-linear embedding: columns that pass through, then the curves of numbers.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "workspace.h"

namespace trimtab {
namespace {

class PiecewiseLinear final : public Op {
 public:
  explicit PiecewiseLinear(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    columns_ = a.integers("columns");
    knots_ = a.integer("knots");
    dim_ = a.integer("dim");
    linear_ = a.flag("linear");
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
    const float *table = w.parameter(parameter(0)), *edges = w.state(state(0));
    const int64_t passing = passing_columns(n);
    const std::vector<int64_t> pass = passed(n);
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
             for (int64_t i = 0; i < rows; ++i) {
               for (int64_t j = 0; j < passing; ++j) to[i * m + j] = from[i * n + pass[at(j)]];
             }
             if (linear_) {
               for (int64_t column : columns_) {
                 for (int64_t i = 0; i < rows; ++i) {
                   float& cell = to[i * m + column];
                   if (std::isnan(cell)) cell = 0.0f;
                 }
               }
             }
             for (int64_t c = 0; c < count(); ++c) {
               int64_t* places = place + c * capacity + first;
               float* shares = share + c * capacity + first;
               k.locate(rows, from + columns_[at(c)], n, edges + c * knots_, knots_, places,
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
    const int64_t passing = passing_columns(n), cells = count() * capacity;
    const std::vector<int64_t> pass = passed(n);
    const int64_t* place = w.scratch(*this).place;
    const float *table = w.parameter(parameter(0)), *edges = w.state(state(0));
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
             std::memset(to, 0, static_cast<size_t>(rows * n) * sizeof(float));
             for (int64_t i = 0; i < rows; ++i) {
               for (int64_t j = 0; j < passing; ++j) to[i * n + pass[at(j)]] = from[i * m + j];
             }
             for (int64_t c = 0; c < count(); ++c) {
               const int64_t column = columns_[at(c)];
               if (linear_) {  // a nan passed as 0
                 for (int64_t i = 0; i < rows; ++i) {
                   if (std::isnan(cells_in[i * n + column])) to[i * n + column] = 0.0f;
                 }
               }
               k.input_gradient(rows, dim_, place + c * capacity + first, cells_in + column, n,
                                edges + c * knots_, knots_, table + c * (knots_ + 1) * dim_,
                                from + passing + c * dim_, m, to + column, n);
             }
           }});
  }

 private:
  static size_t at(int64_t i) { return static_cast<size_t>(i); }
  int64_t count() const { return static_cast<int64_t>(columns_.size()); }
  int64_t passing_columns(int64_t width) const { return linear_ ? width : width - count(); }

  std::vector<int64_t> passed(int64_t width) const {
    std::vector<int64_t> found;
    for (int64_t column = 0; column < width; ++column) {
      if (linear_ || !std::binary_search(columns_.begin(), columns_.end(), column)) {
        found.push_back(column);
      }
    }
    return found;
  }

  static Access reads(const int64_t* p, int64_t n) { return {p, p + n, Split::rows, 0, false}; }
  static Access writes(const int64_t* p, int64_t n) { return {p, p + n, Split::rows, 0, true}; }

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
                      }
                    }});
  }

  std::vector<int64_t> columns_;
  int64_t knots_ = 0, dim_ = 0;
  bool linear_ = true;
};

}  // namespace

std::unique_ptr<Op> make_piecewise_linear(const OpSpec& spec) {
  return std::make_unique<PiecewiseLinear>(spec);
}

}  // namespace trimtab

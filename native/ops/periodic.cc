// Periodic embedding: columns that pass through, then waves of numbers.
#include "kernels/periodic.h"

#include "ops/passing.h"
#include "workspace.h"

namespace trimtab {
namespace {

class Periodic final : public Op {
 public:
  explicit Periodic(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    passing_ = Passing(a.integers("columns"), a.flag("linear"));
    shape_.frequencies = a.integer("frequencies");
    shape_.dim = a.integer("dim");
    shape_.pairs = a.flag("pairs");
    shape_.relu = a.flag("relu");
  }

  // A row is read as a whole.
  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, shape_.relu}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = x->width, m = y->width, passing = passing_.count(n);
    const bool keep = w.backward_wanted();
    std::vector<Access> touches = {w.reads(x, Split::rows), w.writes(y, Split::rows)};
    for (size_t p = 0; p < spec().parameters.size(); ++p) {
      touches.push_back(
          w.reads(w.parameter(parameter(p)), w.parameter_size(parameter(p)), Split::all, 0));
    }
    if (keep) {
      Scratch& s = w.scratch(*this);
      s.cells = w.floats(count() * w.capacity());
      s.waves = w.floats(waves(w));
      s.vectors = w.floats(vectors(w));
      touches.push_back(w.writes(s.cells, count() * w.capacity(), Split::rows, 0));
      touches.push_back(w.writes(s.waves, waves(w), Split::rows, 0));
    }
    const std::vector<PeriodicColumn> columns = own_columns(w);
    const std::vector<PeriodicRows> kept = own_rows(w);
    auto run = w.kernels().periodic.forward;
    w.add({"periodic", Split::rows, m, false, touches, [=, this](const Pass&, const Tile& t) {
             const float* from = x->data + t.rows.begin * n;
             float* to = y->data + t.rows.begin * m;
             passing_.forward(t.rows.size(), from, n, to, m);
             for (int64_t c = 0; c < count(); ++c) {
               run(columns[at(c)], t.rows.size(), from + passing_.column(c), n,
                   to + passing + c * shape_.dim, m, moved(kept[at(c)], t.rows.begin));
             }
           }});
  }

  void backward(Workspace& w) const override {
    bool any = false;
    for (size_t p = 0; p < spec().parameters.size(); ++p) {
      any = any || w.parameter_gradient(parameter(p)) != nullptr;
    }
    const Block* dx = w.input_gradient(*this, 0);
    if (!any && dx == nullptr) return;
    vector_gradients(w, dx);
    if (any) parameter_gradients(w);
  }

 private:
  static size_t at(int64_t i) { return static_cast<size_t>(i); }
  int64_t count() const { return passing_.embedded(); }
  int64_t waves(const Workspace& w) const {
    return count() * 2 * shape_.frequencies * w.capacity();
  }
  int64_t vectors(const Workspace& w) const { return count() * shape_.dim * w.capacity(); }

  static PeriodicRows moved(PeriodicRows kept, int64_t row) {
    if (kept.waves == nullptr) return kept;
    kept.x += row;
    kept.waves += row;
    kept.dv += row;
    return kept;
  }

  // The parameters of each column, in the order of the op: w, b unless there are pairs, kernel,
  // bias, missing. `take(p)` is where parameter number p lies, or null.
  template <class Column, class Take>
  std::vector<Column> share_out(Take take) const {
    const int64_t k = shape_.frequencies, dim = shape_.dim;
    auto part = [](auto* all, int64_t offset) { return all ? all + offset : all; };
    std::vector<Column> columns(at(count()));
    for (int64_t c = 0; c < count(); ++c) {
      Column& column = columns[at(c)];
      size_t p = 0;
      column.w = part(take(p++), c * k);
      if (!shape_.pairs) column.b = part(take(p++), c * k);
      column.kernel = part(take(p++), c * shape_.waves() * dim);
      column.bias = part(take(p++), c * dim);
      column.missing = part(take(p++), c * dim);
    }
    return columns;
  }

  std::vector<PeriodicColumn> own_columns(Workspace& w) const {
    std::vector<PeriodicColumn> columns =
        share_out<PeriodicColumn>([&](size_t p) { return w.parameter(parameter(p)); });
    for (PeriodicColumn& column : columns) {
      column.frequencies = shape_.frequencies;
      column.dim = shape_.dim;
      column.pairs = shape_.pairs;
      column.relu = shape_.relu;
    }
    return columns;
  }

  std::vector<PeriodicRows> own_rows(Workspace& w) const {
    const Scratch& s = w.scratch(*this);
    const int64_t capacity = w.capacity();
    std::vector<PeriodicRows> rows(at(count()));
    for (int64_t c = 0; c < count() && s.waves != nullptr; ++c) {
      rows[at(c)] = {s.cells + c * capacity, s.waves + c * 2 * shape_.frequencies * capacity,
                     s.vectors + c * shape_.dim * capacity, capacity};
    }
    return rows;
  }

  // By rows: gradients of the vectors, turned so that rows lie side by side, and of the input.
  void vector_gradients(Workspace& w, const Block* dx) const {
    const Block *x = w.value(input()), *y = w.value(output()), *dy = w.gradient(output());
    const int64_t n = x->width, m = dy->width, passing = passing_.count(n);
    const Scratch& s = w.scratch(*this);
    std::vector<Access> touches = {w.reads(dy, Split::rows),
                                   w.writes(s.vectors, vectors(w), Split::rows, 0)};
    if (shape_.relu) touches.push_back(w.reads(y, Split::rows));
    if (dx != nullptr) {
      touches.push_back(w.reads(x, Split::rows));
      touches.push_back(w.writes(dx, Split::rows));
      touches.push_back(w.reads(s.cells, count() * w.capacity(), Split::rows, 0));
      touches.push_back(w.reads(s.waves, waves(w), Split::rows, 0));
      for (size_t p = 0; p < spec().parameters.size(); ++p) {
        touches.push_back(
            w.reads(w.parameter(parameter(p)), w.parameter_size(parameter(p)), Split::all, 0));
      }
    }
    const std::vector<PeriodicColumn> columns = own_columns(w);
    const std::vector<PeriodicRows> kept = own_rows(w);
    auto k = w.kernels().periodic;
    w.add({"periodic backward", Split::rows, m, false, touches,
           [=, this](const Pass&, const Tile& t) {
             const int64_t first = t.rows.begin, rows = t.rows.size();
             const float* from = dy->data + first * m;
             if (dx != nullptr) {
               passing_.backward(rows, x->data + first * n, from, m, dx->data + first * n, n);
             }
             for (int64_t c = 0; c < count(); ++c) {
               const int64_t place = passing + c * shape_.dim;
               const PeriodicRows own = moved(kept[at(c)], first);
               k.vector_gradient(columns[at(c)], rows, y->data + first * m + place, m, from + place,
                                 m, own);
               if (dx == nullptr) continue;
               k.input_gradient(columns[at(c)], rows, own,
                                dx->data + first * n + passing_.column(c), n);
             }
           }});
  }

  // A thread owns columns.
  void parameter_gradients(Workspace& w) const {
    const Scratch& s = w.scratch(*this);
    std::vector<Access> touches = {w.reads(s.cells, count() * w.capacity(), Split::all, 0),
                                   w.reads(s.waves, waves(w), Split::all, 0),
                                   w.reads(s.vectors, vectors(w), Split::all, 0)};
    for (size_t p = 0; p < spec().parameters.size(); ++p) {
      const int slot = parameter(p);
      const int64_t size = w.parameter_size(slot);
      touches.push_back(w.reads(w.parameter(slot), size, Split::all, 0));
      float* gradient = w.parameter_gradient(slot);
      if (gradient != nullptr) {
        touches.push_back(w.writes(gradient, size, Split::parts, count()));
      }
    }
    const std::vector<PeriodicColumn> columns = own_columns(w);
    const std::vector<PeriodicGradients> gradients =
        share_out<PeriodicGradients>([&](size_t p) { return w.parameter_gradient(parameter(p)); });
    const std::vector<PeriodicRows> kept = own_rows(w);
    auto run = w.kernels().periodic.parameter_gradients;
    w.add_gradient({"periodic gradients", Split::parts, count(), false, touches,
                    [=](const Pass& pass, const Tile& t) {
                      for (int64_t c = t.columns.begin; c < t.columns.end; ++c) {
                        run(columns[at(c)], pass.rows, kept[at(c)], gradients[at(c)]);
                      }
                    }});
  }

  Passing passing_;
  PeriodicColumn shape_;  // without its parameters
};

}  // namespace

std::unique_ptr<Op> make_periodic(const OpSpec& spec) { return std::make_unique<Periodic>(spec); }

}  // namespace trimtab

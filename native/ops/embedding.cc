// Embedding: columns that pass through, then codes that become rows of tables.
#include <cstring>
#include <stdexcept>

#include "workspace.h"

namespace trimtab {
namespace {

// The rows of every table are cut into this many parts, which threads share out.
constexpr int64_t parts = 64;

class Embedding final : public Op {
 public:
  explicit Embedding(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    const std::vector<int64_t>&sizes = a.integers("sizes"), &dims = a.integers("dims");
    if (sizes.size() != spec.parameters.size() || dims.size() != sizes.size()) {
      throw std::invalid_argument("embedding needs a size and a dim for each table");
    }
    for (size_t i = 0; i < sizes.size(); ++i) tables_.push_back({sizes[i], dims[i]});
    for (int64_t table : a.integers("tables")) {
      codes_.push_back({static_cast<size_t>(table), width_});
      width_ += tables_.at(static_cast<size_t>(table)).dim;
    }
  }

  // A vector is read whole, and codes are gathered row by row.
  Split output_split(const Workspace&, Split) const override { return Split::rows; }
  Needs backward_needs() const override { return {true, false}; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = x->width, m = y->width, passing = n - count();
    std::vector<Access> touches = {w.reads(x, Split::rows), w.writes(y, Split::rows)};
    std::vector<const float*> tables;
    for (size_t i = 0; i < tables_.size(); ++i) {
      tables.push_back(w.parameter(parameter(i)));
      touches.push_back(w.reads(tables[i], tables_[i].numbers(), Split::all, 0));
    }
    auto copy = w.kernels().gather.rows;
    auto look_up = w.kernels().embedding.forward;
    w.add({"embedding", Split::rows, m, true, touches, [=, this](const Pass&, const Tile& t) {
             const int64_t rows = t.rows.size();
             const float* from = x->data + t.rows.begin * n;
             float* to = y->data + t.rows.begin * m;
             copy(rows, passing, from, n, nullptr, to, m);
             for (size_t k = 0; k < codes_.size(); ++k) {
               const Code& code = codes_[k];
               const Table& table = tables_[code.table];
               look_up(rows, table.dim, from + passing + k, n, tables[code.table], table.size,
                       to + passing + code.offset, m);
             }
           }});
  }

  void backward(Workspace& w) const override {
    table_gradients(w);
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block* dy = w.gradient(output());
    const int64_t n = dx->width, m = dy->width, passing = n - count();
    auto copy = w.kernels().gather.rows;
    w.add({"embedding backward",
           Split::rows,
           n,
           true,
           {w.reads(dy, Split::rows), w.writes(dx, Split::rows)},
           [=, this](const Pass&, const Tile& t) {
             float* to = dx->data + t.rows.begin * n;
             copy(t.rows.size(), passing, dy->data + t.rows.begin * m, m, nullptr, to, n);
             for (int64_t i = 0; i < t.rows.size(); ++i) {
               std::memset(to + i * n + passing, 0, codes_.size() * sizeof(float));
             }
           }});
  }

 private:
  struct Table {
    int64_t size, dim;
    int64_t numbers() const { return size * dim; }
  };
  // Of one column of codes: which table it reads, and where among the vectors its own lies.
  struct Code {
    size_t table;
    int64_t offset;
  };

  int64_t count() const { return static_cast<int64_t>(codes_.size()); }

  // A thread owns rows of each table: it looks at all codes and adds up what concerns its own, in
  // the order of the columns and, in a column, of the batch.
  void table_gradients(Workspace& w) const {
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const int64_t n = x->width, m = dy->width, passing = n - count();
    std::vector<Access> touches = {w.reads(x, Split::all), w.reads(dy, Split::all)};
    std::vector<float*> gradients;
    bool any = false;
    for (size_t i = 0; i < tables_.size(); ++i) {
      gradients.push_back(w.parameter_gradient(parameter(i)));
      if (gradients[i] == nullptr) continue;
      any = true;
      touches.push_back(w.writes(gradients[i], tables_[i].numbers(), Split::parts, parts));
    }
    if (!any) return;
    auto add = w.kernels().embedding.table_gradient;
    w.add_gradient(
        {"embedding table gradients", Split::parts, parts, false, touches,
         [=, this](const Pass& pass, const Tile& t) {
           auto own = [&](const Table& table) {
             return Range{table.size * t.columns.begin / parts, table.size * t.columns.end / parts};
           };
           for (size_t i = 0; i < tables_.size(); ++i) {
             if (gradients[i] == nullptr) continue;
             const Range rows = own(tables_[i]);
             const int64_t dim = tables_[i].dim;
             std::memset(gradients[i] + rows.begin * dim, 0,
                         static_cast<size_t>(rows.size() * dim) * sizeof(float));
           }
           for (size_t k = 0; k < codes_.size(); ++k) {
             const Code& code = codes_[k];
             const Table& table = tables_[code.table];
             if (gradients[code.table] == nullptr) continue;
             const Range rows = own(table);
             add(pass.rows, table.dim, x->data + passing + k, n, dy->data + passing + code.offset,
                 m, table.size, rows.begin, rows.end, gradients[code.table]);
           }
         }});
  }

  std::vector<Table> tables_;
  std::vector<Code> codes_;
  int64_t width_ = 0;  // of all vectors
};

}  // namespace

std::unique_ptr<Op> make_embedding(const OpSpec& spec) { return std::make_unique<Embedding>(spec); }

}  // namespace trimtab

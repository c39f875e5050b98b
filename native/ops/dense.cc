// Matrix product and bias.
#include "ops/dense.h"

#include "matmul.h"
#include "workspace.h"

namespace trimtab {
namespace {

// Our own products may be cut anywhere, those of a BLAS only as the chunks are.
template <typename F>
void for_each_product(int64_t width, const Range& columns, F f) {
  if (uses_blas()) {
    for_each_chunk(width, columns, f);
  } else {
    f(columns);
  }
}

// How many parts the rows of a batch are cut into where a BLAS takes whole rows.
constexpr int64_t row_parts = 4;

// Columns c of y(rows, units) = x(rows, inputs) kernel.
void times_columns(const Kernel& kernel, int64_t rows, const Range& c, const float* x, float* y) {
  const int64_t inputs = kernel.inputs, units = kernel.units;
  if (kernel.panels) {
    kernels().panels.product(rows, inputs, c.begin, c.size(), x, inputs, kernel.data, y + c.begin,
                             units, product_scratch(matmul_scratch(rows, inputs)));
    return;
  }
  for_each_product(units, c, [&](const Range& p) {
    matmul(rows, p.size(), inputs, x, inputs, kernel.data + p.begin, units, y + p.begin, units);
  });
}

// Rows r and columns c of gradient(inputs, units) = x(rows, inputs)^T dy(rows, units).
void gradient_part(const KernelOf<float>& gradient, int64_t rows, const Range& r, const Range& c,
                   const float* x, const float* dy, const GradientUser* user = nullptr) {
  const int64_t inputs = gradient.inputs, units = gradient.units;
  if (gradient.panels) {
    kernels().panels.kernel_gradient(rows, r.size(), c.begin, c.size(), x + r.begin, inputs,
                                     dy + c.begin, units, gradient.data, inputs, r.begin, user,
                                     product_scratch(gradient_scratch(r.size(), rows)));
    return;
  }
  for_each_product(units, c, [&](const Range& p) {
    matmul_tn(r.size(), p.size(), rows, x + r.begin, inputs, dy + p.begin, units,
              gradient.data + r.begin * units + p.begin, units);
  });
}

// Columns c of dx(rows, inputs) = dy(rows, units) kernel^T.
void times_rows(const Kernel& kernel, int64_t rows, const Range& c, const float* dy, float* dx) {
  const int64_t inputs = kernel.inputs, units = kernel.units;
  if (kernel.panels) {
    kernels().panels.input_gradient(rows, units, sum_block(units), c.begin, c.size(), dy, units,
                                    kernel.data, inputs, dx + c.begin, inputs,
                                    product_scratch(input_scratch(rows, units)));
    return;
  }
  for_each_product(inputs, c, [&](const Range& p) {
    matmul_nt(rows, p.size(), units, dy, units, kernel.data + p.begin * units, units, dx + p.begin,
              inputs);
  });
}

}  // namespace

void add_by_rows(Workspace& w, const char* name, int64_t width, const Block* from, const Block* to,
                 std::vector<Access> touches, std::function<void(int64_t, int64_t)> run) {
  const Split how = uses_blas() ? Split::parts : Split::rows;
  touches.push_back(w.reads(from, how));
  touches.push_back(w.writes(to, how));
  w.add({name, how, how == Split::parts ? row_parts : width, false, std::move(touches),
         [=](const Pass& pass, const Tile& t) {
           if (how == Split::rows) return run(t.rows.begin, t.rows.size());
           for (int64_t part = t.columns.begin; part < t.columns.end; ++part) {
             const Range rows = own_rows(pass.rows, static_cast<int>(part), row_parts);
             if (!rows.empty()) run(rows.begin, rows.size());
           }
         }});
}

Split Product::output_split(const Workspace& w, Split) const {
  const bool rows = w.by_rows() || members_ > 1 || w.width(output()) <= narrow_units;
  return rows ? Split::rows : Split::columns;
}

Kernel Product::kernel_at(const Workspace& w, const float* data) const {
  return {data, w.width(input()) / members_, w.width(output()) / members_,
          w.parameter_slot(parameter(0)).in_panels()};
}

void Product::product(Workspace& w, const Kernel& kernel, bool neighbours) const {
  const Block *x = w.value(input()), *y = w.value(output());
  const int64_t inputs = x->width / members_, units = y->width / members_;
  if (members_ > 1) {
    auto narrow = w.kernels().dense.narrow_forward;
    add_by_rows(w, "matmul", y->width, x, y,
                {w.reads(kernel.data, kernel.size(), Split::all, units)},
                [=, k = members_](int64_t i, int64_t rows) {
                  const float* from = x->data + i * k * inputs;
                  float* to = y->data + i * k * units;
                  if (units <= narrow_units) {
                    narrow(rows * k, inputs, units, from, inputs, kernel.data, to, units);
                  } else {
                    times_columns(kernel, rows * k, {0, units}, from, to);
                  }
                });
    return;
  }
  if (units <= narrow_units) {
    auto run = w.kernels().dense.narrow_forward;
    w.add({"matmul",
           Split::rows,
           units,
           true,
           {w.reads(x, Split::rows), w.writes(y, Split::rows),
            w.reads(kernel.data, kernel.size(), Split::all, units)},
           [=](const Pass&, const Tile& t) {
             run(t.rows.size(), inputs, units, x->data + t.rows.begin * inputs, inputs, kernel.data,
                 y->data + t.rows.begin * units, units);
           }});
    return;
  }
  if (w.by_rows()) {
    w.add({"matmul",
           Split::rows,
           units,
           false,
           {w.reads(x, Split::rows), w.writes(y, Split::rows),
            w.reads(kernel.data, kernel.size(), Split::all, units)},
           [=](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin;
             times_columns(kernel, t.rows.size(), {0, units}, x->data + i * inputs,
                           y->data + i * units);
           }});
    return;
  }
  w.add({"matmul",
         Split::columns,
         units,
         false,
         {w.reads(x, Split::all), w.writes(y, Split::columns),
          w.reads(kernel.data, kernel.size(), neighbours ? Split::all : Split::columns, units)},
         [=](const Pass& pass, const Tile& t) {
           times_columns(kernel, pass.rows, t.columns, x->data, y->data);
         }});
}

void Product::gradients(Workspace& w, const Kernel& kernel, const Finish& finish) const {
  const bool wanted = w.input_gradient(*this, 0) != nullptr;
  float* d_kernel = w.parameter_gradient(parameter(0));
  if (d_kernel == nullptr) {
    if (wanted) input_gradient(w, kernel);
    return;
  }
  const KernelOf<float> gradient{d_kernel, kernel.inputs, kernel.units, kernel.panels};
  const bool by_inputs = w.by_rows() && kernel.inputs >= kernel.units;
  const Update* update =
      kernel.panels && !finish.run && !by_inputs ? w.take_update(parameter(0)) : nullptr;
  if (update == nullptr) kernel_gradient(w, gradient, finish);
  w.flush_update();
  if (wanted) input_gradient(w, kernel);
  if (update != nullptr) updating_gradient(w, gradient, *update);
}

// Whose a kernel's column is, its gradient is and its update. The gradient takes no way through
// memory: a part of it is used up while it lies in the nearest caches.
void Product::updating_gradient(Workspace& w, const KernelOf<float>& gradient,
                                const Update& update) const {
  const Block *x = w.value(input()), *dy = w.gradient(output());
  const int64_t inputs = gradient.inputs, units = gradient.units, k = members_;
  w.set_owners(parameter(0), {Split::columns, units});
  std::vector<Access> touches = {w.reads(x, Split::all),
                                 w.reads(dy, k > 1 ? Split::all : Split::columns),
                                 w.writes(gradient.data, gradient.size(), Split::columns, units)};
  for (const float* numbers : update.numbers) {
    touches.push_back(w.writes(numbers, gradient.size(), Split::columns, units));
  }
  w.add_update(
      {"matmul kernel gradient, update", Split::columns, units, false, std::move(touches),
       [=, &update](const Pass& pass, const Tile& t) {
         struct Context {
           const Pass& pass;
           const Update& update;
           int64_t inputs;
         } context{pass, update, inputs};
         GradientUser user{[](const void* of, const float* part, int64_t row, int64_t rows,
                              int64_t column, int64_t columns) {
                             const Context& c = *static_cast<const Context*>(of);
                             c.update.run(c.pass, part, place_in_panels(c.inputs, row, column),
                                          rows, columns, panel_width);
                           },
                           &context};
         gradient_part(gradient, pass.rows * k, {0, inputs}, t.columns, x->data, dy->data, &user);
       }});
}

// Needs all rows of x, and all or the own columns of dy.
void Product::kernel_gradient(Workspace& w, const KernelOf<float>& gradient,
                              const Finish& finish) const {
  const char* name = "matmul kernel gradient";
  const Block *x = w.value(input()), *dy = w.gradient(output());
  const int64_t inputs = x->width / members_, units = dy->width / members_, k = members_;
  if (units <= narrow_units || (w.by_rows() && inputs >= units)) {
    // A thread owns rows of the kernel: columns of x.
    w.set_owners(parameter(0), {Split::columns, inputs, units});
    auto narrow = w.kernels().dense.narrow_kernel_gradient;
    w.add_gradient({name,
                    Split::columns,
                    inputs,
                    false,
                    {w.reads(x, k > 1 ? Split::all : Split::columns),
                     w.reads(dy, Split::all),
                     w.writes(gradient.data, gradient.size(), Split::columns, inputs),
                     {finish.begin, finish.end, Split::columns, inputs, false}},
                    [=](const Pass& pass, const Tile& t) {
                      const int64_t c = t.columns.begin, n = t.columns.size();
                      const int64_t rows = pass.rows * k;
                      if (units <= narrow_units) {
                        narrow(rows, n, units, x->data + c, inputs, dy->data, units,
                               gradient.data + c * units);
                      } else {
                        gradient_part(gradient, rows, t.columns, {0, units}, x->data, dy->data);
                      }
                      if (finish.run) finish.run(pass, t.columns, {0, units});
                    }});
    return;
  }
  w.set_owners(parameter(0), {Split::columns, units});
  w.add_gradient({name,
                  Split::columns,
                  units,
                  false,
                  {w.reads(x, Split::all),
                   w.reads(dy, k > 1 ? Split::all : Split::columns),
                   w.writes(gradient.data, gradient.size(), Split::columns, units),
                   {finish.begin, finish.end, Split::columns, units, false}},
                  [=](const Pass& pass, const Tile& t) {
                    gradient_part(gradient, pass.rows * k, {0, inputs}, t.columns, x->data,
                                  dy->data);
                    if (finish.run) finish.run(pass, {0, inputs}, t.columns);
                  }});
}

// Of few rows: half of the sum over the units, for some columns of dx, costs the thread that owns
// these units' weights no look at what another core has written but the rows themselves.
void Product::input_gradient_in_halves(Workspace& w, const Kernel& kernel) const {
  const Block *dy = w.gradient(output()), *dx = w.input_gradient(*this, 0);
  const int64_t inputs = kernel.inputs, units = kernel.units, block = sum_block(units);
  float* other = w.floats(w.capacity() * inputs);
  bool* together = reinterpret_cast<bool*>(w.bytes(1));  // whether one thread has taken both halves
  constexpr int64_t pieces = 8;  // of the columns of dx, for more than two threads
  w.add({"matmul input gradient",
         Split::parts,
         2 * pieces,
         false,
         {w.reads(dy, Split::all),
          w.reads(kernel.data, kernel.size(), Split::all, units),
          w.writes(dx, Split::parts),
          w.writes(other, w.capacity() * inputs, Split::parts, inputs),
          {together, together + 1, Split::parts, 1, true}},
         [=](const Pass& pass, const Tile& t) {
           float* scratch = product_scratch(input_scratch(pass.rows, units));
           auto run = kernels().panels.input_gradient;
           const bool all = t.columns.size() == 2 * pieces;
           if (all || t.columns.begin == 0) *together = all;
           if (all) {
             run(pass.rows, units, block, 0, inputs, dy->data, units, kernel.data, inputs, dx->data,
                 inputs, scratch);
             return;
           }
           for (int64_t half = 0; half < 2; ++half) {
             const int64_t from = std::max(t.columns.begin - half * pieces, int64_t{0});
             const int64_t to = std::min(t.columns.end - half * pieces, pieces);
             if (from >= to) continue;
             const Range c = {inputs * from / pieces, inputs * to / pieces};
             const int64_t first = half * block, n = half == 0 ? block : units - block;
             run(pass.rows, n, block, c.begin, c.size(), dy->data + first, units,
                 kernel.data + place_in_panels(inputs, 0, first), inputs,
                 (half == 0 ? dx->data : other) + c.begin, inputs, scratch);
           }
         }});
  auto add = w.kernels().activation.add;
  w.add({"sum of halves",
         Split::columns,
         inputs,
         true,
         {w.reads(other, w.capacity() * inputs, Split::columns, inputs),
          w.writes(dx, Split::columns),
          {together, together + 1, Split::all, 0, false}},
         [=](const Pass&, const Tile& t) {
           if (*together) return;
           const int64_t at = t.rows.begin * inputs + t.columns.begin;
           add(t.rows.size(), t.columns.size(), dx->data + at, inputs, other + at, inputs,
               dx->data + at, inputs);
         }});
}

void Product::input_gradient(Workspace& w, const Kernel& kernel) const {
  const bool few = w.capacity() <= 96 && kernel.units > 128 && kernel.units <= 512;
  if (few && kernel.panels && members_ == 1 && !w.by_rows()) {
    return input_gradient_in_halves(w, kernel);
  }
  const char* name = "matmul input gradient";
  const Block *dy = w.gradient(output()), *dx = w.input_gradient(*this, 0);
  const int64_t inputs = dx->width / members_, units = dy->width / members_;
  const Access weights = w.reads(kernel.data, kernel.size(), Split::all, units);
  if (members_ > 1) {
    auto narrow = w.kernels().dense.narrow_input_gradient;
    add_by_rows(w, name, dx->width, dy, dx, {weights}, [=, k = members_](int64_t i, int64_t rows) {
      const float* from = dy->data + i * k * units;
      float* to = dx->data + i * k * inputs;
      if (units <= narrow_units) {
        narrow(rows * k, inputs, units, from, units, kernel.data, to, inputs);
      } else {
        times_rows(kernel, rows * k, {0, inputs}, from, to);
      }
    });
    return;
  }
  const Split how = w.by_rows() ? Split::rows : Split::columns;
  const Split of_dy = w.by_rows() ? Split::rows : Split::all;
  if (units <= narrow_units) {
    auto run = w.kernels().dense.narrow_input_gradient;
    w.add({name,
           how,
           inputs,
           true,
           {w.reads(dy, of_dy), weights, w.writes(dx, how)},
           [=](const Pass&, const Tile& t) {
             const int64_t i = t.rows.begin, k = t.columns.begin;
             run(t.rows.size(), t.columns.size(), units, dy->data + i * units, units,
                 kernel.data + k * units, dx->data + i * inputs + k, inputs);
           }});
    return;
  }
  w.add({name,
         how,
         inputs,
         false,
         {w.reads(dy, of_dy), weights, w.writes(dx, how)},
         [=](const Pass&, const Tile& t) {
           const int64_t i = t.rows.begin;
           times_rows(kernel, t.rows.size(), t.columns, dy->data + i * units,
                      dx->data + i * inputs);
         }});
}

namespace {

class Matmul final : public Product {
 public:
  using Product::Product;

  void forward(Workspace& w) const override { product(w, kernel(w)); }
  void backward(Workspace& w) const override { gradients(w, kernel(w), {}); }

 private:
  Kernel kernel(const Workspace& w) const { return kernel_at(w, w.parameter(parameter(0))); }
};

class Bias final : public Op {
 public:
  using Op::Op;

  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    const float* bias = w.parameter(parameter(0));
    auto run = w.kernels().dense.add_bias;
    w.add({"bias",
           how,
           n,
           true,
           {w.reads(x, how), w.writes(y, how),
            w.reads(bias, n, how == Split::columns ? how : Split::all, n)},
           [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(t.rows.size(), t.columns.size(), x->data + at, n, bias + t.columns.begin,
                 y->data + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block *dy = w.gradient(output()), *dx = w.input_gradient(*this, 0);
    const Split how = w.split(output());
    const int64_t n = dy->width;
    if (float* d_bias = w.parameter_gradient(parameter(0))) {
      w.set_owners(parameter(0), {Split::columns, n});
      auto sums = w.kernels().dense.column_sums;
      // Tiles of rows follow each other, and the sums grow with them.
      w.add_gradient({"bias gradient",
                      Split::columns,
                      n,
                      true,
                      {w.reads(dy, Split::columns), w.writes(d_bias, n, Split::columns, n)},
                      [=](const Pass&, const Tile& t) {
                        sums(t.rows.size(), t.columns.size(),
                             dy->data + t.rows.begin * n + t.columns.begin, n, t.rows.begin > 0,
                             d_bias + t.columns.begin);
                      }});
    }
    if (dx != nullptr && dx != dy) {
      auto copy = w.kernels().gather.rows;
      w.add({"bias backward",
             how,
             n,
             true,
             {w.reads(dy, how), w.writes(dx, how)},
             [=](const Pass&, const Tile& t) {
               const int64_t at = t.rows.begin * n + t.columns.begin;
               copy(t.rows.size(), t.columns.size(), dy->data + at, n, nullptr, dx->data + at, n);
             }});
    }
  }
};

}  // namespace

std::unique_ptr<Op> make_matmul(const OpSpec& spec) { return std::make_unique<Matmul>(spec); }
std::unique_ptr<Op> make_bias(const OpSpec& spec) { return std::make_unique<Bias>(spec); }

}  // namespace trimtab

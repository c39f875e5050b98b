#include <algorithm>
#include <stdexcept>

#include "workspace.h"

namespace trimtab {
namespace {

// Numbers of an attribute, one for each column or one for them all, in memory of the workspace.
const float* per_column(Workspace& w, const std::vector<double>& given, int64_t columns) {
  float* made = w.floats(columns);
  for (int64_t j = 0; j < columns; ++j) {
    made[j] = static_cast<float>(given[given.size() == 1 ? 0 : static_cast<size_t>(j)]);
  }
  return made;
}

// What both ops share: a phase forward and one backward that read the numbers of their columns.
class ByColumn : public Op {
 public:
  using Op::Op;

  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

 protected:
  using Run = std::function<void(int64_t rows, int64_t columns, int64_t first, const float* from,
                                 float* to, int64_t stride)>;

  static void add(Workspace& w, const char* name, const Block* from, const Block* to, Split how,
                  std::vector<Access> touches, Run run) {
    const int64_t n = to->width;
    touches.push_back(w.reads(from, how));
    touches.push_back(w.writes(to, how));
    w.add({name, how, n, true, std::move(touches), [=](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(t.rows.size(), t.columns.size(), t.columns.begin, from->data + at, to->data + at,
                 n);
           }});
  }
};

class Rescaling final : public ByColumn {
 public:
  explicit Rescaling(const OpSpec& spec)
      : ByColumn(spec),
        scale_(spec.attributes.numbers("scale")),
        offset_(spec.attributes.numbers("offset")) {}

  void forward(Workspace& w) const override {
    const Block* y = w.value(output());
    const float* scale = per_column(w, scale_, y->width);
    const float* offset = per_column(w, offset_, y->width);
    auto run = w.kernels().rescaling.forward;
    add(w, "rescaling", w.value(input()), y, w.split(output()), {},
        [=](int64_t rows, int64_t columns, int64_t c, const float* x, float* to, int64_t n) {
          run(rows, columns, x, n, scale + c, offset + c, to, n);
        });
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const float* scale = per_column(w, scale_, dx->width);
    auto run = w.kernels().rescaling.backward;
    add(w, "rescaling backward", w.gradient(output()), dx, w.split(output()), {},
        [=](int64_t rows, int64_t columns, int64_t c, const float* dy, float* to, int64_t n) {
          run(rows, columns, scale + c, dy, n, to, n);
        });
  }

 private:
  std::vector<double> scale_, offset_;
};

// Mean and variance are attributes, or state, of which a phase may have one number for all columns.
class Normalization final : public ByColumn {
 public:
  explicit Normalization(const OpSpec& spec)
      : ByColumn(spec),
        single_(spec.attributes.flag("single")),
        invert_(spec.attributes.flag("invert")) {
    if (!spec.attributes.has("mean")) return;  // state
    mean_ = spec.attributes.numbers("mean");
    variance_ = spec.attributes.numbers("variance");
  }

  void forward(Workspace& w) const override {
    const Block* y = w.value(output());
    const Numbers mean = numbers(w, mean_, 0, y->width);
    const Numbers variance = numbers(w, variance_, 1, y->width);
    auto run = w.kernels().rescaling.normalize;
    add(w, "normalization", w.value(input()), y, w.split(output()),
        {reads(w, mean), reads(w, variance)},
        [=, this](int64_t rows, int64_t columns, int64_t c, const float* x, float* to, int64_t n) {
          mean.each(columns, c, [&](int64_t at, int64_t count, const float* m) {
            variance.each(count, c + at, [&](int64_t, int64_t, const float* v) {
              run(invert_, rows, count, x + at, n, m, v, to + at, n);
            });
          });
        });
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Numbers variance = numbers(w, variance_, 1, dx->width);
    auto run = w.kernels().rescaling.normalize_backward;
    add(w, "normalization backward", w.gradient(output()), dx, w.split(output()),
        {reads(w, variance)},
        [=, this](int64_t rows, int64_t columns, int64_t c, const float* dy, float* to, int64_t n) {
          variance.each(columns, c, [&](int64_t at, int64_t count, const float* v) {
            run(invert_, rows, count, v, dy + at, n, to + at, n);
          });
        });
  }

 private:
  static constexpr int64_t strip = 64;

  struct Numbers {
    const float* data;
    int64_t count;
    bool single;

    // f(offset, columns, numbers) for the columns from `first` on; a single number is repeated.
    template <class F>
    void each(int64_t columns, int64_t first, F f) const {
      if (!single) return f(0, columns, data + first);
      float repeated[strip];
      std::fill_n(repeated, strip, data[0]);
      for (int64_t at = 0; at < columns; at += strip) {
        f(at, std::min(strip, columns - at), repeated);
      }
    }
  };

  Numbers numbers(Workspace& w, const std::vector<double>& given, size_t place,
                  int64_t columns) const {
    if (!given.empty()) return {per_column(w, given, columns), columns, false};
    return {w.state(state(place)), single_ ? 1 : columns, single_};
  }

  static Access reads(const Workspace& w, const Numbers& numbers) {
    return w.reads(numbers.data, numbers.count, Split::all, numbers.count);
  }

  std::vector<double> mean_, variance_;
  bool single_, invert_;
};

}  // namespace

std::unique_ptr<Op> make_rescaling(const OpSpec& spec) { return std::make_unique<Rescaling>(spec); }
std::unique_ptr<Op> make_normalization(const OpSpec& spec) {
  return std::make_unique<Normalization>(spec);
}

}  // namespace trimtab

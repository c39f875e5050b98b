#include "looks.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "workspace.h"

namespace trimtab {
namespace {

constexpr int64_t part_size = 4096;
constexpr uint32_t no_limit = 0;
constexpr float no_scale = 1.0f;

}  // namespace

Looks::Looks(const ProgramSpec& program, std::vector<LookedValue> values)
    : program_(program), values_(std::move(values)) {
  for (const LookedValue& look : values_) {
    const int64_t width = program.widths[static_cast<size_t>(look.value)];
    all_.width += width;
    if (look.paired) training_.width = inference_.width += width;
  }
  for (Sums* sums : {&all_, &training_, &inference_}) {
    sums->rows.resize(static_cast<size_t>(5 * sums->width));
  }
  for (size_t i = 0; i < program.parameters.size(); ++i) {
    const SlotSpec& slot = program.parameters[i];
    if (!slot.trainable) continue;
    for (int64_t at = 0; at < slot.room(); at += part_size) {
      parts_.push_back(
          {static_cast<int>(i), slot.offset + at, std::min(part_size, slot.room() - at)});
    }
  }
  norms_.resize(3 * parts_.size());
  plain_.assign(program.widths.size(), {&no_limit, &no_scale});
}

void Looks::clear() {
  for (Sums* sums : {&all_, &training_, &inference_}) {
    std::fill(sums->rows.begin(), sums->rows.end(), 0.0);
  }
  std::fill(norms_.begin(), norms_.end(), 0.0);
  rows_ = 0;
}

void Looks::add_value_phases(Workspace& w, int value) {
  int64_t column = 0, paired = 0;
  for (const LookedValue& look : values_) {
    if (look.value == value) add_value_phase(w, look, column, paired);
    column += w.width(look.value);
    if (look.paired) paired += w.width(look.value);
  }
}

// column, paired: where its columns begin in the sums of all values, and of the paired ones.
void Looks::add_value_phase(Workspace& w, const LookedValue& look, int64_t column, int64_t paired) {
  const Block *y = w.value(look.value), *x = w.value(look.compared);
  const int64_t n = y->width;
  auto run = w.kernels().looks.columns;
  const LookBounds bounds = look.likeliest ? LookBounds{} : look.bounds;
  // A thread owns columns, however the op is split: sums down them have one order.
  std::vector<Access> touches = {w.reads(y, Split::columns)};
  if (x != y) touches.push_back(w.reads(x, Split::columns));
  w.add({"look", Split::columns, n, true, touches,
         [=, this](const Pass& pass, const Tile& t) {
           if (pass.look == Look::none) return;
           const int64_t first = t.rows.begin, c = t.columns.begin, at = first * n + c;
           auto add = [&](const LookBounds& b, int64_t rows, Sums& to, int64_t begin) {
             run(b, rows, t.columns.size(), y->data + at, n, x->data + at, n, to.at(begin + c),
                 to.width);
           };
           if (pass.look == Look::batch) add(bounds, t.rows.size(), all_, column);
           if (!look.paired || first >= pass.paired) return;
           add({}, std::min(pass.paired, t.rows.end) - first,
               pass.look == Look::batch ? training_ : inference_, paired);
         },
         true});
  if (!look.likeliest) return;
  double* ends = all_.at(4 * all_.width + column);
  w.add({"look at rows",
         Split::once,
         1,
         false,
         {w.reads(y, Split::once)},
         [=](const Pass& pass, const Tile&) {
           if (pass.look != Look::batch) return;
           int64_t count = 0;
           for (int64_t i = 0; i < pass.rows; ++i) {
             const float* row = y->data + i * n;
             count += *std::max_element(row, row + n) >= look.bounds.high;
           }
           for (int64_t c = 0; c < n; ++c) ends[c] += static_cast<double>(count);
         },
         true});
}

void Looks::before_update(int64_t i, const float* parameters, const float* gradients,
                          float* before) {
  const Part& part = parts_[static_cast<size_t>(i)];
  const SlotSpec& slot = program_.parameters[static_cast<size_t>(part.slot)];
  const float* p = parameters + part.begin;
  norms_[static_cast<size_t>(3 * i + 1)] =
      kernels().optimizers.squared_norm(slot.l1, slot.l2, part.size, gradients + part.begin, p);
  std::memcpy(before, p, static_cast<size_t>(part.size) * sizeof(float));
}

void Looks::after_update(int64_t i, const float* parameters, const float* before) {
  const Part& part = parts_[static_cast<size_t>(i)];
  double sums[2];
  kernels().looks.moved(part.size, parameters + part.begin, before, sums);
  norms_[static_cast<size_t>(3 * i)] = sums[0];
  norms_[static_cast<size_t>(3 * i + 2)] = sums[1];
}

void Looks::watch_update(std::vector<Phase>& phases, size_t first, const float* parameters,
                         const float* gradients) {
  const int64_t count = static_cast<int64_t>(parts_.size());
  if (count == 0 || first == phases.size()) return;
  const int64_t all = program_.trainable_room();
  before_.resize(static_cast<size_t>(all));
  auto parts_of = [=](const float* p, bool write) {
    return Access{p, p + all, Split::parts, count, write};
  };
  auto each = [this](auto look) {
    return [this, look](const Pass& pass, const Tile& t) {
      if (!pass.look_at_update) return;
      for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
        look(i, before_.data() + parts_[static_cast<size_t>(i)].begin);
      }
    };
  };
  const float* before = before_.data();
  phases.insert(
      phases.begin() + static_cast<std::ptrdiff_t>(first),
      {"look before the update",
       Split::parts,
       count,
       false,
       {parts_of(parameters, false), parts_of(gradients, false), parts_of(before, true)},
       each([=, this](int64_t i, float* to) { before_update(i, parameters, gradients, to); }),
       true});
  phases.push_back({"look after the update",
                    Split::parts,
                    count,
                    false,
                    {parts_of(parameters, false), parts_of(before, false)},
                    each([=, this](int64_t i, float* from) { after_update(i, parameters, from); }),
                    true});
}

std::vector<double> Looks::norms() const {
  std::vector<double> found(3 * program_.parameters.size(), 0.0);
  for (size_t i = 0; i < parts_.size(); ++i) {
    for (size_t k = 0; k < 3; ++k) {
      found[3 * static_cast<size_t>(parts_[i].slot) + k] += norms_[3 * i + k];
    }
  }
  return found;
}

}  // namespace trimtab

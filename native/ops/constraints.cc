#include "ops/constraints.h"

#include <algorithm>

namespace trimtab {
namespace {

// About as many numbers as the optimizer's parts have.
constexpr int64_t part_size = 4096;
// Columns with norms of their own: whole vectors of every level.
constexpr int64_t part_columns = 32;

// What one thread does by itself. Norms lie within a part, so their sums have one order.
struct Part {
  const ConstraintSpec* constraint;
  int64_t begin, size;  // first number; numbers, columns or norms
};

void cut(const SlotSpec& slot, std::vector<Part>& parts) {
  const ConstraintSpec& c = *slot.constraint;
  auto pieces = [&](int64_t count, int64_t each, int64_t begin, int64_t stride) {
    for (int64_t i = 0; i < count; i += each) {
      parts.push_back({&c, begin + i * stride, std::min(each, count - i)});
    }
  };
  if (c.kind == ConstraintSpec::Kind::non_negative) {
    pieces(slot.size, part_size, slot.offset, 1);
  } else if (c.inner == 1) {
    pieces(c.outer, std::max<int64_t>(1, part_size / c.length), slot.offset, c.length);
  } else {
    for (int64_t i = 0; i < c.outer; ++i) {
      pieces(c.inner, part_columns, slot.offset + i * c.length * c.inner, 1);
    }
  }
}

}  // namespace

void add_constraint_phase(Workspace& w, const ProgramSpec& program, float* parameters) {
  std::vector<Part> parts;
  std::vector<Access> touches;
  for (const SlotSpec& slot : program.parameters) {
    if (!slot.trainable || !slot.constraint) continue;
    cut(slot, parts);
    // Parts of their own: what an optimizer's part wrote may be another thread's here.
    touches.push_back(w.writes(parameters + slot.offset, slot.size, Split::all, 0));
  }
  if (parts.empty()) return;
  const int64_t count = static_cast<int64_t>(parts.size());
  const ConstraintKernels k = w.kernels().constraints;
  w.add({"constraints", Split::parts, count, false, touches,
         [=, parts = std::move(parts)](const Pass&, const Tile& t) {
           for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
             const Part& part = parts[i];
             const ConstraintSpec& c = *part.constraint;
             float* at = parameters + part.begin;
             if (c.kind == ConstraintSpec::Kind::non_negative) {
               k.non_negative(part.size, at);
             } else if (c.inner == 1) {
               const NormParameters p{c.minimum, c.maximum, c.rate};
               for (int64_t n = 0; n < part.size; ++n) k.norm(p, c.length, at + n * c.length);
             } else {
               k.column_norms({c.minimum, c.maximum, c.rate}, c.length, part.size, at, c.inner);
             }
           }
         }});
}

}  // namespace trimtab

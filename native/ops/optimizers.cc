#include "ops/optimizers.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace trimtab {
namespace {

constexpr int64_t part_size = 4096;

template <typename Wanted>
std::vector<Part> cut(const ProgramSpec& program, Wanted wanted) {
  std::vector<Part> parts;
  for (size_t i = 0; i < program.parameters.size(); ++i) {
    const SlotSpec& slot = program.parameters[i];
    if (!wanted(slot)) continue;
    for (int64_t at = 0; at < slot.room(); at += part_size) {
      parts.push_back(
          {static_cast<int>(i), slot.offset + at, std::min(part_size, slot.room() - at)});
    }
  }
  return parts;
}

bool has_penalty(const SlotSpec& slot) {
  return slot.trainable && (slot.l1 != 0.0f || slot.l2 != 0.0f);
}

// clip / max(norm, clip), nan where the norm is nan.
float scale_for(double norm, double clip) {
  return static_cast<float>(norm <= clip ? 1.0 : clip / norm);
}

}  // namespace

double Penalty::total() const {
  double sum = 0.0;
  for (double part : partial) sum += part;
  return sum;
}

Penalty make_penalty(const ProgramSpec& program) {
  Penalty penalty;
  penalty.parts = cut(program, has_penalty);
  penalty.partial.assign(penalty.parts.size(), 0.0);
  penalty.any = !penalty.parts.empty();
  return penalty;
}

void add_penalty_phase(Workspace& w, const ProgramSpec& program, Penalty& penalty) {
  if (!penalty.any) return;
  const int64_t count = static_cast<int64_t>(penalty.parts.size());
  const float* parameters = w.parameters();
  auto run = w.kernels().optimizers.penalty;
  Penalty* p = &penalty;
  const ProgramSpec* spec = &program;
  w.add({"penalty",
         Split::parts,
         count,
         false,
         {w.reads(parameters, program.parameter_room(), Split::all, 0),
          {p->partial.data(), p->partial.data() + count, Split::parts, count, true}},
         [=](const Pass&, const Tile& t) {
           for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
             const Part& part = p->parts[i];
             const SlotSpec& slot = spec->parameters[part.slot];
             p->partial[i] = run(slot.l1, slot.l2, part.size, parameters + part.begin);
           }
         }});
}

double penalty_now(const ProgramSpec& program, const float* parameters) {
  double sum = 0.0;
  for (const Part& part : cut(program, has_penalty)) {
    const SlotSpec& slot = program.parameters[part.slot];
    sum += kernels().optimizers.penalty(slot.l1, slot.l2, part.size, parameters + part.begin);
  }
  return sum;
}

Optimizer::Optimizer(const ProgramSpec& program, const Attributes& a) : program_(program) {
  const std::string& rule = a.text("rule");
  if (rule == "sgd" || rule == "sgd_momentum") {
    rule_ = Rule::sgd;
    slots_ = rule == "sgd" ? 0 : 1;
    sgd_.momentum = rule == "sgd" ? 0.0f : static_cast<float>(a.number("momentum"));
    sgd_.nesterov = a.flag("nesterov");
  } else if (rule == "adam") {
    rule_ = Rule::adam;
    slots_ = 2;
    // beta^t uses the rounded beta, 1 - beta is taken before rounding: what Keras computes.
    beta_1_ = static_cast<float>(a.number("beta_1"));
    beta_2_ = static_cast<float>(a.number("beta_2"));
    one_minus_beta_1_ = static_cast<float>(1.0 - a.number("beta_1"));
    one_minus_beta_2_ = static_cast<float>(1.0 - a.number("beta_2"));
    epsilon_ = static_cast<float>(a.number("epsilon"));
  } else {
    throw std::invalid_argument("the native engine has no optimizer rule called '" + rule + "'");
  }
  weight_decay_ = static_cast<float>(a.number("weight_decay"));
  if (a.has("clipvalue")) clip_value_ = static_cast<float>(a.number("clipvalue"));
  if (a.has("clipnorm")) clip_norm_ = static_cast<float>(a.number("clipnorm"));
  if (a.has("global_clipnorm")) global_clip_norm_ = static_cast<float>(a.number("global_clipnorm"));
  room_ = program.trainable_room();
  parts_ = cut(program, [](const SlotSpec& slot) { return slot.trainable; });
  norms_.assign(parts_.size(), 0.0);
  slot_norms_.assign(program.parameters.size(), 0.0);
  clip_scale_.assign(program.parameters.size(), 1.0f);
}

// Norms need every gradient before the first update: partial sums, then one thread adds them up.
void Optimizer::add_clip_phases(Workspace& w, const float* parameters, const float* gradients) {
  const int64_t count = static_cast<int64_t>(parts_.size());
  auto run = w.kernels().optimizers.squared_norm;
  double* norms = norms_.data();
  float* scales = clip_scale_.data();
  const int64_t slots = static_cast<int64_t>(clip_scale_.size());
  w.add({"gradient norms",
         Split::parts,
         count,
         false,
         {w.reads(gradients, room_, Split::parts, count),
          w.reads(parameters, room_, Split::parts, count),
          {norms, norms + count, Split::parts, count, true}},
         [=, this](const Pass&, const Tile& t) {
           for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
             const Part& part = parts_[i];
             const SlotSpec& slot = program_.parameters[part.slot];
             norms[i] =
                 run(slot.l1, slot.l2, part.size, gradients + part.begin, parameters + part.begin);
           }
         }});
  w.add({"clipping",
         Split::once,
         1,
         false,
         {{norms, norms + count, Split::once, 1, false}, w.writes(scales, slots, Split::once, 1)},
         [=, this](const Pass&, const Tile&) {
           double total = 0.0;
           std::vector<double>& sums = slot_norms_;
           std::fill(sums.begin(), sums.end(), 0.0);
           for (int64_t i = 0; i < count; ++i) {
             sums[parts_[i].slot] += norms[i];
             total += norms[i];
           }
           const double norm = std::sqrt(total);
           // As in Keras: an infinite norm makes every gradient nan instead of hiding it as 0.
           const float global =
               scale_for(norm, global_clip_norm_) + static_cast<float>(norm - norm);
           for (int64_t i = 0; i < slots; ++i) {
             scales[i] = global_clip_norm_ > 0 ? global : scale_for(std::sqrt(sums[i]), clip_norm_);
           }
         }});
}

// Calls f for blocks that hold the numbers of columns [c.begin, c.end) of those that are owned.
template <typename F>
void Optimizer::for_each_block(const SlotSpec& slot, const Owners& owners, const Range& c, F f) {
  const int64_t begin = slot.offset, rows = slot.rows, panel = rows * panel_width;
  if (!slot.in_panels()) {
    const int64_t stride = owners.width * owners.inner;
    f(Block{begin + c.begin * owners.inner, slot.size / stride, c.size() * owners.inner, stride});
    return;
  }
  const int64_t whole = slot.columns / panel_width, rest = slot.columns % panel_width;
  if (owners.inner > 1) {  // rows of the kernel: a stretch of every panel
    if (whole > 0) f(Block{begin + c.begin * panel_width, whole, c.size() * panel_width, panel});
    if (rest > 0) {
      f(Block{begin + place_in_panels(rows, c.begin, whole * panel_width), c.size(), rest,
              panel_width});
    }
    return;
  }
  for (int64_t j = c.begin; j < c.end;) {
    const int64_t inside = j % panel_width, panels = inside > 0 ? 0 : (c.end - j) / panel_width;
    const int64_t columns =
        panels > 0 ? panels * panel_width : std::min(panel_width - inside, c.end - j);
    if (panels > 0) {
      f(Block{begin + j / panel_width * panel, 1, panels * panel, panels * panel});
    } else {
      f(Block{begin + place_in_panels(rows, 0, j), rows, columns, panel_width});
    }
    j += columns;
  }
}

// One sweep of the rule over a block of one slot's numbers.
void Optimizer::update(const OptimizerKernels& k, const Pass& pass, size_t slot, const Block& block,
                       const float* gradient, const Vectors& all) const {
  const float rate = pass.learning_rate;
  const SlotSpec& spec = program_.parameters[slot];
  const bool by_norm = clip_norm_ > 0 || global_clip_norm_ > 0;
  SweepParameters sweep;
  sweep.l1 = spec.l1;
  sweep.l2 = spec.l2;
  sweep.clip_scale = by_norm ? clip_scale_[slot] : 1.0f;
  sweep.clip_value = clip_value_;
  sweep.weight_decay_rate = spec.decays ? weight_decay_ * rate : 0.0f;
  float* p = all.parameters + block.begin;
  float* first = slots_ > 0 ? all.slots + block.begin : nullptr;
  if (rule_ == Rule::sgd) {
    SgdParameters sgd = sgd_;
    sgd.learning_rate = rate;
    k.sgd(sweep, sgd, block.rows, block.columns, block.stride, gradient, p, first);
    return;
  }
  AdamParameters adam{0.0f, one_minus_beta_1_, one_minus_beta_2_, epsilon_};
  const float time = static_cast<float>(pass.step) + 1.0f;
  const float power_1 = std::pow(beta_1_, time), power_2 = std::pow(beta_2_, time);
  adam.alpha = rate * std::sqrt(1.0f - power_2) / (1.0f - power_1);
  k.adam(sweep, adam, block.rows, block.columns, block.stride, gradient, p, first, first + room_);
}

void Optimizer::offer_updates(Workspace& w, float* parameters, float* slots) {
  if (clip_norm_ > 0 || global_clip_norm_ > 0) return;  // norms need all gradients
  const OptimizerKernels k = w.kernels().optimizers;
  for (size_t i = 0; i < program_.parameters.size(); ++i) {
    const SlotSpec& spec = program_.parameters[i];
    // The loss has the penalty of the weights that it was computed with.
    if (!spec.trainable || has_penalty(spec)) continue;
    Update update;
    update.numbers.push_back(parameters + spec.offset);
    for (int s = 0; s < slots_; ++s) update.numbers.push_back(slots + s * room_ + spec.offset);
    update.run = [=, this, begin = spec.offset](const Pass& pass, const float* gradient, int64_t at,
                                                int64_t rows, int64_t columns, int64_t stride) {
      this->update(k, pass, i, {begin + at, rows, columns, stride}, gradient, {parameters, slots});
    };
    w.offer(static_cast<int>(i), std::move(update));
  }
}

void Optimizer::add_phases(Workspace& w, float* parameters, const float* gradients, float* slots) {
  if (parts_.empty()) return;
  if (clip_norm_ > 0 || global_clip_norm_ > 0) add_clip_phases(w, parameters, gradients);
  const OptimizerKernels k = w.kernels().optimizers;
  const Vectors all{parameters, slots};
  const Access scales =
      w.reads(clip_scale_.data(), static_cast<int64_t>(clip_scale_.size()), Split::all, 0);
  auto touches = [&](int64_t begin, int64_t size, Split split, int64_t width) {
    std::vector<Access> list = {scales, w.reads(gradients + begin, size, split, width),
                                w.writes(parameters + begin, size, split, width)};
    for (int i = 0; i < slots_; ++i) {
      list.push_back(w.writes(slots + i * room_ + begin, size, split, width));
    }
    return list;
  };
  std::vector<Part> nobodys;
  for (const Part& part : parts_) {
    const SlotSpec& spec = program_.parameters[static_cast<size_t>(part.slot)];
    if (w.took_update(part.slot)) continue;
    const Owners owners = w.owners(part.slot);
    if (owners.width == 0) nobodys.push_back(part);
    if (owners.width == 0 || part.begin != spec.offset) continue;
    w.add({"optimizer", owners.split, owners.width, false,
           touches(spec.offset, spec.room(), owners.split, owners.width),
           [=, this, slot = static_cast<size_t>(part.slot)](const Pass& pass, const Tile& t) {
             for_each_block(program_.parameters[slot], owners, t.columns, [&](const Block& block) {
               update(k, pass, slot, block, gradients + block.begin, all);
             });
           }});
  }
  if (nobodys.empty()) return;
  const auto count = static_cast<int64_t>(nobodys.size());
  std::vector<Access> touched = {scales};
  for (const Part& part : nobodys) {
    for (const Access& access : touches(part.begin, part.size, Split::parts, count)) {
      touched.push_back(access);
    }
  }
  w.add({"optimizer", Split::parts, count, false, touched,
         [=, this, parts = std::move(nobodys)](const Pass& pass, const Tile& t) {
           for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
             const Part& part = parts[static_cast<size_t>(i)];
             update(k, pass, static_cast<size_t>(part.slot), {part.begin, 1, part.size, part.size},
                    gradients + part.begin, all);
           }
         }});
}

}  // namespace trimtab

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

// What a rule keeps, and its kernel.
struct Optimizer::Entry {
  const char* name;
  Rule rule;
  int slots;
  RuleKernel* OptimizerKernels::* kernel;
};

const Optimizer::Entry& Optimizer::entry(const std::string& name) {
  using K = OptimizerKernels;
  static const Entry entries[] = {
      {"adadelta", Rule::other, 2, &K::adadelta},
      {"adagrad", Rule::other, 1, &K::adagrad},
      {"adam", Rule::adam, 2, nullptr},
      {"adamax", Rule::adamax, 2, &K::adamax},
      {"amsgrad", Rule::amsgrad, 3, &K::amsgrad},
      {"ftrl", Rule::ftrl, 2, &K::ftrl},
      {"lion", Rule::other, 1, &K::lion},
      {"nadam", Rule::nadam, 2, &K::nadam},
      {"rmsprop", Rule::other, 1, &K::rmsprop},
      {"rmsprop_centered", Rule::other, 2, &K::rmsprop},
      {"rmsprop_centered_momentum", Rule::other, 3, &K::rmsprop},
      {"rmsprop_momentum", Rule::other, 2, &K::rmsprop},
      {"sgd", Rule::sgd, 0, nullptr},
      {"sgd_momentum", Rule::sgd, 1, nullptr},
  };
  for (const Entry& each : entries) {
    if (name == each.name) return each;
  }
  throw std::invalid_argument("the native engine has no optimizer rule called '" + name + "'");
}

Optimizer::Optimizer(const ProgramSpec& program, const Attributes& a) : program_(program) {
  const std::string& name = a.text("rule");
  const Entry& found = entry(name);
  auto number = [&](const char* attribute) { return static_cast<float>(a.number(attribute)); };
  auto rest = [&](const char* attribute) { return static_cast<float>(1.0 - a.number(attribute)); };
  rule_ = found.rule;
  kernel_ = found.kernel;
  slots_ = found.slots;
  sgd_.momentum = name == "sgd" ? 0.0f : number("momentum");
  sgd_.nesterov = a.flag("nesterov");
  RuleParameters& p = parameters_;
  // beta^t uses the rounded beta, 1 - beta is taken before rounding: what Keras computes. For nadam
  // and lion it rounds first.
  const bool rounded = rule_ == Rule::nadam || name == "lion";
  p.beta_1 = number("beta_1");
  p.beta_2 = number("beta_2");
  p.one_minus_beta_1 = rounded ? 1.0f - p.beta_1 : rest("beta_1");
  p.one_minus_beta_2 = rounded ? 1.0f - p.beta_2 : rest("beta_2");
  p.epsilon = number("epsilon");
  if (name == "adadelta" || name.starts_with("rmsprop")) {
    p.beta_2 = number("rho");
    p.one_minus_beta_2 = rest("rho");
  }
  if (name.ends_with("_momentum")) p.momentum = number("momentum");
  p.centered = name.find("centered") != std::string::npos;
  p.power = -number("learning_rate_power");
  p.l1 = number("l1");
  p.l2 = number("l2");
  p.shrinkage = number("shrinkage");
  beta_ = number("beta");
  accumulation_ = static_cast<uint32_t>(a.integer("accumulation"));
  averages_ = a.has("ema_momentum");
  if (averages_) ema_momentum_ = number("ema_momentum");
  if (a.has("ema_overwrite")) ema_overwrite_ = static_cast<uint32_t>(a.integer("ema_overwrite"));
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
void Optimizer::add_clip_phases(Workspace& w, const Vectors& all) {
  const bool summed = accumulation_ > 1;  // penalties are in the sums already
  const float* parameters = all.parameters;
  const float* gradients = summed ? all.slots + slots_ * room_ : all.gradients;
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
         [=, this](const Pass& pass, const Tile& t) {
           if (!due(pass)) return;
           for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
             const Part& part = parts_[i];
             const SlotSpec& slot = program_.parameters[part.slot];
             const float l1 = summed ? 0.0f : slot.l1, l2 = summed ? 0.0f : slot.l2;
             norms[i] = run(l1, l2, part.size, gradients + part.begin, parameters + part.begin);
           }
         }});
  w.add({"clipping",
         Split::once,
         1,
         false,
         {{norms, norms + count, Split::once, 1, false}, w.writes(scales, slots, Split::once, 1)},
         [=, this](const Pass& pass, const Tile&) {
           if (!due(pass)) return;
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

namespace {

// Nadam's momentum at update number t, and the product of those up to it.
struct NadamMomentum {
  double now, product;
};
NadamMomentum nadam_momentum(double beta_1, uint32_t t) {
  // Products of 1 - 0.96^i / 2 for i from 1 to t; later factors are 1.
  static const std::vector<double> products = [] {
    std::vector<double> made = {1.0};
    for (int i = 1; i <= 1024; ++i) made.push_back(made.back() * (1.0 - 0.5 * std::pow(0.96, i)));
    return made;
  }();
  const double time = t;
  return {beta_1 * (1.0 - 0.5 * std::pow(0.96, time)),
          std::pow(beta_1, time) * products[std::min<size_t>(t, 1024)]};
}

}  // namespace

// The numbers of a rule, with those that change from step to step.
RuleParameters Optimizer::rule_at(const Pass& pass) const {
  RuleParameters p = parameters_;
  p.learning_rate = pass.learning_rate;
  const uint32_t t = updates(pass) + 1;
  const float power_1 = std::pow(p.beta_1, static_cast<float>(t));
  const float power_2 = std::pow(p.beta_2, static_cast<float>(t));
  switch (rule_) {
    case Rule::adam:
    case Rule::amsgrad:
      p.alpha = pass.learning_rate * std::sqrt(1.0f - power_2) / (1.0f - power_1);
      break;
    case Rule::adamax:
      p.correction = 1.0f - power_1;
      break;
    case Rule::nadam: {
      const auto here = nadam_momentum(p.beta_1, t), ahead = nadam_momentum(p.beta_1, t + 1);
      p.of_momentum = static_cast<float>(ahead.now / (1.0 - ahead.product));
      p.of_gradient = static_cast<float>((1.0 - here.now) / (1.0 - here.product));
      p.correction = 1.0f - power_2;
      break;
    }
    case Rule::ftrl:
      p.l2 += beta_ / (2.0f * pass.learning_rate);
      break;
    default:
      break;
  }
  return p;
}

// Adds a block of gradients to their sum, of which the last of a round makes a mean.
void Optimizer::accumulate(const OptimizerKernels& k, const Pass& pass, size_t slot,
                           const Block& block, const Vectors& all) const {
  const SlotSpec& spec = program_.parameters[slot];
  const float divisor = due(pass) ? static_cast<float>(accumulation_) : 1.0f;
  k.accumulate(spec.l1, spec.l2, divisor, block.rows, block.columns, block.stride,
               all.gradients + block.begin, all.parameters + block.begin,
               all.slots + slots_ * room_ + block.begin);
}

// What happens to one block after a batch: the update, if one is due, then the average. gradient:
// the block's, with the same stride.
void Optimizer::update(const OptimizerKernels& k, const Pass& pass, size_t slot, const Block& block,
                       const float* gradient, const Vectors& all) const {
  if (due(pass)) apply_rule(k, pass, slot, block, gradient, all);
  if (!averages_) return;
  const uint32_t done = updates(pass);
  const bool overwrite = ema_overwrite_ > 0 && (done + 1) % ema_overwrite_ == 0;
  k.average(done == 0 ? 0.0f : ema_momentum_, overwrite, block.rows, block.columns, block.stride,
            all.parameters + block.begin, all.slots + (slots() - 1) * room_ + block.begin);
}

// One sweep of the rule over a block of one slot's numbers.
void Optimizer::apply_rule(const OptimizerKernels& k, const Pass& pass, size_t slot,
                           const Block& block, const float* gradient, const Vectors& all) const {
  const float rate = pass.learning_rate;
  const SlotSpec& spec = program_.parameters[slot];
  const bool by_norm = clip_norm_ > 0 || global_clip_norm_ > 0, summed = accumulation_ > 1;
  SweepParameters sweep;
  sweep.l1 = summed ? 0.0f : spec.l1;
  sweep.l2 = summed ? 0.0f : spec.l2;
  sweep.clip_scale = by_norm ? clip_scale_[slot] : 1.0f;
  sweep.clip_value = clip_value_;
  sweep.weight_decay_rate = spec.decays ? weight_decay_ * rate : 0.0f;
  float* sum = summed ? all.slots + slots_ * room_ + block.begin : nullptr;
  const float* g = summed ? sum : gradient;
  float* p = all.parameters + block.begin;
  float* first = slots_ > 0 ? all.slots + block.begin : nullptr;
  if (rule_ == Rule::sgd) {
    SgdParameters sgd = sgd_;
    sgd.learning_rate = rate;
    k.sgd(sweep, sgd, block.rows, block.columns, block.stride, g, p, first);
  } else if (rule_ == Rule::adam) {
    const RuleParameters now = rule_at(pass);
    const AdamParameters adam{now.alpha, now.one_minus_beta_1, now.one_minus_beta_2, now.epsilon};
    k.adam(sweep, adam, block.rows, block.columns, block.stride, g, p, first, first + room_);
  } else {
    (k.*kernel_)(sweep, rule_at(pass), block.rows, block.columns, block.stride, g, p, first, room_);
  }
  for (int64_t i = 0; summed && i < block.rows; ++i) {
    std::fill_n(sum + i * block.stride, block.columns, 0.0f);
  }
}

void Optimizer::add_phases(Workspace& w, float* parameters, const float* gradients, float* slots) {
  if (parts_.empty()) return;
  const OptimizerKernels k = w.kernels().optimizers;
  const Vectors all{parameters, gradients, slots};
  if (accumulation_ > 1) {
    add_sweep(w, "accumulation", all, false,
              [=, this](const Pass& pass, size_t slot, const Block& block) {
                accumulate(k, pass, slot, block, all);
              });
  }
  if (clip_norm_ > 0 || global_clip_norm_ > 0) add_clip_phases(w, all);
  add_sweep(w, "optimizer", all, true, [=, this](const Pass& pass, size_t slot, const Block& b) {
    update(k, pass, slot, b, gradients + b.begin, all);
  });
}

void Optimizer::offer_updates(Workspace& w, float* parameters, float* all_slots) {
  // Norms need all gradients, and a sum of gradients its own sweep.
  if (clip_norm_ > 0 || global_clip_norm_ > 0 || accumulation_ > 1) return;
  const OptimizerKernels k = w.kernels().optimizers;
  const Vectors all{parameters, nullptr, all_slots};
  for (size_t i = 0; i < program_.parameters.size(); ++i) {
    const SlotSpec& spec = program_.parameters[i];
    // The loss has the penalty of the weights that it was computed with.
    if (!spec.trainable || has_penalty(spec)) continue;
    Update offered;
    offered.numbers.push_back(parameters + spec.offset);
    for (int s = 0; s < slots(); ++s)
      offered.numbers.push_back(all_slots + s * room_ + spec.offset);
    offered.run = [=, this, begin = spec.offset](const Pass& pass, const float* gradient,
                                                 int64_t at, int64_t rows, int64_t columns,
                                                 int64_t stride) {
      update(k, pass, i, {begin + at, rows, columns, stride}, gradient, all);
    };
    w.offer(static_cast<int>(i), std::move(offered));
  }
}

template <typename F>
void Optimizer::add_sweep(Workspace& w, const char* name, const Vectors& all, bool moves, F f) {
  const Access scales =
      w.reads(clip_scale_.data(), static_cast<int64_t>(clip_scale_.size()), Split::all, 0);
  auto touches = [&](int64_t begin, int64_t size, Split split, int64_t width) {
    const float* parameters = all.parameters + begin;
    std::vector<Access> list = {
        scales, w.reads(all.gradients + begin, size, split, width),
        moves ? w.writes(parameters, size, split, width) : w.reads(parameters, size, split, width)};
    for (int i = 0; i < this->slots(); ++i) {
      list.push_back(w.writes(all.slots + i * room_ + begin, size, split, width));
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
    w.add({name, owners.split, owners.width, false,
           touches(spec.offset, spec.room(), owners.split, owners.width),
           [=, this, slot = static_cast<size_t>(part.slot)](const Pass& pass, const Tile& t) {
             for_each_block(program_.parameters[slot], owners, t.columns,
                            [&](const Block& block) { f(pass, slot, block); });
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
  w.add({name, Split::parts, count, false, touched,
         [=, this, parts = std::move(nobodys)](const Pass& pass, const Tile& t) {
           for (int64_t i = t.columns.begin; i < t.columns.end; ++i) {
             const Part& part = parts[static_cast<size_t>(i)];
             f(pass, static_cast<size_t>(part.slot), {part.begin, 1, part.size, part.size});
           }
         }});
}

}  // namespace trimtab

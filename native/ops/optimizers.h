// The update rule: penalties, clipping and one sweep over all trainable parameters.
#pragma once

#include <vector>

#include "workspace.h"

namespace trimtab {

// Parameters cut into parts of a fixed size, each within one slot: what threads share out, and
// what sums (penalties, norms) are made of, in the same order for any number of threads.
struct Part {
  int slot;
  int64_t begin, size;  // in the parameter vector
};

struct Penalty {
  std::vector<Part> parts;
  std::vector<double> partial;
  bool any = false;
  double total() const;
};

// The trainable parameters with a penalty (Keras leaves frozen ones out of the loss).
Penalty make_penalty(const ProgramSpec& program);
void add_penalty_phase(Workspace& w, const ProgramSpec& program, Penalty& penalty);
// Outside a step, on the calling thread.
double penalty_now(const ProgramSpec& program, const float* parameters);

class Optimizer {
 public:
  Optimizer(const ProgramSpec& program, const Attributes& attributes);

  int slots() const { return slots_ + (accumulation_ > 1 ? 1 : 0) + (averages_ ? 1 : 0); }
  // Of parameters whose numbers can be updated as soon as their gradient is there. The others, and
  // those nobody takes, are left to the phases.
  void offer_updates(Workspace& w, float* parameters, float* all_slots);
  // weights and gradients come from the workspace; slots is the optimizer's vector.
  void add_phases(Workspace& w, float* parameters, const float* gradients, float* slots);

 private:
  struct Vectors {
    float* parameters;
    const float* gradients;
    float* slots;
  };
  // Rows of numbers, the same places in all of these vectors.
  struct Block {
    int64_t begin, rows, columns, stride;
  };

  struct Entry;
  static const Entry& entry(const std::string& name);

  template <typename F>
  static void for_each_block(const SlotSpec& slot, const Owners& owners, const Range& c, F f);
  // Updates made before this step.
  uint32_t updates(const Pass& pass) const { return pass.step / accumulation_; }
  bool due(const Pass& pass) const { return (pass.step + 1) % accumulation_ == 0; }
  RuleParameters rule_at(const Pass& pass) const;
  void accumulate(const OptimizerKernels& k, const Pass& pass, size_t slot, const Block& block,
                  const Vectors& all) const;
  void update(const OptimizerKernels& k, const Pass& pass, size_t slot, const Block& block,
              const float* gradient, const Vectors& all) const;
  void apply_rule(const OptimizerKernels& k, const Pass& pass, size_t slot, const Block& block,
                  const float* gradient, const Vectors& all) const;
  // A phase, or one for each parameter, that calls f(pass, slot, block) for everything trainable.
  template <typename F>
  void add_sweep(Workspace& w, const char* name, const Vectors& all, bool moves, F f);
  void add_clip_phases(Workspace& w, const Vectors& all);

  const ProgramSpec& program_;
  // Sgd and adam have kernels with slots of their own, all others are RuleKernels.
  enum class Rule { sgd, adam, amsgrad, adamax, nadam, ftrl, other } rule_ = Rule::other;
  RuleKernel* OptimizerKernels::* kernel_ = nullptr;
  int slots_ = 0;  // of the rule; a sum of gradients and an average of the weights follow them
  bool averages_ = false;
  uint32_t accumulation_ = 1;
  float ema_momentum_ = 0;
  uint32_t ema_overwrite_ = 0;  // 0: never
  SgdParameters sgd_;
  RuleParameters parameters_;
  float beta_ = 0;  // ftrl
  float weight_decay_ = 0;
  float clip_value_ = __builtin_huge_valf();
  float clip_norm_ = 0, global_clip_norm_ = 0;  // 0: off
  int64_t room_ = 0;                            // of one slot
  std::vector<Part> parts_;
  std::vector<double> norms_;       // squared, per part
  std::vector<double> slot_norms_;  // squared, per slot
  std::vector<float> clip_scale_;   // per slot
};

}  // namespace trimtab

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

  int slots() const { return slots_; }
  // Of parameters whose numbers can be updated as soon as their gradient is there. The others, and
  // those nobody takes, are left to the phases.
  void offer_updates(Workspace& w, float* parameters, float* slots);
  // weights and gradients come from the workspace; slots is the optimizer's vector.
  void add_phases(Workspace& w, float* parameters, const float* gradients, float* slots);

 private:
  struct Vectors {
    float* parameters;
    float* slots;
  };
  // Rows of numbers, the same places in all of these vectors.
  struct Block {
    int64_t begin, rows, columns, stride;
  };

  template <typename F>
  static void for_each_block(const SlotSpec& slot, const Owners& owners, const Range& c, F f);
  // gradient: the block's, with the same stride.
  void update(const OptimizerKernels& k, const Pass& pass, size_t slot, const Block& block,
              const float* gradient, const Vectors& all) const;
  void add_clip_phases(Workspace& w, const float* parameters, const float* gradients);

  const ProgramSpec& program_;
  enum class Rule { sgd, adam } rule_;
  int slots_ = 0;
  SgdParameters sgd_;
  float beta_1_ = 0, beta_2_ = 0, epsilon_ = 0;
  float one_minus_beta_1_ = 0, one_minus_beta_2_ = 0;
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

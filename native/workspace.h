// The memory of one batch on its way through a network, and the phases that work on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "kernels/levels.h"
#include "ops/op.h"
#include "plan.h"
#include "program.h"

namespace trimtab {

// Weights as the ops see them: flat vectors laid out by the program.
struct Weights {
  float* parameters = nullptr;
  float* state = nullptr;
  float* gradients = nullptr;  // of the trainable head of parameters; null outside training
};

// A block of floats: a value, or the gradient of one. data is read when a phase runs, since
// inference lets value 0 point into the caller's table.
struct Block {
  float* data = nullptr;
  int64_t width = 0;
};

// Whose a parameter's numbers are: number (o * width + c) * inner + i belongs to whoever owns
// column (or part) c of width. Width 0: nobody's.
struct Owners {
  Split split = Split::columns;
  int64_t width = 0, inner = 1;
};

// How a step changes the numbers of a parameter, by the thread that has computed their gradient.
struct Update {
  // Rows of numbers from `at` on, counted within the parameter; those of the gradient likewise.
  std::function<void(const Pass&, const float* gradient, int64_t at, int64_t rows, int64_t columns,
                     int64_t stride)>
      run;
  std::vector<float*> numbers;  // what it changes: the weights, the optimizer's slots
};

struct BatchRows;  // batch normalization's own

// What an op's forward keeps for its backward, within one workspace.
struct Scratch {
  uint8_t* mask = nullptr;  // dropout, drop connect
  float* kernel = nullptr;  // drop connect: the masked one
  float* mean = nullptr;    // batch normalization
  float* inverse = nullptr;
  float* scale = nullptr;
  BatchRows* rows = nullptr;
  int64_t* place = nullptr;  // piecewise linear: where each cell lies between its edges
  float* share = nullptr;
  float* table = nullptr;  // of increments
  float* cells = nullptr;  // periodic: cells and waves, and gradients of the vectors
  float* waves = nullptr;
  float* vectors = nullptr;
  float* noise = nullptr;  // gaussian noise: what values were multiplied by
};

class Looks;

class Workspace {
 public:
  // use_batch: dropout drops and batch normalization uses the batch (meaningful for probe; implied
  // by the other modes).
  Workspace(const ProgramSpec& program, const std::vector<std::unique_ptr<Op>>& ops,
            Weights weights, int64_t capacity, Mode mode, bool use_batch);

  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // -- what ops use to state their phases ---------------------------------------------------------

  const Kernels& kernels() const { return kernels_; }
  Mode mode() const { return mode_; }
  bool use_batch() const { return use_batch_; }
  bool backward_wanted() const { return mode_ == Mode::training || mode_ == Mode::probe; }
  int64_t width(int value) const { return program_.widths[value]; }
  Split split(int value) const { return splits_[value]; }
  // Whether all layers are split by rows: each thread then takes its rows through the network and
  // back without meeting the others, and only the gradients of the parameters need everybody's.
  bool by_rows() const { return by_rows_; }

  Block* value(int v) { return values_[v]; }
  // Gradient of the loss by the op's output.
  Block* gradient(int v) { return gradients_[v]; }
  // Where an op writes the gradient by its input number `input`; null where nobody needs it.
  Block* input_gradient(const Op& op, size_t input);

  float* parameters() const { return weights_.parameters; }
  float* parameter(int slot) const {
    return weights_.parameters + program_.parameters[slot].offset;
  }
  const SlotSpec& parameter_slot(int slot) const { return program_.parameters[slot]; }
  int64_t parameter_size(int slot) const { return program_.parameters[slot].size; }
  // Where the op whose backward states its phases writes it. Null for a frozen parameter. Of a
  // parameter that several ops read, each has a memory of its own, and these are added up.
  float* parameter_gradient(int slot);
  // Ops state who computes a gradient, so that the same thread updates the weights, whose next
  // reader it mostly is, too: what another core has written is slow to read.
  void set_owners(int slot, const Owners& owners) { owners_[static_cast<size_t>(slot)] = owners; }
  const Owners& owners(int slot) const { return owners_[static_cast<size_t>(slot)]; }
  // Whoever computes the gradient of a parameter may take its update, if nobody else needs that
  // gradient, and run it once all of the step have read the weights: see add_update.
  void offer(int slot, Update update);
  const Update* take_update(int slot);
  bool took_update(int slot) const { return updates_[static_cast<size_t>(slot)].taken; }
  float* state(int slot) const { return weights_.state + program_.state[slot].offset; }

  // The weights of a batch's rows, Pass::weight. Where a phase gathers them, it does so to here.
  void gather_weight_to(float* memory) { gathered_weight_ = memory; }
  const float* gathered_weight() const { return gathered_weight_; }
  // Whether they are a mask: then they concern all batch statistics, not just the weighted ones.
  void take_weight_as_mask() { masked_ = true; }
  bool masked() const { return masked_; }

  // Memory for what an op adds to the loss of each row, whatever weight the row has.
  float* row_penalties() {
    row_penalties_.push_back(floats(capacity_));
    return row_penalties_.back();
  }
  const std::vector<float*>& all_row_penalties() const { return row_penalties_; }
  double row_penalty(int64_t row) const {
    double sum = 0.0;
    for (const float* each : row_penalties_) sum += each[row];
    return sum;
  }

  Scratch& scratch(const Op& op) { return scratch_[&op]; }
  float* floats(int64_t count);
  uint8_t* bytes(int64_t count);
  int64_t* integers(int64_t count);

  // Phases, in the order they run. `touches` states the memory; see plan.h.
  void add(Phase phase);
  // A phase that computes gradients of parameters: at once, or where rows are split after all
  // other phases of the backward pass.
  void add_gradient(Phase phase) { (by_rows_ ? last_ : phases_).push_back(std::move(phase)); }
  // A phase that computes a gradient and updates with it. It waits until other threads have read
  // the weights, at the barrier that comes anyway: flush_update() adds it there.
  void add_update(Phase phase);
  void flush_update();
  Access reads(const Block* block, Split split) const { return block_access(block, split, false); }
  Access writes(const Block* block, Split split) const { return block_access(block, split, true); }
  static Access reads(const float* p, int64_t n, Split split, int64_t width) {
    return {p, p + n, split, width, false};
  }
  static Access writes(const float* p, int64_t n, Split split, int64_t width) {
    return {p, p + n, split, width, true};
  }

  // -- what the network uses ----------------------------------------------------------------------

  int64_t capacity() const { return capacity_; }
  void point_input_at(float* data) { values_[0]->data = data; }
  float* own_input() const { return own_input_; }
  std::vector<Phase>& phases() { return phases_; }
  // looks: what else is done with the outputs; null: nothing.
  void forward_phases(Looks* looks = nullptr);
  void backward_phases();
  // Bytes held.
  int64_t memory() const { return memory_; }

 private:
  struct Edge {
    const Op* op;
    size_t input;
    Block* block;
  };

  Access block_access(const Block* block, Split split, bool write) const;
  Block* new_block(int64_t width, bool allocate);
  void place_values();
  void place_gradients();
  void sum_edges(int value);
  void sum_shared(const Op& op);
  bool skips(const Op& op) const;
  bool suits_rows() const;
  bool needs_gradient(int value) const { return needs_gradient_[value]; }

  const ProgramSpec& program_;
  const std::vector<std::unique_ptr<Op>>& ops_;
  const Kernels& kernels_;
  Weights weights_;
  int64_t capacity_;
  Mode mode_;
  bool use_batch_;
  int64_t memory_ = 0;

  struct Free {
    void operator()(void* p) const;
  };
  std::vector<std::unique_ptr<void, Free>> arena_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<float*> row_penalties_;
  std::vector<Block*> values_;
  std::vector<Block*> gradients_;
  std::vector<Edge> edges_;
  std::map<const Op*, Scratch> scratch_;
  std::vector<Split> splits_;
  std::vector<bool> needs_gradient_;
  float* own_input_ = nullptr;
  std::vector<Phase> phases_, last_;
  std::vector<Owners> owners_;  // by parameter
  // Of a parameter that several ops read: where the op under way writes its gradient, and whether
  // an op before it has.
  struct Shared {
    float* own = nullptr;
    bool begun = false;
  };
  std::vector<int> readers_;  // of each parameter
  std::map<int, Shared> shared_;
  struct Offered {
    Update update;
    bool taken = false;
  };
  std::vector<Offered> updates_;       // by parameter
  std::vector<Phase> waiting_update_;  // at most one
  bool by_rows_ = false;
  float* gathered_weight_ = nullptr;
  bool masked_ = false;
};

}  // namespace trimtab

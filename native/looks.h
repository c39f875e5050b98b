// What a network's layers do, measured on the batches of a training call while they go through it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/looks.h"
#include "plan.h"
#include "program.h"

namespace trimtab {

class Workspace;

// One value that is looked at.
struct LookedValue {
  int value = 0;
  int compared = 0;  // the value whose elements are held against the bounds: itself, or its input
  LookBounds bounds;
  bool likeliest = false;  // a row counts as at an end, for all columns, by its largest element
  bool paired = false;     // its moments are wanted with and without dropout
};

// The batches [first, stop) of a call are looked at. Of the last one, gradients and update are
// measured, and with `paired` the moments of so many of its rows, which go through the network once
// more without dropout.
struct LookCall {
  int64_t first = 0, stop = 0;
  int64_t paired = 0;
};

class Looks {
 public:
  Looks(const ProgramSpec& program, std::vector<LookedValue> values);

  // Adds the phases that look at a value, behind those that make it. They do nothing in a pass that
  // is not looked at.
  void add_value_phases(Workspace& w, int value);
  // Measures what the phases from `first` on, which update the parameters, do to them.
  void watch_update(std::vector<Phase>& phases, size_t first, const float* parameters,
                    const float* gradients);

  void clear();
  // After a batch of so many rows, with the moving statistics as they are then.
  void finish(int64_t rows, std::vector<float> state) {
    rows_ += rows;
    state_ = std::move(state);
  }
  // No dropout in a pass of one batch.
  const LimitsAndScales* plain() const { return plain_.data(); }

  // Five rows each, see LookKernels: the columns of all values one after another, or of the paired
  // ones, of which the first two rows are meant.
  struct Sums {
    int64_t width = 0;
    std::vector<double> rows;
    double* at(int64_t column) { return rows.data() + column; }
  };
  const Sums& all() const { return all_; }
  const Sums& training() const { return training_; }
  const Sums& inference() const { return inference_; }
  int64_t rows() const { return rows_; }
  const std::vector<float>& state() const { return state_; }
  // Sums of squares of the weights, the gradient and the update: one triple for each parameter.
  std::vector<double> norms() const;

 private:
  struct Part {
    int slot;
    int64_t begin, size;
  };

  void add_value_phase(Workspace& w, const LookedValue& look, int64_t column, int64_t paired);

  // Of the part i.
  void before_update(int64_t i, const float* parameters, const float* gradients, float* before);
  void after_update(int64_t i, const float* parameters, const float* before);

  const ProgramSpec& program_;
  std::vector<LookedValue> values_;
  Sums all_, training_, inference_;
  std::vector<Part> parts_;
  std::vector<double> norms_;  // a triple for each part
  std::vector<float> before_;  // the parameters before the update
  std::vector<LimitsAndScales> plain_;
  std::vector<float> state_;
  int64_t rows_ = 0;
};

}  // namespace trimtab

// A network that trains, evaluates and predicts: the native engine proper.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aligned.h"
#include "crowding.h"
#include "looks.h"
#include "ops/losses.h"
#include "ops/optimizers.h"
#include "workspace.h"

namespace trimtab {

// What a network keeps between calls: its weights, its statistics, the optimizer's slots.
enum class Kept { parameters, state, slots };

// A table in the caller's memory, rows one after another.
struct Table {
  const float* x = nullptr;
  const float* y = nullptr;
  const float* weight = nullptr;
  int64_t rows = 0;
};

// Called between steps with (steps done, running mean loss); true stops the epoch.
using Watch = std::function<bool(int64_t, double)>;

// Of ops that drop, by the number of the value that the op writes. Empty: all have their own.
using CallDropping = std::vector<LimitsAndScales>;

struct TrainCall {
  Table table;
  const int64_t* order = nullptr;  // null: 0, 1, 2, ...
  int64_t count = 0;               // rows to train on
  int64_t batch_size = 0;
  uint64_t seed = 0;
  const float* learning_rates = nullptr;  // one a batch
  const int32_t* sizes = nullptr;         // rows of each batch; null: batch_size and the rest
  int64_t batches = 0;                    // how many sizes there are
  CallDropping dropping;
  float* predictions = nullptr;  // (count, outputs) or null
  Watch watch;
  LookCall look;  // means something after look_at
  int threads = 1;
};

struct TrainOutcome {
  double loss = 0.0;
  double loss_sum = 0.0;  // of batch losses times rows, added in order
  int64_t steps = 0;
  bool stopped = false;
};

// Everything inside one batch.
struct ProbeOutcome {
  std::vector<std::vector<float>> values;           // by value number
  std::vector<std::vector<float>> value_gradients;  // empty without targets
  std::vector<float> gradients;
  double loss = 0.0;
};

class Network {
 public:
  explicit Network(ProgramSpec program);

  const ProgramSpec& program() const { return program_; }
  // What is kept, as one vector: slot after slot, without gaps.
  int64_t count(Kept kept) const;
  void load(Kept kept, const float* from);
  void dump(Kept kept, float* to) const;
  int64_t step() const { return step_; }
  void set_step(int64_t step) { step_ = step; }
  int64_t target_width() const;

  TrainOutcome train(const TrainCall& call);
  // What training calls look at, where they ask for it; what they saw is in looks().
  void look_at(std::vector<LookedValue> values);
  const Looks* looks() const { return looks_.get(); }
  // Mean loss over the rows, penalties included; predictions may be null.
  double evaluate(const Table& table, float* predictions, int threads);
  void predict(const float* x, int64_t rows, float* out, int threads);
  // mask: null, or 1 for a row that batch statistics are taken over and 0 for one that they are
  // not.
  void forward(const float* x, int64_t rows, const float* mask, bool training, uint64_t seed,
               int64_t step, bool update, const CallDropping& dropping, float* out, int threads);
  ProbeOutcome probe(const Table& table, bool training, uint64_t seed, int64_t step,
                     const CallDropping& dropping, int threads);

  // Barriers in one training step, for tests and tuning.
  int barriers(int64_t batch_size);
  // Whether training steps time their phases from now on; starts from 0.
  void time_phases(bool on);
  // A phase, or several in one sweep, of the training steps since; seconds of each thread.
  struct TimedPhase {
    std::string name;
    std::vector<double> work, wait;
  };
  std::vector<TimedPhase> phase_times() const;

 private:
  struct Training;
  struct Inference;

  Weights weights() { return {parameters_.data(), state_.data(), gradients_.data()}; }
  Training& training_for(int64_t capacity, bool looking = false);
  // Calls f(number of floats, where they lie inside, where outside) for each run of floats that lie
  // side by side in both.
  template <typename F>
  void for_each_run(Kept kept, F f) const;
  void infer(const Table& table, float* predictions, double* loss_sum, int threads);

  ProgramSpec program_;
  std::vector<std::unique_ptr<Op>> ops_;
  AlignedFloats parameters_, state_, slots_, gradients_;
  int64_t step_ = 0;
  std::unique_ptr<Losses> losses_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Looks> looks_;
  Crowding crowding_;
  bool times_phases_ = false;
  std::vector<PhaseTimes> phase_times_;  // by thread

 public:
  ~Network();

 private:
  std::unique_ptr<Training> training_;
  std::vector<std::unique_ptr<Inference>> inference_;
};

}  // namespace trimtab

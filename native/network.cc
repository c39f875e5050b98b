#include "network.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "matmul.h"
#include "ops/constraints.h"

namespace trimtab {
namespace {

// Rows are predicted in blocks of this many: enough to pay for packing the weights in each product,
// few enough that small tables keep several threads busy. Our own products give a row the same bits
// in any company; for a BLAS, which does not, the last block is filled up with zeros.
constexpr int64_t block_rows = 128;

// How often the watcher looks in.
constexpr std::chrono::milliseconds watch_interval{40};

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

// A training step as a plan, with what it needs besides the workspace.
struct Network::Training {
  std::unique_ptr<Workspace> workspace;
  Plan plan;
  Plan looking;         // the same with phases that look; empty where nothing is looked at
  size_t watched = 0;   // the phase after which everybody knows whether to stop
  size_t computed = 0;  // of `looking`, that after which the outputs are known
  float* target = nullptr;
  float* weight = nullptr;
  float* row_losses = nullptr;
  Penalty penalty;

  // The call under way; written by the caller before the team starts.
  const TrainCall* call = nullptr;
  int64_t steps_done = 0;
  double loss_sum = 0.0;  // of batch losses times rows
  int64_t rows_done = 0;
  std::chrono::steady_clock::time_point next_look;
  bool stop = false;
  // Whether the call goes on with another team; written and read as `stop` is.
  bool regroup = false;
  Crowding* crowding = nullptr;      // null where one thread is all there is
  const Barrier* barrier = nullptr;  // of the team at work
};

// One thread's memory for prediction.
struct Network::Inference {
  std::unique_ptr<Workspace> workspace;
  Plan plan;
  std::vector<float> row_losses;
};

Network::Network(ProgramSpec program) : program_(std::move(program)) {
  program_.place(uses_blas());
  for (const OpSpec& spec : program_.ops) ops_.push_back(make_op(spec));
  parameters_ = AlignedFloats(program_.parameter_room());
  state_ = AlignedFloats(program_.state_room());
  gradients_ = AlignedFloats(program_.trainable_room());
  if (program_.loss) losses_ = std::make_unique<Losses>(program_);
  if (program_.optimizer) {
    optimizer_ = std::make_unique<Optimizer>(program_, *program_.optimizer);
    slots_ = AlignedFloats(program_.trainable_room() * optimizer_->slots());
  }
}

Network::~Network() = default;

int64_t Network::count(Kept kept) const {
  if (kept == Kept::parameters) return program_.parameter_count();
  if (kept == Kept::state) return program_.state_count();
  return optimizer_ ? program_.trainable_count() * optimizer_->slots() : 0;
}

template <typename F>
void Network::for_each_run(Kept kept, F f) const {
  int64_t outside = 0;
  auto each = [&](const std::vector<SlotSpec>& slots, int64_t begin, bool all) {
    for (const SlotSpec& slot : slots) {
      if (!all && !slot.trainable) continue;
      if (!slot.in_panels()) f(slot.size, begin + slot.offset, outside);
      for (int64_t i = 0; i < slot.rows; ++i) {
        for (int64_t j = 0; j < slot.columns; j += panel_width) {
          f(std::min(panel_width, slot.columns - j),
            begin + slot.offset + place_in_panels(slot.rows, i, j), outside + i * slot.columns + j);
        }
      }
      outside += slot.size;
    }
  };
  if (kept == Kept::parameters) return each(program_.parameters, 0, true);
  if (kept == Kept::state) return each(program_.state, 0, true);
  for (int i = 0; optimizer_ && i < optimizer_->slots(); ++i) {
    each(program_.parameters, i * program_.trainable_room(), false);
  }
}

void Network::load(Kept kept, const float* from) {
  AlignedFloats& own = kept == Kept::parameters ? parameters_
                       : kept == Kept::state    ? state_
                                                : slots_;
  for_each_run(kept, [&](int64_t n, int64_t inside, int64_t outside) {
    std::copy_n(from + outside, n, own.data() + inside);
  });
}

void Network::dump(Kept kept, float* to) const {
  const AlignedFloats& own = kept == Kept::parameters ? parameters_
                             : kept == Kept::state    ? state_
                                                      : slots_;
  for_each_run(kept, [&](int64_t n, int64_t inside, int64_t outside) {
    std::copy_n(own.data() + inside, n, to + outside);
  });
}

int64_t Network::target_width() const {
  return losses_ ? losses_->targets() : program_.output_width();
}

Network::Training& Network::training_for(int64_t capacity, bool looking) {
  if (training_ && training_->workspace->capacity() >= capacity &&
      (!looking || training_->looking.size() > 0)) {
    return *training_;
  }
  training_.reset();  // free the smaller one before the larger one is made
  auto made = std::make_unique<Training>();
  Training* t = made.get();
  t->workspace =
      std::make_unique<Workspace>(program_, ops_, weights(), capacity, Mode::training, true);
  Workspace& w = *t->workspace;
  const int64_t inputs = program_.widths[0], outputs = program_.output_width();
  const int64_t targets = target_width();
  t->target = w.floats(capacity * targets);
  t->weight = w.floats(capacity);
  w.gather_weight_to(t->weight);
  t->row_losses = w.floats(capacity);
  t->penalty = make_penalty(program_);

  const bool* stop = &t->stop;
  const Access decides{stop, stop + 1, Split::once, 1, true};
  const Access obeys{stop, stop + 1, Split::all, 0, false};
  w.add({"watch", Split::once, 1, false, {decides}, [t](const Pass&, const Tile&) {
           if (t->crowding != nullptr) {
             t->regroup = t->crowding->step(seconds_now(), t->barrier->lost());
           }
           if (!t->call->watch || std::chrono::steady_clock::now() < t->next_look) return;
           const double rows = static_cast<double>(std::max<int64_t>(t->rows_done, 1));
           t->stop = t->call->watch(t->steps_done, t->loss_sum / rows);
           t->next_look = std::chrono::steady_clock::now() + watch_interval;
           if (t->crowding != nullptr && !t->regroup) {
             t->crowding->resume(seconds_now(), t->barrier->lost());  // others had to wait for it
           }
         }});
  auto gather = w.kernels().gather.rows;
  float* x = w.own_input();
  w.add({"gather",
         Split::rows,
         inputs,
         false,
         {w.writes(w.value(0), Split::rows),
          w.writes(t->target, capacity * targets, Split::rows, targets),
          w.writes(t->weight, capacity, Split::rows, 1)},
         [=](const Pass& pass, const Tile& tile) {
           const Table& table = t->call->table;
           const int64_t i = tile.rows.begin, n = tile.rows.size();
           auto take = [&](const float* from, int64_t width, float* to) {
             if (t->call->order != nullptr) {
               gather(n, width, from, width, t->call->order + pass.first_row + i, to + i * width,
                      width);
             } else {
               gather(n, width, from + (pass.first_row + i) * width, width, nullptr, to + i * width,
                      width);
             }
           };
           take(table.x, inputs, x);
           take(table.y, targets, t->target);
           if (table.weight != nullptr) take(table.weight, 1, t->weight);
         }});
  t->watched = w.phases().size();
  w.add({"stop", Split::rows, 1, false, {obeys}, [](const Pass&, const Tile&) {}});
  Looks* looks = looking ? looks_.get() : nullptr;
  w.forward_phases(looks);
  t->computed = w.phases().size();
  add_loss_phase(w, *losses_, program_, t->row_losses);
  const Block* output = w.value(program_.output);
  w.add({"predictions",
         Split::rows,
         outputs,
         false,
         {w.reads(output, Split::rows)},
         [=](const Pass& pass, const Tile& tile) {
           if (t->call->predictions == nullptr) return;
           std::memcpy(t->call->predictions + (pass.first_row + tile.rows.begin) * outputs,
                       output->data + tile.rows.begin * outputs,
                       sizeof(float) * static_cast<size_t>(tile.rows.size() * outputs));
         }});
  // What looks at a gradient and an update needs both in memory.
  if (optimizer_ && !looking) optimizer_->offer_updates(w, parameters_.data(), slots_.data());
  w.backward_phases();
  add_penalty_phase(w, program_, t->penalty);
  const Penalty* penalty = &t->penalty;
  const float* row_losses = t->row_losses;
  std::vector<Access> sums = {w.reads(row_losses, capacity, Split::once, 1)};
  if (penalty->any) {
    const double* partial = penalty->partial.data();
    sums.push_back({partial, partial + penalty->partial.size(), Split::once, 1, false});
  }
  for (const float* each : w.all_row_penalties()) {
    sums.push_back(w.reads(each, capacity, Split::once, 1));
  }
  w.add({"sum losses", Split::once, 1, false, sums, [=, &w](const Pass& pass, const Tile&) {
           double sum = 0.0;
           for (int64_t i = 0; i < pass.rows; ++i) sum += row_losses[i] + w.row_penalty(i);
           t->loss_sum += sum + penalty->total() * static_cast<double>(pass.rows);
           t->rows_done += pass.rows;
           t->steps_done += 1;
         }});
  const size_t update = w.phases().size();
  if (optimizer_) {
    optimizer_->add_phases(w, parameters_.data(), gradients_.data(), slots_.data());
    add_constraint_phase(w, program_, parameters_.data());
  }
  if (looks != nullptr) {
    looks->watch_update(w.phases(), update, parameters_.data(), gradients_.data());
    t->looking = Plan(w.phases(), true);
    std::erase_if(w.phases(), [](const Phase& phase) { return phase.looks; });
  }
  t->plan = Plan(std::move(w.phases()), true);
  training_ = std::move(made);
  return *training_;
}

int Network::barriers(int64_t batch_size) { return training_for(batch_size).plan.barriers(); }

void Network::time_phases(bool on) {
  times_phases_ = on;
  phase_times_.clear();
}

std::vector<Network::TimedPhase> Network::phase_times() const {
  std::vector<TimedPhase> result;
  if (!training_) return result;
  const Plan& plan = training_->plan;
  for (size_t i = 0; i < plan.size();) {
    const size_t end = plan.sweep_end(i, plan.size());
    TimedPhase timed;
    for (size_t j = i; j < end; ++j) {
      timed.name += (j > i ? " + " : "") + std::string(plan.phase(j).name);
    }
    for (const PhaseTimes& times : phase_times_) {
      if (times.work.size() != plan.size()) continue;
      timed.work.push_back(times.work[i]);
      timed.wait.push_back(times.wait[i]);
    }
    result.push_back(std::move(timed));
    i = end;
  }
  return result;
}

TrainOutcome Network::train(const TrainCall& call) {
  const bool looking = looks_ != nullptr && call.look.stop > call.look.first;
  Training& t = training_for(std::min(call.batch_size, call.count), looking);
  t.call = &call;
  t.steps_done = t.rows_done = 0;
  t.loss_sum = 0.0;
  t.stop = false;
  if (looking) looks_->clear();
  t.next_look = std::chrono::steady_clock::now() + watch_interval;
  const int64_t steps =
      call.sizes != nullptr ? call.batches : (call.count + call.batch_size - 1) / call.batch_size;
  RunningNetwork running(call.threads);
  const int threads = running.threads();
  int team = threads;  // that is at work, and where it has begun
  int64_t begin_step = 0, begin_row = 0;
  const std::vector<double> none(t.plan.size(), 0.0);
  if (times_phases_) phase_times_.resize(static_cast<size_t>(threads));
  for (PhaseTimes& times : phase_times_) {
    if (times.work.size() != none.size()) times = {none, none};
  }
  const auto train_on = [&](int thread, Barrier& barrier) {
    if (thread == 0) {
      t.barrier = &barrier;
      if (t.crowding != nullptr) t.crowding->resume(seconds_now(), barrier.lost());
    }
    PhaseTimes* timed = times_phases_ ? &phase_times_[static_cast<size_t>(thread)] : nullptr;
    Pass pass;
    pass.seed = call.seed;
    pass.update_state = true;
    pass.target = t.target;
    pass.weight = call.table.weight == nullptr ? nullptr : t.weight;
    pass.dropping = call.dropping.empty() ? nullptr : call.dropping.data();
    pass.first_row = begin_row;
    for (int64_t s = begin_step; s < steps; ++s) {
      pass.first_row += pass.rows;
      pass.rows = call.sizes != nullptr ? call.sizes[s]
                                        : std::min(call.batch_size, call.count - pass.first_row);
      pass.batch = s;
      pass.step = static_cast<uint32_t>(step_ + s);
      pass.learning_rate = call.learning_rates[s];
      const bool looks = looking && s >= call.look.first && s < call.look.stop;
      const bool last = looks && s + 1 == call.look.stop;
      pass.look = looks ? Look::batch : Look::none;
      pass.paired = last ? call.look.paired : 0;
      pass.look_at_update = last;
      const Plan& plan = looks ? t.looking : t.plan;
      if (looks) barrier.wait();  // the step before may have been run by the other plan
      PhaseTimes* times = looks ? nullptr : timed;
      plan.run(pass, thread, team, barrier, 0, t.watched + 1, times);
      if (t.stop || t.regroup) break;
      if (last && call.look.paired > 0) {
        // The first rows without dropout, as far as the outputs; then the step.
        Pass plain = pass;
        plain.look = Look::inference;
        plain.rows = plain.paired = std::min(call.look.paired, pass.rows);
        plain.update_state = false;
        plain.dropping = looks_->plain();
        plain.batch = 0;
        barrier.wait();
        plan.run(plain, thread, team, barrier, t.watched + 1, t.computed);
        barrier.wait();
      }
      plan.run(pass, thread, team, barrier, t.watched + 1, plan.size(), times);
      if (looks) barrier.wait();
      if (looks && thread == 0) {
        std::vector<float> state(static_cast<size_t>(count(Kept::state)));
        dump(Kept::state, state.data());
        looks_->finish(pass.rows, std::move(state));
      }
    }
  };
  t.crowding = threads > 1 ? &crowding_ : nullptr;
  do {
    t.regroup = false;
    begin_step = t.steps_done;
    begin_row = t.rows_done;
    team = crowding_.alone() ? 1 : threads;
    run_team(team, train_on);
  } while (t.regroup && !t.stop);
  step_ += t.steps_done;
  t.call = nullptr;
  const double rows = static_cast<double>(std::max<int64_t>(t.rows_done, 1));
  return {t.loss_sum / rows, t.loss_sum, t.steps_done, t.stop};
}

void Network::look_at(std::vector<LookedValue> values) {
  looks_ = std::make_unique<Looks>(program_, std::move(values));
  training_.reset();  // its phases look at something else
}

void Network::infer(const Table& table, float* predictions, double* loss_sum, int threads) {
  RunningNetwork running(threads);
  const int64_t blocks = (table.rows + block_rows - 1) / block_rows;
  const int team =
      static_cast<int>(std::min<int64_t>(running.threads(), std::max<int64_t>(blocks, 1)));
  while (inference_.size() < static_cast<size_t>(team)) {
    auto made = std::make_unique<Inference>();
    made->workspace = std::make_unique<Workspace>(
        program_, ops_, Weights{parameters_.data(), state_.data(), nullptr}, block_rows,
        Mode::inference, false);
    made->workspace->forward_phases();
    made->plan = Plan(std::move(made->workspace->phases()), false);
    made->row_losses.resize(block_rows);
    inference_.push_back(std::move(made));
  }
  const int64_t inputs = program_.widths[0], outputs = program_.output_width();
  const int64_t targets = target_width();
  std::vector<double> block_losses(loss_sum != nullptr ? blocks : 0, 0.0);
  std::atomic<int64_t> next{0};
  run_team(team, [&](int thread, Barrier&) {
    Inference& own = *inference_[thread];
    Workspace& w = *own.workspace;
    Barrier alone(1);
    Pass pass;
    pass.rows = block_rows;
    for (int64_t b = next++; b < blocks; b = next++) {
      const int64_t first = b * block_rows, rows = std::min(block_rows, table.rows - first);
      const float* x = table.x + first * inputs;
      if (rows == block_rows || !uses_blas()) {
        w.point_input_at(const_cast<float*>(x));  // inference never writes over its input
        pass.rows = rows;
      } else {
        std::memcpy(w.own_input(), x, sizeof(float) * static_cast<size_t>(rows * inputs));
        std::fill(w.own_input() + rows * inputs, w.own_input() + block_rows * inputs, 0.0f);
        w.point_input_at(w.own_input());
      }
      own.plan.run(pass, 0, 1, alone);
      const float* output = w.value(program_.output)->data;
      if (predictions != nullptr) {
        std::memcpy(predictions + first * outputs, output,
                    sizeof(float) * static_cast<size_t>(rows * outputs));
      }
      if (loss_sum == nullptr) continue;
      losses_->rows(w.kernels(), rows, output, outputs, table.y + first * targets,
                    table.weight == nullptr ? nullptr : table.weight + first, own.row_losses.data(),
                    0.0f, nullptr, 0);
      double sum = 0.0;
      for (int64_t i = 0; i < rows; ++i) sum += own.row_losses[i] + w.row_penalty(i);
      block_losses[b] = sum;
    }
    w.point_input_at(w.own_input());
  });
  if (loss_sum != nullptr) {
    *loss_sum = 0.0;
    for (double sum : block_losses) *loss_sum += sum;
  }
}

double Network::evaluate(const Table& table, float* predictions, int threads) {
  double sum = 0.0;
  infer(table, predictions, &sum, threads);
  return sum / static_cast<double>(table.rows) + penalty_now(program_, parameters_.data());
}

void Network::predict(const float* x, int64_t rows, float* out, int threads) {
  infer({x, nullptr, nullptr, rows}, out, nullptr, threads);
}

void Network::forward(const float* x, int64_t rows, const float* mask, bool training, uint64_t seed,
                      int64_t step, bool update, const CallDropping& dropping, float* out,
                      int threads) {
  Workspace w(program_, ops_, Weights{parameters_.data(), state_.data(), nullptr}, rows,
              training ? Mode::forward : Mode::inference, training);
  if (mask != nullptr) w.take_weight_as_mask();
  w.forward_phases();
  const Plan plan(std::move(w.phases()), false);
  w.point_input_at(const_cast<float*>(x));  // no forward pass writes over its input
  Pass pass;
  pass.rows = rows;
  pass.seed = seed;
  pass.step = static_cast<uint32_t>(step);
  pass.update_state = training && update;
  pass.dropping = dropping.empty() ? nullptr : dropping.data();
  pass.weight = mask;
  RunningNetwork running(threads);
  run_team(running.threads(), [&](int thread, Barrier& barrier) {
    plan.run(pass, thread, running.threads(), barrier);
  });
  const Block* output = w.value(program_.output);
  std::memcpy(out, output->data, sizeof(float) * static_cast<size_t>(rows * output->width));
}

ProbeOutcome Network::probe(const Table& table, bool training, uint64_t seed, int64_t step,
                            const CallDropping& dropping, int threads) {
  const int64_t rows = table.rows;
  const bool targets = table.y != nullptr && losses_;
  AlignedFloats gradients(program_.trainable_room());
  Workspace w(program_, ops_, Weights{parameters_.data(), state_.data(), gradients.data()}, rows,
              Mode::probe, training);
  w.point_input_at(const_cast<float*>(table.x));  // nothing is written over anything here
  w.forward_phases();
  float* row_losses = w.floats(rows);
  if (targets) {
    add_loss_phase(w, *losses_, program_, row_losses);
    w.backward_phases();
  }
  const Plan plan(std::move(w.phases()), false);
  Pass pass;
  pass.rows = rows;
  pass.seed = seed;
  pass.step = static_cast<uint32_t>(step);
  pass.target = table.y;
  pass.weight = table.weight;
  pass.dropping = dropping.empty() ? nullptr : dropping.data();
  RunningNetwork running(threads);
  run_team(running.threads(), [&](int thread, Barrier& barrier) {
    plan.run(pass, thread, running.threads(), barrier);
  });
  ProbeOutcome outcome;
  auto copy = [&](const Block* block) {
    return std::vector<float>(block->data, block->data + rows * block->width);
  };
  for (size_t v = 0; v < program_.widths.size(); ++v) {
    outcome.values.push_back(copy(w.value(static_cast<int>(v))));
    if (targets) outcome.value_gradients.push_back(copy(w.gradient(static_cast<int>(v))));
  }
  outcome.loss = __builtin_nan("");
  if (!targets) return outcome;
  double sum = 0.0;
  for (int64_t i = 0; i < rows; ++i) sum += row_losses[i] + w.row_penalty(i);
  outcome.loss = sum / static_cast<double>(rows) + penalty_now(program_, parameters_.data());
  for (const SlotSpec& slot : program_.parameters) {  // on what is kept inside, pads included
    if (!slot.trainable) continue;
    for (int64_t i = slot.offset; i < slot.offset + slot.room(); ++i) {
      const float p = parameters_.data()[i];
      const float sign = p > 0.0f ? 1.0f : p < 0.0f ? -1.0f : 0.0f;
      gradients.data()[i] += slot.l1 * sign + 2.0f * slot.l2 * p;
    }
  }
  outcome.gradients.resize(static_cast<size_t>(program_.trainable_count()));
  for_each_run(Kept::parameters, [&](int64_t n, int64_t inside, int64_t outside) {
    if (outside >= program_.trainable_count()) return;  // the frozen ones come last
    std::copy_n(gradients.data() + inside, n, outcome.gradients.data() + outside);
  });
  return outcome;
}

}  // namespace trimtab

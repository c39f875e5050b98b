// What a pass over a network consists of, and where its threads must meet.
//
// Ops do not synchronize. Each states its work as phases: how the work is split between threads and
// which memory it touches. plan() puts a barrier exactly where two phases without one between them
// touch the same memory under different splits and one of them writes. Consecutive element-wise
// phases with the same split become one sweep: all of them run on a few rows while these are in
// the nearest cache (bias + activation + dropout are one pass over memory).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "threads.h"

namespace trimtab {

struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
  bool empty() const { return end <= begin; }
};

// What one thread does of one phase.
struct Tile {
  Range rows, columns;
};

// How an op that drops at random does so, one of each for every batch of a call: it keeps a lane of
// 16 random bits that is at or above the limit, and multiplies what it keeps by the scale.
struct LimitsAndScales {
  const uint32_t* limits = nullptr;  // null: the op's own
  const float* scales = nullptr;
};

// What phases that look at layers do in a pass; see looks.h.
enum class Look {
  none,
  batch,      // of a training step
  inference,  // without dropout, the paired rows alone
};

// One batch on its way through the network.
struct Pass {
  int64_t rows = 0;   // rows of this batch
  uint64_t seed = 0;  // of the dropout masks
  uint32_t step = 0;  // batches trained before this one
  float learning_rate = 0.0f;
  bool update_state = false;      // moving statistics move
  const float* target = nullptr;  // of this batch
  const float* weight = nullptr;  // of its rows; null: all 1
  int64_t first_row = 0;          // where the batch begins in the order it is taken from
  // Of ops that drop, by the number of the value that the op writes; null: all have their own.
  const LimitsAndScales* dropping = nullptr;
  int64_t batch = 0;  // which of them are those of this batch
  Look look = Look::none;
  int64_t paired = 0;           // of the first so many rows moments are taken apart
  bool look_at_update = false;  // whether gradients and update are measured
};

enum class Split {
  columns,  // each thread owns chunks of columns, all rows
  rows,     // each thread owns rows, all columns
  parts,    // columns counts parts of equal cost; each thread owns a run of them
  once,     // thread 0 does it all
  all,      // for accesses only: every thread may touch everything
};

// A stretch of memory that a phase touches.
struct Access {
  const void* begin;
  const void* end;
  Split split;
  int64_t width;  // what is split, so that two splits can be compared
  bool write;
};

bool overlap(const Access& a, const Access& b);

struct Phase {
  const char* name;
  Split split;
  int64_t width;  // number of columns
  bool sweep;     // may run on a few rows at a time, in order
  std::vector<Access> accesses;
  std::function<void(const Pass&, const Tile&)> run;
  bool looks = false;  // is left out of passes that are not looked at
};

// Columns are cut into chunks by their number alone, and a thread owns whole chunks: 16 columns,
// whole vectors of every level, or everything below 32. With a BLAS the chunks are wide (one below
// 32 columns, two below 256, else four) and every product is one call a chunk: such libraries
// compute the last columns of a call differently, and the bits must not depend on the threads.
int column_chunks(int64_t width);
Range column_chunk(int64_t width, int chunk);
Range own_columns(int64_t width, int thread, int threads);
Range own_rows(int64_t rows, int thread, int threads);

// How long one thread spends in each phase, and how long it waits for the others before it. Phases
// that run as one sweep are timed as one, under the first.
struct PhaseTimes {
  std::vector<double> work, wait;  // seconds, by phase
};

class Plan {
 public:
  Plan() = default;
  // cyclic: the plan runs again and again (steps of an epoch), so the end must not collide with the
  // beginning.
  Plan(std::vector<Phase> phases, bool cyclic);

  // Runs thread's part of every phase. pass may be filled by a phase of thread 0 as long as a
  // barrier lies between.
  void run(const Pass& pass, int thread, int threads, Barrier& barrier) const;
  // Part of it: phases [first, last). times: where time is added up, of all phases; null: nowhere.
  void run(const Pass& pass, int thread, int threads, Barrier& barrier, size_t first, size_t last,
           PhaseTimes* times = nullptr) const;

  size_t size() const { return phases_.size(); }
  int barriers() const;
  const Phase& phase(size_t i) const { return phases_[i]; }
  bool barrier_before(size_t i) const { return barrier_before_[i]; }
  // The phase after those that run as one with phase i.
  size_t sweep_end(size_t i, size_t last) const;

 private:
  std::vector<Phase> phases_;
  std::vector<char> barrier_before_;
};

// Rows of a sweep's tile: fixed, so that sums over tiles have one order for any number of threads.
constexpr int64_t tile_rows = 16;

// Calls f(chunk) for the chunks of a layer of this width that lie in `columns`.
template <typename F>
void for_each_chunk(int64_t width, const Range& columns, F f) {
  for (int i = 0; i < column_chunks(width); ++i) {
    const Range chunk = column_chunk(width, i);
    if (chunk.begin >= columns.begin && chunk.end <= columns.end) f(chunk);
  }
}

}  // namespace trimtab

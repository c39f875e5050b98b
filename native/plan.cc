#include "plan.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "matmul.h"

namespace trimtab {
namespace {

constexpr int64_t run = 16;  // columns; whole vectors of every level

bool same_owner(const Access& a, const Access& b) {
  return a.split == b.split && a.split != Split::all && a.width == b.width && a.begin == b.begin;
}

bool collide(const Access& a, const Access& b) {
  return overlap(a, b) && (a.write || b.write) && !same_owner(a, b);
}

bool collides(const std::vector<Access>& open, const Phase& phase) {
  for (const Access& before : open) {
    for (const Access& now : phase.accesses) {
      if (collide(before, now)) return true;
    }
  }
  return false;
}

Tile whole(const Pass& pass, const Phase& phase, int thread, int threads) {
  switch (phase.split) {
    case Split::columns:
      return {{0, pass.rows}, own_columns(phase.width, thread, threads)};
    case Split::rows:
      return {own_rows(pass.rows, thread, threads), {0, phase.width}};
    case Split::parts:
      return {{0, pass.rows}, own_rows(phase.width, thread, threads)};
    default:
      return thread == 0 ? Tile{{0, pass.rows}, {0, phase.width}} : Tile{};
  }
}

// Seconds since it was asked last; asks no clock unless it is on.
class Stopwatch {
 public:
  explicit Stopwatch(bool on) {
    if (on) last_ = Clock::now();
  }
  double lap() {
    const Clock::time_point now = Clock::now();
    const std::chrono::duration<double> since = now - last_;
    last_ = now;
    return since.count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_;
};

}  // namespace

bool overlap(const Access& a, const Access& b) {
  return std::less<const void*>()(a.begin, b.end) && std::less<const void*>()(b.begin, a.end);
}

int column_chunks(int64_t width) {
  if (width < 32) return 1;
  if (uses_blas()) return width < 256 ? 2 : 4;
  return static_cast<int>((width + run - 1) / run);
}

Range column_chunk(int64_t width, int chunk) {
  const int64_t chunks = column_chunks(width), runs = (width + run - 1) / run;
  return {std::min(runs * chunk / chunks * run, width),
          std::min(runs * (chunk + 1) / chunks * run, width)};
}

Range own_columns(int64_t width, int thread, int threads) {
  const int chunks = column_chunks(width);
  const int first = chunks * thread / threads, last = chunks * (thread + 1) / threads;
  if (first == last) return {width, width};
  return {column_chunk(width, first).begin, column_chunk(width, last - 1).end};
}

Range own_rows(int64_t rows, int thread, int threads) {
  return {rows * thread / threads, rows * (thread + 1) / threads};
}

Plan::Plan(std::vector<Phase> phases, bool cyclic)
    : phases_(std::move(phases)), barrier_before_(phases_.size(), 0) {
  std::vector<Access> open;  // accesses since the last barrier
  for (int round = 0; round < (cyclic ? 2 : 1); ++round) {
    for (size_t i = 0; i < phases_.size(); ++i) {
      if (barrier_before_[i] || collides(open, phases_[i])) {
        barrier_before_[i] = 1;
        open.clear();
      }
      open.insert(open.end(), phases_[i].accesses.begin(), phases_[i].accesses.end());
    }
  }
}

int Plan::barriers() const {
  return static_cast<int>(std::count(barrier_before_.begin(), barrier_before_.end(), 1));
}

void Plan::run(const Pass& pass, int thread, int threads, Barrier& barrier) const {
  run(pass, thread, threads, barrier, 0, phases_.size());
}

size_t Plan::sweep_end(size_t i, size_t last) const {
  const Phase& head = phases_[i];
  size_t end = i + 1;
  while (head.sweep && end < last && phases_[end].sweep && !barrier_before_[end] &&
         phases_[end].split == head.split && phases_[end].width == head.width) {
    ++end;
  }
  return end;
}

void Plan::run(const Pass& pass, int thread, int threads, Barrier& barrier, size_t first,
               size_t last, PhaseTimes* times) const {
  Stopwatch watch(times != nullptr);
  size_t i = first;
  while (i < last) {
    if (barrier_before_[i]) barrier.wait();
    if (times != nullptr) times->wait[i] += watch.lap();
    const Phase& head = phases_[i];
    const Tile tile = whole(pass, head, thread, threads);
    const size_t end = sweep_end(i, last);
    if (!head.sweep) {
      if (!tile.rows.empty() && !tile.columns.empty()) head.run(pass, tile);
    } else if (!tile.columns.empty()) {
      for (int64_t row = tile.rows.begin; row < tile.rows.end; row += tile_rows) {
        const Tile part{{row, std::min(row + tile_rows, tile.rows.end)}, tile.columns};
        for (size_t j = i; j < end; ++j) phases_[j].run(pass, part);
      }
    }
    if (times != nullptr) times->work[i] += watch.lap();
    i = end;
  }
}

}  // namespace trimtab

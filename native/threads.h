// A team of threads that works in step on one network.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace trimtab {

// Meeting point of a team. Spins briefly, since steps are short, then sleeps, since a core may have
// been taken away by another process; after such a wait it spins less for a while.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  // Returns when all threads of the team have called it. What any of them wrote before is seen by
  // all of them afterwards.
  void wait();
  // Seconds that those who wait have slept here, in waits so long that somebody must have lost a
  // core.
  double lost() const {
    const auto nanoseconds = static_cast<double>(lost_.load(std::memory_order_relaxed));
    return threads_ > 1 ? 1e-9 * nanoseconds / (threads_ - 1) : 0.0;
  }

 private:
  const int threads_;
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<int64_t> lost_{0};  // nanoseconds
  std::atomic<int> haste_{0};     // barriers left at which nobody spins for long
};

// Runs body(thread, barrier) on `threads` threads at once, the calling thread being number 0, and
// returns when all have finished. The others come from a pool that grows on demand, outlives the
// call and starts anew in a forked child. body must not throw. Denormals are flushed to zero inside
// body; the caller's floating-point mode is restored.
void run_team(int threads, const std::function<void(int thread, Barrier& barrier)>& body);

// Counts the networks that run now, so that several at once share the threads.
class RunningNetwork {
 public:
  explicit RunningNetwork(int budget);
  ~RunningNetwork();
  RunningNetwork(const RunningNetwork&) = delete;
  RunningNetwork& operator=(const RunningNetwork&) = delete;
  // This network's share of the budget, at least 1.
  int threads() const { return threads_; }

 private:
  int threads_;
};

}  // namespace trimtab

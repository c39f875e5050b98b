#include "threads.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace trimtab {
namespace {

inline void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Longer than the skew between threads that do equal work on free cores: to sleep and be woken
// costs as much. Where another process wants the cores, a thread that spins keeps them from the
// very thread it waits for; a long wait says that this is so, and for the next barriers the team
// goes to sleep almost at once. Measured on two cores, Spotify's network, milliseconds an epoch:
// free cores 42 (1 microsecond), 25 (20), 25 (200); beside busy processes 39 (1), 56 (20), 94
// (200).
constexpr std::chrono::microseconds patient{40}, hasty{2}, long_wait{300};
constexpr int hasty_barriers = 256;

// Flushes denormals on this thread for as long as it lives.
class FlushDenormals {
 public:
#if defined(__x86_64__) || defined(__i386__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040u); }  // FTZ | DAZ
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(saved_ | (uint64_t{1} << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  uint64_t saved_;
#else
  FlushDenormals() {}
#endif
};

using Job = std::function<void()>;

// One pool thread: sleeps until it is given a job.
class Worker {
 public:
  Worker() {
    std::thread([this] { loop(); }).detach();
  }

  void start(Job job) {
    {
      std::lock_guard lock(mutex_);
      job_ = std::move(job);
      has_job_ = true;
    }
    wake_.notify_one();
  }

 private:
  void loop() {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return has_job_; });
        job = std::move(job_);
        has_job_ = false;
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  Job job_;
  bool has_job_ = false;
};

// Threads that wait for work. Never destroyed: at exit they are asleep and hold nothing.
struct Pool {
  std::mutex mutex;
  std::vector<Worker*> idle;
  int running_networks = 0;

  std::vector<Worker*> take(int count) {
    std::vector<Worker*> taken;
    std::lock_guard lock(mutex);
    while (count-- > 0) {
      if (idle.empty()) {
        taken.push_back(new Worker);
      } else {
        taken.push_back(idle.back());
        idle.pop_back();
      }
    }
    return taken;
  }

  void give_back(Worker* worker) {
    std::lock_guard lock(mutex);
    idle.push_back(worker);
  }
};

std::atomic<Pool*> current_pool{nullptr};

Pool& pool() {
  static std::once_flag once;
  std::call_once(once, [] {
    current_pool = new Pool;
    // A forked child has none of the threads, and perhaps a locked mutex: it starts anew and
    // leaves the parent's pool behind.
    pthread_atfork(nullptr, nullptr, [] { current_pool = new Pool; });
  });
  return *current_pool;
}

}  // namespace

void Barrier::wait() {
  if (threads_ == 1) return;
  const uint32_t generation = generation_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) == threads_ - 1) {
    arrived_.store(0, std::memory_order_relaxed);
    const int left = haste_.load(std::memory_order_relaxed);
    if (left > 0) haste_.store(left - 1, std::memory_order_relaxed);
    // Sequentially consistent with the sleepers' side: either they see the new generation or we
    // see them.
    generation_.store(generation + 1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) generation_.notify_all();
    return;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto deadline = start + (haste_.load(std::memory_order_relaxed) > 0 ? hasty : patient);
  do {
    for (int i = 0; i < 64; ++i) {
      if (generation_.load(std::memory_order_acquire) != generation) return;
      pause_briefly();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  while (generation_.load(std::memory_order_seq_cst) == generation) {
    generation_.wait(generation, std::memory_order_seq_cst);
  }
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  const std::chrono::nanoseconds slept = std::chrono::steady_clock::now() - start;
  if (slept > long_wait) {
    haste_.store(hasty_barriers, std::memory_order_relaxed);
    lost_.fetch_add(slept.count(), std::memory_order_relaxed);
  }
}

void run_team(int threads, const std::function<void(int, Barrier&)>& body) {
  threads = std::max(threads, 1);
  Barrier barrier(threads);
  Pool& team_pool = pool();
  std::vector<Worker*> workers = team_pool.take(threads - 1);
  std::mutex mutex;
  std::condition_variable finished;
  int left = threads - 1;
  for (int i = 1; i < threads; ++i) {
    Worker* worker = workers[i - 1];
    worker->start([&, i] {
      {
        FlushDenormals flush;
        body(i, barrier);
      }
      std::lock_guard lock(mutex);
      if (--left == 0) finished.notify_one();
    });
  }
  {
    FlushDenormals flush;
    body(0, barrier);
  }
  {
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return left == 0; });
  }
  for (Worker* worker : workers) team_pool.give_back(worker);
}

RunningNetwork::RunningNetwork(int budget) {
  Pool& shared = pool();
  std::lock_guard lock(shared.mutex);
  ++shared.running_networks;
  threads_ = std::max(1, budget / shared.running_networks);
}

RunningNetwork::~RunningNetwork() {
  Pool& shared = pool();
  std::lock_guard lock(shared.mutex);
  // A child forked in the middle of a run starts with a count of 0.
  shared.running_networks = std::max(0, shared.running_networks - 1);
}

}  // namespace trimtab

#include "peak.h"

#include <atomic>
#include <chrono>

#include "kernels/levels.h"
#include "threads.h"

namespace trimtab {

double peak_flops(double seconds, int threads) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kRounds = 20000;  // about 30 microseconds between two looks at the clock
  const Kernels& k = kernels();
  Clock::time_point begin;
  std::atomic<int64_t> operations{0};
  run_team(threads, [&](int thread, Barrier& barrier) {
    barrier.wait();  // the pool's threads are awake
    if (thread == 0) begin = Clock::now();
    barrier.wait();
    const auto end = begin + std::chrono::duration<double>(seconds);
    int64_t own = 0;
    float mean = 0.0f;
    while (Clock::now() < end) own += k.peak.multiply_adds(kRounds, mean, &mean);
    operations += own;
    barrier.wait();
  });
  const std::chrono::duration<double> taken = Clock::now() - begin;
  return static_cast<double>(operations) / taken.count();
}

}  // namespace trimtab

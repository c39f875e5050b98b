#include "threads.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

#include "plan.h"
#include "tests/check.h"

namespace trimtab::test {

// Unsynchronized counters that each thread writes and its neighbour reads after the barrier: wrong
// sums, or a report of the thread sanitizer, if the barrier lets anybody through early.
TEST(barrier_keeps_a_team_in_step) {
  for (int threads : {1, 2, 3, 5}) {
    std::vector<int64_t> counters(static_cast<size_t>(threads) * 16, 0);
    std::atomic<int> wrong{0};
    run_team(threads, [&](int thread, Barrier& barrier) {
      for (int64_t step = 1; step <= 2000; ++step) {
        counters[static_cast<size_t>(thread) * 16] = step;
        barrier.wait();
        if (counters[static_cast<size_t>((thread + 1) % threads) * 16] != step) ++wrong;
        barrier.wait();
      }
    });
    CHECK(wrong == 0);
  }
}

TEST(barrier_wakes_those_who_fell_asleep) {
  int64_t seen = 0;
  run_team(3, [&](int thread, Barrier& barrier) {
    for (int step = 0; step < 5; ++step) {
      // Longer than the others spin.
      if (thread == step % 3) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      barrier.wait();
      if (thread == 0) ++seen;
    }
  });
  CHECK(seen == 5);
}

TEST(several_teams_at_once) {
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        run_team(3, [&](int, Barrier& barrier) {
          barrier.wait();
          ++total;
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 4 * 20 * 3);
}

TEST(networks_that_run_at_once_share_the_threads) {
  RunningNetwork first(4);
  CHECK(first.threads() == 4);
  {
    RunningNetwork second(4);
    CHECK(second.threads() == 2);
    RunningNetwork third(4);
    CHECK(third.threads() == 1);
  }
  RunningNetwork again(5);
  CHECK(again.threads() == 2);
  RunningNetwork never_none(1);
  CHECK(never_none.threads() == 1);
}

TEST(denormals_are_flushed_in_the_team_only) {
  volatile float tiny = std::numeric_limits<float>::min();
  const auto halved = [&] { return tiny * 0.5f; };
  CHECK(halved() != 0.0f);
  std::atomic<int> flushed{0};
  run_team(2, [&](int, Barrier&) { flushed += halved() == 0.0f ? 1 : 0; });
#if defined(__x86_64__) || defined(__aarch64__)
  CHECK(flushed == 2);
#endif
  CHECK(halved() != 0.0f);
}

#if !defined(__SANITIZE_THREAD__)  // which cannot follow a fork of several threads
TEST(a_forked_child_starts_a_pool_of_its_own) {
  run_team(3, [](int, Barrier& barrier) { barrier.wait(); });
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    std::atomic<int> count{0};
    run_team(3, [&](int, Barrier& barrier) {
      barrier.wait();
      ++count;
    });
    _exit(count == 3 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#endif

TEST(columns_are_shared_out_whole) {
  for (int64_t width : {1, 16, 31, 32, 33, 48, 100, 512, 1000}) {
    for (int threads : {1, 2, 3, 5, 64}) {
      int64_t next = 0;
      for (int t = 0; t < threads; ++t) {
        const Range own = own_columns(width, t, threads);
        if (own.empty()) continue;
        CHECK(own.begin == next);
        CHECK(own.begin % 16 == 0 || own.begin == width);
        next = own.end;
      }
      CHECK(next == width);
    }
  }
}

// Barriers stand where memory changes hands, and nowhere else.
TEST(plan_places_barriers) {
  float x[4], y[4], z[4];
  const auto access = [](float* p, Split split, bool write) {
    return Access{p, p + 4, split, 4, write};
  };
  const auto nothing = [](const Pass&, const Tile&) {};
  const auto phase = [&](Split split, std::vector<Access> touches) {
    return Phase{"phase", split, 4, true, std::move(touches), nothing};
  };
  const Split c = Split::columns, r = Split::rows, all = Split::all;
  // Own columns all along: none. Somebody else's columns: one. Written by rows after that: one.
  CHECK(Plan({phase(c, {access(x, c, true)}), phase(c, {access(x, c, false), access(y, c, true)})},
             false)
            .barriers() == 0);
  CHECK(
      Plan({phase(c, {access(x, c, true)}), phase(c, {access(x, all, false), access(y, c, true)})},
           false)
          .barriers() == 1);
  CHECK(Plan({phase(c, {access(x, c, true)}), phase(r, {access(x, r, false)})}, false).barriers() ==
        1);
  // Two readers never collide.
  CHECK(Plan({phase(c, {access(x, all, false)}), phase(r, {access(x, r, false)})}, false)
            .barriers() == 0);
  // Round and round, the first writer must wait for the last reader.
  CHECK(
      Plan({phase(c, {access(x, c, true)}), phase(c, {access(x, all, false), access(z, c, true)})},
           true)
          .barriers() == 2);
}

}  // namespace trimtab::test

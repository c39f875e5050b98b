#include "crowding.h"

#include "tests/check.h"

namespace trimtab::test {

// Steps of the present kind until the kind changes, or for `most` seconds; returns the seconds.
static double work(Crowding& crowding, double& now, double together, double alone, double waiting,
                   double most) {
  double lost = 0.0;
  const double begin = now;
  const bool kind = crowding.alone();
  crowding.resume(now, lost);
  while (now - begin < most) {
    now += kind ? alone : together;
    lost += kind ? 0.0 : waiting;
    if (crowding.step(now, lost)) {
      CHECK(crowding.alone() != kind);
      break;
    }
  }
  return now - begin;
}

TEST(a_team_that_waits_for_nobody_stays_together) {
  Crowding crowding;
  double now = 5.0;
  CHECK_NEAR(work(crowding, now, 100e-6, 200e-6, 1e-6, 1.0), 1.0, 1e-3);
  CHECK(!crowding.alone());
}

TEST(one_thread_works_where_meetings_take_longer) {
  Crowding crowding;
  double now = 5.0, together = 0.0, alone = 0.0;
  for (int turn = 0; turn < 30; ++turn) {
    double& spent = crowding.alone() ? alone : together;
    spent += work(crowding, now, 10e-3, 300e-6, 9e-3, 10.0);
  }
  CHECK_THAT(together <= 0.1 * alone, "%g s together, %g s alone", together, alone);
}

TEST(the_team_stays_where_one_thread_is_slower) {
  Crowding crowding;
  double now = 5.0, together = 0.0, alone = 0.0;
  for (int turn = 0; turn < 60; ++turn) {
    double& spent = crowding.alone() ? alone : together;
    spent += work(crowding, now, 20e-3, 25e-3, 8e-3, 10.0);
  }
  CHECK_THAT(alone <= 0.15 * together, "%g s together, %g s alone", together, alone);
}

TEST(the_team_is_back_soon_after_the_neighbours_are_gone) {
  Crowding crowding;
  double now = 5.0;
  for (int turn = 0; turn < 31; ++turn) work(crowding, now, 10e-3, 300e-6, 9e-3, 10.0);
  CHECK(crowding.alone());
  CHECK(work(crowding, now, 100e-6, 200e-6, 0.0, 10.0) <= 1.01);
  CHECK(!crowding.alone());
  CHECK_NEAR(work(crowding, now, 100e-6, 200e-6, 0.0, 1.0), 1.0, 1e-3);
}

TEST(calls_of_a_few_steps_add_up) {
  Crowding crowding;
  double now = 5.0;
  int calls = 0;
  while (!crowding.alone() && calls < 10) {
    crowding.resume(now, 0.0);
    crowding.step(now += 2e-3, 1.8e-3);
    now += 1.0;  // something else
    ++calls;
  }
  CHECK_THAT(calls == 4, "%d", calls);
}

}  // namespace trimtab::test

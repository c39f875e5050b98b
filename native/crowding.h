// Whether meeting pays: a team of threads where other processes want the cores.
#pragma once

namespace trimtab {

// Decides, from how long steps take, between the whole team and one thread. Where a thread has lost
// its core, the others wait at the next barrier until it has one again, milliseconds; a step of
// small batches has many barriers, and one thread waits for nobody. Results are the same to the
// bit.
//
// One thread is tried only after a stretch of steps in which long waits took a quarter of the time,
// and kept for as long as its steps were shorter than the team's; then the team is tried again, for
// a short while. Each choice that has proved right lasts twice as long as the one before it.
class Crowding {
 public:
  bool alone() const { return alone_; }
  // Steps begin, or go on after something else took time. now: seconds; lost: seconds that threads
  // of the team have spent in long waits so far.
  void resume(double now, double lost);
  // After each step. True if the next steps are better done by the other kind of team,
  // which alone() then tells.
  bool step(double now, double lost);

 private:
  void start_over();

  bool alone_ = false;
  int steps_ = 0;  // of the stretch, over several calls of the engine if these are short
  double worked_ = 0.0, waited_ = 0.0;  // seconds of it
  double begin_ = 0.0, lost_ = 0.0;     // as if it had begun then, with so much lost
  double together_ = 0.0;               // seconds a step of the last stretch of the whole team
  double trial_ = 0.0;                  // how long one thread works before the team is tried again
  double patience_ = 0.0;    // how long the team stays together after one thread was slower
  double not_before_ = 0.0;  // when one thread may be tried again
};

}  // namespace trimtab

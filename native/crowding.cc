#include "crowding.h"

#include <algorithm>

namespace trimtab {
namespace {

constexpr int few_steps = 4;            // too few to know how long one takes
constexpr double stretch = 4e-3;        // seconds; about what a scheduler gives a process at once
constexpr double long_stretch = 40e-3;  // what was lost longer ago says nothing about now
constexpr double lost_share = 0.25;
constexpr double shortest = 10e-3, longest = 1.0;  // of trials and of patience

double doubled(double seconds) { return std::clamp(2.0 * seconds, shortest, longest); }

}  // namespace

void Crowding::start_over() {
  steps_ = 0;
  worked_ = waited_ = 0.0;
}

void Crowding::resume(double now, double lost) {
  begin_ = now - worked_;
  lost_ = lost - waited_;
}

bool Crowding::step(double now, double lost) {
  ++steps_;
  worked_ = now - begin_;
  waited_ = lost - lost_;
  if (steps_ < few_steps || worked_ < (alone_ ? std::max(trial_, shortest) : stretch)) return false;
  const double each = worked_ / steps_;
  if (alone_) {
    if (each < together_) {
      trial_ = doubled(trial_);
    } else {
      trial_ = 0.0;
      patience_ = doubled(patience_);
      not_before_ = now + patience_;
    }
    alone_ = false;
    start_over();
    return true;
  }
  const bool crowded = waited_ > lost_share * worked_;
  if (!crowded) trial_ = patience_ = 0.0;  // the neighbours are gone
  if (crowded && now >= not_before_) {
    together_ = each;
    alone_ = true;
    start_over();
    return true;
  }
  if (worked_ > long_stretch) {
    start_over();
    resume(now, lost);
  }
  return false;
}

}  // namespace trimtab

// What ops that drop at random share: a rate and a random stream.
#pragma once

#include <cmath>

#include "kernels/dropout.h"
#include "plan.h"
#include "program.h"
#include "random.h"

namespace trimtab {

class Dropping {
 public:
  explicit Dropping(const OpSpec& spec) : value_(spec.output) {
    const Attributes& a = spec.attributes;
    own_.threshold = static_cast<uint32_t>(a.integer("limit"));
    own_.scale = scale_of(a.number("rate"));
    stream_ = static_cast<uint32_t>(a.integer("stream"));
    has_seed_ = a.has("seed");
    if (has_seed_) seed_ = static_cast<uint64_t>(a.integer("seed"));
  }

  // What survivors are multiplied by.
  float scale(const Pass& pass) const {
    const float* rate = rate_of(pass);
    return rate == nullptr ? own_.scale : scale_of(*rate);
  }

  // How the mask of this batch is drawn.
  DropoutParameters drawn(const Pass& pass) const {
    DropoutParameters p = own_;
    if (const float* rate = rate_of(pass)) {
      p.threshold = static_cast<uint32_t>(std::nearbyint(static_cast<double>(*rate) * 65536.0));
      p.scale = scale_of(*rate);
    }
    p.key0 = mix(has_seed_ ? seed_ : pass.seed, stream_);
    p.key1 = pass.step;
    return p;
  }

 private:
  static float scale_of(double rate) {
    return rate < 1.0 ? static_cast<float>(1.0 / (1.0 - rate)) : 0.0f;
  }
  // What the call says for this batch; null: nothing.
  const float* rate_of(const Pass& pass) const {
    if (pass.rates == nullptr || pass.rates[value_] == nullptr) return nullptr;
    return pass.rates[value_] + pass.batch;
  }

  int value_;
  DropoutParameters own_;
  uint32_t stream_ = 0;
  uint64_t seed_ = 0;
  bool has_seed_ = false;
};

}  // namespace trimtab

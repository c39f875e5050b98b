// What ops that drop at random share: a limit, a scale and a random stream.
#pragma once

#include "kernels/dropout.h"
#include "plan.h"
#include "program.h"
#include "random.h"

namespace trimtab {

class Dropping {
 public:
  explicit Dropping(const OpSpec& spec) : value_(spec.output) {
    const Attributes& a = spec.attributes;
    own_.limit = static_cast<uint32_t>(a.integer("limit"));
    own_.scale = static_cast<float>(a.number("scale"));
    stream_ = static_cast<uint32_t>(a.integer("stream"));
    has_seed_ = a.has("seed");
    if (has_seed_) seed_ = static_cast<uint64_t>(a.integer("seed"));
  }

  // What survivors are multiplied by.
  float scale(const Pass& pass) const {
    const LimitsAndScales* said = said_for(pass);
    return said == nullptr ? own_.scale : said->scales[pass.batch];
  }

  // How the mask of this batch is drawn.
  DropoutParameters drawn(const Pass& pass) const {
    DropoutParameters p = own_;
    if (const LimitsAndScales* said = said_for(pass)) {
      p.limit = said->limits[pass.batch];
      p.scale = said->scales[pass.batch];
    }
    p.key0 = mix(has_seed_ ? seed_ : pass.seed, stream_);
    p.key1 = pass.step;
    return p;
  }

 private:
  // What the call says for its batches; null: nothing.
  const LimitsAndScales* said_for(const Pass& pass) const {
    if (pass.dropping == nullptr || pass.dropping[value_].limits == nullptr) return nullptr;
    return pass.dropping + value_;
  }

  int value_;
  DropoutParameters own_;
  uint32_t stream_ = 0;
  uint64_t seed_ = 0;
  bool has_seed_ = false;
};

}  // namespace trimtab

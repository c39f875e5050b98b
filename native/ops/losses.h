// The loss at the end of a program.
#pragma once

#include "workspace.h"

namespace trimtab {

// What a kernel reads, and the lists that it points to.
struct LossSettings : LossParameters {
  explicit LossSettings(const Attributes& attributes);
  LossSettings(const LossSettings&) = delete;
  LossSettings& operator=(const LossSettings&) = delete;

 private:
  std::vector<float> alpha_list_, level_list_;
};

// Columns of the target for so many outputs.
int64_t loss_targets(const LossParameters& settings, int64_t outputs);

// Adds the phase that computes row_losses (weighted) and seeds the gradient of the value that the
// loss reads. Where members lie side by side in it, a row's loss is the mean of theirs. Targets and
// weights are read from the pass.
void add_loss_phase(Workspace& w, const LossParameters& settings, const ProgramSpec& program,
                    float* row_losses);

}  // namespace trimtab

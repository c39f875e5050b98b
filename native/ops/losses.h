// The loss at the end of a program.
#pragma once

#include "workspace.h"

namespace trimtab {

LossParameters loss_settings(const Attributes& attributes);
bool loss_is_sparse(const LossParameters& settings);

// Adds the phase that computes row_losses (weighted) and seeds the gradient of the value that the
// loss reads. Where members lie side by side in it, a row's loss is the mean of theirs. Targets and
// weights are read from the pass.
void add_loss_phase(Workspace& w, const LossParameters& settings, const ProgramSpec& program,
                    float* row_losses);

}  // namespace trimtab

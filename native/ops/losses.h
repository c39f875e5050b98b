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

// The losses at the end of a program, added up: each reads its own columns of outputs and targets.
class Losses {
 public:
  explicit Losses(const ProgramSpec& program);

  // Columns of the targets.
  int64_t targets() const { return targets_; }
  // As LossKernels::rows, of all losses together. Gradients of columns that no loss reads are 0.
  void rows(const Kernels& kernels, int64_t rows, const float* prediction, int64_t ldp,
            const float* target, const float* weight, float* row_losses, float scale,
            float* gradient, int64_t ldg) const;

 private:
  struct Part {
    std::unique_ptr<LossSettings> settings;
    int64_t start, outputs, target, targets;
    float weight;
    bool weighted;
  };

  std::vector<Part> parts_;
  int64_t targets_ = 0, outputs_ = 0;
  bool one_ = true;  // it reads all outputs, and its weight is 1
};

// Adds the phase that computes row_losses (weighted) and seeds the gradient of the value that the
// loss reads. Where members lie side by side in it, a row's loss is the mean of theirs. Targets and
// weights are read from the pass.
void add_loss_phase(Workspace& w, const Losses& losses, const ProgramSpec& program,
                    float* row_losses);

}  // namespace trimtab

// The function table: one per instruction-set level, filled by table.cc from the families' headers.
#pragma once

#include "kernels/activation.h"
#include "kernels/batch_normalization.h"
#include "kernels/constraints.h"
#include "kernels/dense.h"
#include "kernels/dropout.h"
#include "kernels/embedding.h"
#include "kernels/gather.h"
#include "kernels/increasing.h"
#include "kernels/looks.h"
#include "kernels/losses.h"
#include "kernels/matmul.h"
#include "kernels/members.h"
#include "kernels/optimizers.h"
#include "kernels/panels.h"
#include "kernels/peak.h"
#include "kernels/periodic.h"
#include "kernels/piecewise_linear.h"
#include "kernels/softmax.h"

namespace trimtab {

struct Kernels {
  const char* level;
  ActivationKernels activation;
  BatchNormalizationKernels batch_normalization;
  ConstraintKernels constraints;
  DenseKernels dense;
  DropoutKernels dropout;
  EmbeddingKernels embedding;
  GatherKernels gather;
  IncreasingKernels increasing;
  LookKernels looks;
  LossKernels losses;
  MatmulKernels matmul;
  MemberKernels members;
  OptimizerKernels optimizers;
  PanelKernels panels;
  PeakKernels peak;
  PeriodicKernels periodic;
  PiecewiseLinearKernels piecewise_linear;
  SoftmaxKernels softmax;
};

}  // namespace trimtab

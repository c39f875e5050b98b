// The function table: one per instruction-set level, filled by table.cc from the families' headers.
#pragma once

#include "kernels/activation.h"
#include "kernels/batch_normalization.h"
#include "kernels/constraints.h"
#include "kernels/dense.h"
#include "kernels/discretization.h"
#include "kernels/dropout.h"
#include "kernels/embedding.h"
#include "kernels/gather.h"
#include "kernels/gaussian_noise.h"
#include "kernels/glu.h"
#include "kernels/increasing.h"
#include "kernels/layer_normalization.h"
#include "kernels/looks.h"
#include "kernels/losses.h"
#include "kernels/matmul.h"
#include "kernels/members.h"
#include "kernels/merging.h"
#include "kernels/optimizers.h"
#include "kernels/panels.h"
#include "kernels/peak.h"
#include "kernels/periodic.h"
#include "kernels/piecewise_linear.h"
#include "kernels/prelu.h"
#include "kernels/rescaling.h"
#include "kernels/softmax.h"

namespace trimtab {

struct Kernels {
  const char* level;
  ActivationKernels activation;
  BatchNormalizationKernels batch_normalization;
  ConstraintKernels constraints;
  DenseKernels dense;
  DiscretizationKernels discretization;
  DropoutKernels dropout;
  EmbeddingKernels embedding;
  GatherKernels gather;
  GaussianNoiseKernels gaussian_noise;
  GluKernels glu;
  IncreasingKernels increasing;
  LayerNormalizationKernels layer_normalization;
  LookKernels looks;
  LossKernels losses;
  MatmulKernels matmul;
  MemberKernels members;
  MergingKernels merging;
  OptimizerKernels optimizers;
  PanelKernels panels;
  PeakKernels peak;
  PeriodicKernels periodic;
  PiecewiseLinearKernels piecewise_linear;
  PreluKernels prelu;
  RescalingKernels rescaling;
  SoftmaxKernels softmax;
};

}  // namespace trimtab

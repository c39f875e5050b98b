#include "kernels/table.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

template <class Pointer>
struct Pointee;
template <class Function>
struct Pointee<Function*> {
  using type = Function;
};

}  // namespace

// Declares `family_kernel`, defined in kernels/<family>.cc, with the type its header promises. The
// table is a constant: no code of this level runs before the processor has been asked for it.
#define TRIMTAB_DECLARE(Family, family, kernel) \
  Pointee<decltype(Family::kernel)>::type family##_##kernel

TRIMTAB_DECLARE(ActivationKernels, activation, forward);
TRIMTAB_DECLARE(ActivationKernels, activation, backward);
TRIMTAB_DECLARE(ActivationKernels, activation, add);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, statistics);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, combine);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, normalize);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, inverse_deviation);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, update_moving);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, gradient_sums);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, input_gradient);
TRIMTAB_DECLARE(BatchNormalizationKernels, batch_normalization, scale_columns);
TRIMTAB_DECLARE(ConstraintKernels, constraints, column_norms);
TRIMTAB_DECLARE(ConstraintKernels, constraints, norm);
TRIMTAB_DECLARE(ConstraintKernels, constraints, non_negative);
TRIMTAB_DECLARE(DenseKernels, dense, add_bias);
TRIMTAB_DECLARE(DenseKernels, dense, column_sums);
TRIMTAB_DECLARE(DenseKernels, dense, narrow_forward);
TRIMTAB_DECLARE(DenseKernels, dense, narrow_kernel_gradient);
TRIMTAB_DECLARE(DenseKernels, dense, narrow_input_gradient);
TRIMTAB_DECLARE(DiscretizationKernels, discretization, forward);
TRIMTAB_DECLARE(DiscretizationKernels, discretization, encode);
TRIMTAB_DECLARE(DropoutKernels, dropout, forward);
TRIMTAB_DECLARE(DropoutKernels, dropout, backward);
TRIMTAB_DECLARE(EmbeddingKernels, embedding, forward);
TRIMTAB_DECLARE(EmbeddingKernels, embedding, table_gradient);
TRIMTAB_DECLARE(GatherKernels, gather, rows);
TRIMTAB_DECLARE(GaussianNoiseKernels, gaussian_noise, forward);
TRIMTAB_DECLARE(GaussianNoiseKernels, gaussian_noise, backward);
TRIMTAB_DECLARE(GluKernels, glu, forward);
TRIMTAB_DECLARE(GluKernels, glu, backward);
TRIMTAB_DECLARE(IncreasingKernels, increasing, forward);
TRIMTAB_DECLARE(IncreasingKernels, increasing, backward);
TRIMTAB_DECLARE(LayerNormalizationKernels, layer_normalization, forward);
TRIMTAB_DECLARE(LayerNormalizationKernels, layer_normalization, input_gradient);
TRIMTAB_DECLARE(LayerNormalizationKernels, layer_normalization, parameter_gradients);
TRIMTAB_DECLARE(LookKernels, looks, columns);
TRIMTAB_DECLARE(LookKernels, looks, moved);
TRIMTAB_DECLARE(LossKernels, losses, rows);
TRIMTAB_DECLARE(MatmulKernels, matmul, product);
TRIMTAB_DECLARE(MemberKernels, members, affine);
TRIMTAB_DECLARE(MemberKernels, members, affine_gradient);
TRIMTAB_DECLARE(MemberKernels, members, repeat_gradient);
TRIMTAB_DECLARE(MemberKernels, members, average);
TRIMTAB_DECLARE(MemberKernels, members, average_gradient);
TRIMTAB_DECLARE(MergingKernels, merging, forward);
TRIMTAB_DECLARE(MergingKernels, merging, backward);
TRIMTAB_DECLARE(MergingKernels, merging, scale);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, sgd);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, adam);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, adadelta);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, adagrad);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, adamax);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, amsgrad);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, ftrl);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, lion);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, nadam);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, rmsprop);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, accumulate);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, average);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, squared_norm);
TRIMTAB_DECLARE(OptimizerKernels, optimizers, penalty);
TRIMTAB_DECLARE(PanelKernels, panels, product);
TRIMTAB_DECLARE(PanelKernels, panels, kernel_gradient);
TRIMTAB_DECLARE(PanelKernels, panels, input_gradient);
TRIMTAB_DECLARE(PeakKernels, peak, multiply_adds);
TRIMTAB_DECLARE(PeriodicKernels, periodic, forward);
TRIMTAB_DECLARE(PeriodicKernels, periodic, vector_gradient);
TRIMTAB_DECLARE(PeriodicKernels, periodic, input_gradient);
TRIMTAB_DECLARE(PeriodicKernels, periodic, parameter_gradients);
TRIMTAB_DECLARE(PiecewiseLinearKernels, piecewise_linear, sum_increments);
TRIMTAB_DECLARE(PiecewiseLinearKernels, piecewise_linear, increment_gradient);
TRIMTAB_DECLARE(PiecewiseLinearKernels, piecewise_linear, locate);
TRIMTAB_DECLARE(PiecewiseLinearKernels, piecewise_linear, forward);
TRIMTAB_DECLARE(PiecewiseLinearKernels, piecewise_linear, table_gradient);
TRIMTAB_DECLARE(PiecewiseLinearKernels, piecewise_linear, input_gradient);
TRIMTAB_DECLARE(PreluKernels, prelu, forward);
TRIMTAB_DECLARE(PreluKernels, prelu, input_gradient);
TRIMTAB_DECLARE(PreluKernels, prelu, alpha_gradient);
TRIMTAB_DECLARE(RescalingKernels, rescaling, forward);
TRIMTAB_DECLARE(RescalingKernels, rescaling, backward);
TRIMTAB_DECLARE(RescalingKernels, rescaling, normalize);
TRIMTAB_DECLARE(RescalingKernels, rescaling, normalize_backward);
TRIMTAB_DECLARE(SoftmaxKernels, softmax, forward);
TRIMTAB_DECLARE(SoftmaxKernels, softmax, backward);

#define TRIMTAB_STRING(name) #name
#define TRIMTAB_NAME(level) TRIMTAB_STRING(level)

extern constinit const Kernels table = {
    .level = TRIMTAB_NAME(TRIMTAB_LEVEL),
    .activation = {.forward = activation_forward,
                   .backward = activation_backward,
                   .add = activation_add},
    .batch_normalization = {.statistics = batch_normalization_statistics,
                            .combine = batch_normalization_combine,
                            .normalize = batch_normalization_normalize,
                            .inverse_deviation = batch_normalization_inverse_deviation,
                            .update_moving = batch_normalization_update_moving,
                            .gradient_sums = batch_normalization_gradient_sums,
                            .input_gradient = batch_normalization_input_gradient,
                            .scale_columns = batch_normalization_scale_columns},
    .constraints = {.column_norms = constraints_column_norms,
                    .norm = constraints_norm,
                    .non_negative = constraints_non_negative},
    .dense = {.add_bias = dense_add_bias,
              .column_sums = dense_column_sums,
              .narrow_forward = dense_narrow_forward,
              .narrow_kernel_gradient = dense_narrow_kernel_gradient,
              .narrow_input_gradient = dense_narrow_input_gradient},
    .discretization = {.forward = discretization_forward, .encode = discretization_encode},
    .dropout = {.forward = dropout_forward, .backward = dropout_backward},
    .embedding = {.forward = embedding_forward, .table_gradient = embedding_table_gradient},
    .gather = {.rows = gather_rows},
    .gaussian_noise = {.forward = gaussian_noise_forward, .backward = gaussian_noise_backward},
    .glu = {.forward = glu_forward, .backward = glu_backward},
    .increasing = {.forward = increasing_forward, .backward = increasing_backward},
    .layer_normalization = {.forward = layer_normalization_forward,
                            .input_gradient = layer_normalization_input_gradient,
                            .parameter_gradients = layer_normalization_parameter_gradients},
    .looks = {.columns = looks_columns, .moved = looks_moved},
    .losses = {.rows = losses_rows},
    .matmul = {.product = matmul_product},
    .members = {.affine = members_affine,
                .affine_gradient = members_affine_gradient,
                .repeat_gradient = members_repeat_gradient,
                .average = members_average,
                .average_gradient = members_average_gradient},
    .merging = {.forward = merging_forward, .backward = merging_backward, .scale = merging_scale},
    .optimizers = {.sgd = optimizers_sgd,
                   .adam = optimizers_adam,
                   .adadelta = optimizers_adadelta,
                   .adagrad = optimizers_adagrad,
                   .adamax = optimizers_adamax,
                   .amsgrad = optimizers_amsgrad,
                   .ftrl = optimizers_ftrl,
                   .lion = optimizers_lion,
                   .nadam = optimizers_nadam,
                   .rmsprop = optimizers_rmsprop,
                   .accumulate = optimizers_accumulate,
                   .average = optimizers_average,
                   .squared_norm = optimizers_squared_norm,
                   .penalty = optimizers_penalty},
    .panels = {.product = panels_product,
               .kernel_gradient = panels_kernel_gradient,
               .input_gradient = panels_input_gradient},
    .peak = {.multiply_adds = peak_multiply_adds},
    .periodic = {.forward = periodic_forward,
                 .vector_gradient = periodic_vector_gradient,
                 .input_gradient = periodic_input_gradient,
                 .parameter_gradients = periodic_parameter_gradients},
    .piecewise_linear = {.sum_increments = piecewise_linear_sum_increments,
                         .increment_gradient = piecewise_linear_increment_gradient,
                         .locate = piecewise_linear_locate,
                         .forward = piecewise_linear_forward,
                         .table_gradient = piecewise_linear_table_gradient,
                         .input_gradient = piecewise_linear_input_gradient},
    .prelu = {.forward = prelu_forward,
              .input_gradient = prelu_input_gradient,
              .alpha_gradient = prelu_alpha_gradient},
    .rescaling = {.forward = rescaling_forward,
                  .backward = rescaling_backward,
                  .normalize = rescaling_normalize,
                  .normalize_backward = rescaling_normalize_backward},
    .softmax = {.forward = softmax_forward, .backward = softmax_backward},
};

}  // namespace trimtab::TRIMTAB_LEVEL

"""The rules: functions from facts to the findings of one code, one file per family.

A new rule is a function here and a :class:`~trimtab.insight.coach.codes.Code`. The contract test
names what is missing: a network for which the rule fires, and one for which it does not. A third,
with which the remedy is trained and measured, is in tests/insight/coach/faults.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding
from trimtab.insight.coach.rules import (
    batches,
    classes,
    data,
    depth,
    dropout,
    duplicates,
    embedding,
    labels,
    leaks,
    learning_rate,
    losses,
    normalization,
    optimization,
    order,
    output,
    scales,
    target,
    unlike,
    validation,
    weights,
)

__all__ = ["RULES", "Rule"]

#: A function from facts to findings.
Rule = Callable[[Facts], Iterable[Finding]]

#: Code -> its rule, in the order in which findings of one severity are listed.
RULES: dict[Code, Rule] = {
    Code.NON_FINITE_VALUES: data.non_finite_values,
    Code.CODES_OUT_OF_RANGE: embedding.codes_out_of_range,
    Code.CODES_CHANGED: embedding.codes_changed,
    Code.NOTHING_TO_TRAIN: optimization.nothing_to_train,
    Code.LABELS_MISMATCH: labels.labels_mismatch,
    Code.LOGITS_MISMATCH: output.logits_mismatch,
    Code.SOFTMAX_OF_ONE: output.softmax_of_one,
    Code.UNREACHABLE_TARGETS: output.unreachable_targets,
    Code.TOO_FEW_CLASSES: output.too_few_classes,
    Code.UNUSABLE_WEIGHTS: weights.unusable_weights,
    Code.WRONG_LOSS: losses.wrong_loss,
    Code.NO_ACTIVATION: depth.no_activation,
    Code.SATURATING_DEPTH: depth.saturating_depth,
    Code.NORMALIZED_OUTPUT: normalization.normalized_output,
    Code.INPUT_SCALES: scales.input_scales,
    Code.FLOAT32_RESOLUTION: data.float32_resolution,
    Code.VARIANCE_SHIFT: normalization.variance_shift,
    Code.SLOW_MOVING_AVERAGES: batches.slow_moving_averages,
    Code.SMALL_BATCH_STATISTICS: batches.small_batch_statistics,
    Code.TINY_LAST_BATCH: batches.tiny_last_batch,
    Code.NEARLY_ALL_DROPPED: dropout.nearly_all_dropped,
    Code.DROPOUT_ON_OUTPUT: dropout.dropout_on_output,
    Code.HEAVY_TAILED_TARGET: target.heavy_tailed_target,
    Code.TARGET_SCALE: scales.target_scale,
    Code.UNUSUAL_LEARNING_RATE: learning_rate.unusual_learning_rate,
    Code.STRONG_PENALTY: weights.strong_penalty,
    Code.UNEQUAL_CLASSES: classes.unequal_classes,
    Code.UNLIKE_VALIDATION: unlike.unlike_validation,
    Code.SHARED_ROWS: validation.shared_rows,
    Code.SHARED_GROUPS: validation.shared_groups,
    Code.SORTED_ROWS: order.sorted_rows,
    Code.LEAKING_COLUMN: leaks.leaking_column,
    Code.BIAS_WITHOUT_EFFECT: normalization.bias_without_effect,
    Code.LABELS_AS_NUMBERS: losses.labels_as_numbers,
    Code.DUPLICATE_ROWS: duplicates.duplicate_rows,
    Code.CONSTANT_COLUMNS: data.constant_columns,
    Code.MORE_PARAMETERS_THAN_ROWS: optimization.more_parameters_than_rows,
}

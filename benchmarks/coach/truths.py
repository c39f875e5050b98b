"""What else is true of a run besides its label: consequences, other names, and what is measured.

A finding of one of these is neither a hit nor a false alarm.
"""

# ruff: noqa: E501

from __future__ import annotations

#: What a fault brings about, or what it is also called. Decided before any finding was seen, except that
#: dropout lies before a normalization where one is put behind it.
ALSO: dict[str, tuple[str, ...]] = {
    "non-finite-values": ("diverged",),
    "codes-out-of-range": ("diverged", "non-finite-values"),
    "codes-changed": ("codes-out-of-range", "diverged"),
    "logits-mismatch": ("wrong-loss", "plateau", "underfitting", "dead-units", "rate-too-high"),
    "softmax-of-one": ("wrong-loss", "unreachable-targets", "plateau", "underfitting", "logits-mismatch"),
    "unreachable-targets": ("wrong-loss", "plateau", "underfitting", "saturated-units", "target-scale"),
    "labels-mismatch": ("wrong-loss", "too-few-classes", "diverged", "plateau", "underfitting", "unreachable-targets"),
    "wrong-loss": ("plateau", "underfitting", "labels-mismatch", "unreachable-targets", "logits-mismatch"),
    "too-few-classes": ("wrong-loss", "labels-mismatch", "diverged", "plateau", "underfitting"),
    "dropout-on-output": ("training-above-validation", "underfitting", "plateau", "variance-shift"),
    "normalized-output": ("wrong-loss", "slow-moving-averages", "stale-statistics", "small-batch-statistics", "jumping-validation", "tiny-last-batch", "logits-mismatch", "unreachable-targets", "target-scale", "variance-shift"),
    "nothing-to-train": ("plateau", "underfitting", "slow-moving-averages", "stale-statistics"),
    "input-scales": ("diverged", "rate-too-high", "rate-too-low", "dead-units", "saturated-units", "exploding-activations", "plateau", "underfitting", "jumping-validation", "unusual-learning-rate"),
    "float32-resolution": ("input-scales", "diverged", "dead-units", "saturated-units", "plateau", "underfitting", "exploding-activations", "rate-too-high", "duplicate-rows", "constant-columns"),
    "target-scale": ("diverged", "still-falling", "few-steps", "underfitting", "rate-too-low", "rate-too-high", "plateau", "dead-units", "exploding-activations", "unusual-learning-rate"),
    "heavy-tailed-target": ("overfitting", "jumping-validation", "noisy-validation", "target-scale"),
    "constant-columns": (),
    "variance-shift": ("stale-statistics", "jumping-validation", "training-above-validation"),
    "slow-moving-averages": ("stale-statistics", "jumping-validation", "few-steps", "still-falling"),
    "stale-statistics": ("slow-moving-averages", "jumping-validation", "few-steps", "still-falling", "input-scales"),
    "jumping-validation": ("slow-moving-averages", "stale-statistics", "rate-too-high", "few-steps"),
    "small-batch-statistics": ("jumping-validation", "stale-statistics", "tiny-last-batch", "training-above-validation"),
    "tiny-last-batch": ("jumping-validation", "stale-statistics", "slow-moving-averages"),
    "bias-without-effect": (),
    "nearly-all-dropped": ("underfitting", "training-above-validation", "plateau", "still-falling"),
    "training-above-validation": ("still-falling", "few-steps", "variance-shift"),
    "rate-too-high": ("diverged", "unusual-learning-rate", "dead-units", "saturated-units", "jumping-validation", "exploding-activations", "plateau", "underfitting"),
    "unusual-learning-rate": ("rate-too-high", "rate-too-low", "diverged", "dead-units", "saturated-units", "jumping-validation", "exploding-activations", "plateau", "underfitting", "still-falling", "few-steps"),
    "rate-too-low": ("unusual-learning-rate", "still-falling", "underfitting", "few-steps", "plateau", "slow-moving-averages"),
    "decay-too-early": ("plateau", "underfitting", "rate-too-low"),
    "plateau": ("underfitting", "decay-too-early", "rate-too-low", "saturating-depth", "vanishing-gradients", "unusable-weights", "dead-units", "saturated-units"),
    "diverged": ("rate-too-high", "unusual-learning-rate", "input-scales", "target-scale", "unusable-weights", "exploding-activations", "dead-units", "saturated-units", "plateau", "underfitting"),
    "few-steps": ("still-falling", "underfitting", "rate-too-low", "unusual-learning-rate", "slow-moving-averages", "stale-statistics", "jumping-validation"),
    "still-falling": ("few-steps", "underfitting", "rate-too-low", "unusual-learning-rate", "slow-moving-averages", "training-above-validation"),
    "impatient-stopping": ("still-falling", "few-steps", "underfitting", "slow-moving-averages", "stale-statistics"),
    "noisy-validation": ("impatient-stopping",),
    "overfitting": ("more-parameters-than-rows",),
    "more-parameters-than-rows": ("overfitting",),
    "underfitting": ("plateau", "dead-units", "nearly-all-dropped", "training-above-validation", "no-activation", "still-falling"),
    "strong-penalty": ("underfitting", "plateau", "dead-units", "vanishing-gradients"),
    "no-activation": ("underfitting",),
    "dead-units": ("unusable-weights", "rate-too-high", "unusual-learning-rate", "diverged", "plateau", "underfitting", "input-scales", "jumping-validation"),
    "saturated-units": ("unusable-weights", "rate-too-high", "unusual-learning-rate", "input-scales", "plateau", "underfitting", "overfitting", "vanishing-gradients", "saturating-depth", "jumping-validation"),
    "exploding-activations": ("unusable-weights", "diverged", "rate-too-high", "dead-units", "jumping-validation", "overfitting"),
    "vanishing-gradients": ("unusable-weights", "saturating-depth", "plateau", "underfitting"),
    "saturating-depth": ("vanishing-gradients", "plateau", "underfitting", "saturated-units", "rate-too-low"),
    "unusable-weights": ("plateau", "underfitting", "dead-units", "saturated-units", "exploding-activations", "vanishing-gradients", "diverged", "rate-too-high", "overfitting", "jumping-validation", "still-falling"),
    "shared-rows": ("overfitting", "leaking-column", "duplicate-rows"),
    "shared-groups": ("overfitting", "shared-rows", "duplicate-rows"),
    "duplicate-rows": ("shared-rows", "overfitting"),
    "sorted-rows": ("unlike-validation", "overfitting", "jumping-validation"),
    "unlike-validation": ("sorted-rows", "overfitting", "jumping-validation", "noisy-validation"),
    "leaking-column": (),
    "unequal-classes": ("noisy-validation", "few-steps", "still-falling"),
}  # fmt: skip

#: What is true of a run that a common remedy clearly improves.
SHOWN_BY: dict[str, tuple[str, ...]] = {
    "longer": ("still-falling", "few-steps", "underfitting", "rate-too-low"),
    "early stopping": ("overfitting", "more-parameters-than-rows"),
    "higher rate": ("rate-too-low", "unusual-learning-rate", "still-falling", "few-steps", "underfitting"),
    "lower rate": ("rate-too-high", "unusual-learning-rate", "jumping-validation"),
    "wider": ("underfitting",),
    "narrower": ("overfitting", "more-parameters-than-rows"),
    "dropout": ("overfitting", "more-parameters-than-rows"),
    "batch normalization": ("input-scales", "exploding-activations", "vanishing-gradients", "saturating-depth"),
    "neither": ("stale-statistics", "slow-moving-averages", "small-batch-statistics", "variance-shift", "nearly-all-dropped"),
}  # fmt: skip

"""Which finding explains which: a symptom is listed below its cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["EXPLAINS", "causes_of"]

_NOT_LEARNED = ("few-steps", "plateau", "underfitting", "still-falling")

#: Code of a cause -> the codes that it explains where both are found. Causes that explain causes
#: come first.
EXPLAINS: Mapping[str, tuple[str, ...]] = {
    "non-finite-values": ("diverged",),
    "codes-out-of-range": ("diverged",),
    "input-scales": (
        "diverged", "rate-too-high", "rate-too-low", "dead-units", "saturated-units",
        "exploding-activations", *_NOT_LEARNED,
    ),
    "float32-resolution": (
        "diverged", "dead-units", "saturated-units", "vanishing-gradients", "stale-statistics",
        "jumping-validation", *_NOT_LEARNED,
    ),
    "leaking-column": ("rate-too-low", "still-falling"),
    "shared-rows": ("overfitting", "still-falling"),
    "shared-groups": ("overfitting", "still-falling"),
    "target-scale": ("diverged", "rate-too-high", "rate-too-low", "dead-units", *_NOT_LEARNED),
    "unusual-learning-rate": (
        "diverged", "rate-too-high", "rate-too-low", "dead-units", "saturated-units",
        "exploding-activations", *_NOT_LEARNED,
    ),
    "unusable-weights": (
        "diverged", "exploding-activations", "saturated-units", "dead-units", "vanishing-gradients",
        "rate-too-high", "rate-too-low", *_NOT_LEARNED,
    ),
    "saturating-depth": ("vanishing-gradients", "saturated-units", "rate-too-low", *_NOT_LEARNED),
    "strong-penalty": ("vanishing-gradients", "dead-units", "rate-too-low", *_NOT_LEARNED),
    "heavy-tailed-target": ("diverged", "jumping-validation", "noisy-validation"),
    "no-activation": ("plateau", "underfitting"),
    "wrong-loss": ("vanishing-gradients", "rate-too-low", *_NOT_LEARNED),
    "unequal-classes": ("plateau", "underfitting"),
    "normalized-output": ("stale-statistics", "jumping-validation", *_NOT_LEARNED),
    "sorted-rows": ("overfitting", "jumping-validation"),
    "unlike-validation": ("overfitting", "stale-statistics"),
    "nothing-to-train": _NOT_LEARNED,
    "softmax-of-one": _NOT_LEARNED,
    "logits-mismatch": _NOT_LEARNED,
    "labels-mismatch": _NOT_LEARNED,
    "unreachable-targets": _NOT_LEARNED,
    "dropout-on-output": _NOT_LEARNED,
    "nearly-all-dropped": ("rate-too-high", *_NOT_LEARNED),
    "variance-shift": ("stale-statistics", "jumping-validation"),
    "slow-moving-averages": ("stale-statistics", "jumping-validation", "still-falling"),
    "small-batch-statistics": ("stale-statistics", "jumping-validation"),
    "tiny-last-batch": ("stale-statistics", "jumping-validation"),
    "exploding-activations": (
        "diverged", "saturated-units", "rate-too-high", "vanishing-gradients", *_NOT_LEARNED,
    ),
    "rate-too-high": ("diverged", "dead-units", "plateau", "underfitting"),
    "diverged": ("dead-units", "plateau", "underfitting"),
    "vanishing-gradients": ("rate-too-low", "plateau", "underfitting", "still-falling"),
    "dead-units": ("plateau", "underfitting"),
    "saturated-units": (
        "vanishing-gradients", "rate-too-low", "plateau", "underfitting", "still-falling",
    ),
    "few-steps": ("stale-statistics", "plateau", "underfitting", "still-falling"),
    "rate-too-low": ("plateau", "underfitting", "still-falling"),
    "decay-too-early": ("plateau", "underfitting", "still-falling"),
    "impatient-stopping": ("few-steps", "underfitting", "still-falling"),
    "stale-statistics": ("jumping-validation",),
    "plateau": ("underfitting",),
    "underfitting": (),
    "still-falling": ("underfitting",),
    "more-parameters-than-rows": ("overfitting",),
}  # fmt: skip


def causes_of(codes: Iterable[str]) -> dict[str, str]:
    """Code of a consequence -> code of its first cause, among those that were found.

    Example:
        >>> causes_of(["diverged", "input-scales"])
        {'diverged': 'input-scales'}
        >>> causes_of(["plateau", "rate-too-low", "underfitting"])
        {'plateau': 'rate-too-low', 'underfitting': 'rate-too-low'}
    """
    found = set(codes)
    causes: dict[str, str] = {}
    for cause, explained in EXPLAINS.items():
        if cause not in found:
            continue
        for code in explained:
            if code in found and code not in causes and _root(cause, causes) != code:
                causes[code] = _root(cause, causes)
    return {code: _root(code, causes) for code in codes if code in causes}


def _root(code: str, causes: Mapping[str, str]) -> str:
    """The cause of the cause, ...; the code itself if nothing explains it."""
    while code in causes:
        code = causes[code]
    return code

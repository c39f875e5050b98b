"""Comparisons that accept: a difference must be small, so a NaN on either side fails."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Distance between 1 and the next float32.
EPSILON = float(np.finfo(np.float32).eps)


def assert_close(
    actual: ArrayLike,
    expected: ArrayLike,
    tolerance: float,
    *,
    scale: ArrayLike | None = None,
    same_nan: bool = False,
    what: str = "",
) -> None:
    """``|actual - expected| <= tolerance * scale`` everywhere.

    Args:
        scale: what the tolerance is relative to: an array (one number an element) or a number;
            by default the largest finite ``|expected|``, or 1 where all are 0.
        same_nan: infinities must be the same and NaN must stand where NaN is expected;
            otherwise everything must be finite.
        what: what is compared, for the message.
    """
    a = np.asarray(actual, np.float64)
    e = np.asarray(expected, np.float64)
    assert a.shape == e.shape, f"{what}: shape {a.shape}, expected {e.shape}"
    if a.size == 0:
        return
    finite = np.isfinite(e)
    s = np.broadcast_to(_scale(e, finite) if scale is None else np.asarray(scale), e.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(a - e)
        accepted = difference <= tolerance * s
    if same_nan:
        accepted = np.where(finite, accepted, (a == e) | (np.isnan(a) & np.isnan(e)))
    else:
        accepted &= finite
    if not accepted.all():
        raise AssertionError(_message(what, a, e, difference, s, accepted, tolerance))


def _scale(expected: NDArray[np.float64], finite: NDArray[np.bool_]) -> float:
    largest = float(np.max(np.abs(expected[finite]), initial=0.0))
    return largest or 1.0


def _message(
    what: str,
    a: NDArray[np.float64],
    e: NDArray[np.float64],
    difference: NDArray[np.float64],
    scale: NDArray[np.float64],
    accepted: NDArray[np.bool_],
    tolerance: float,
) -> str:
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(accepted, -1.0, np.nan_to_num(difference / scale, nan=np.inf))
        norms = (float(np.sqrt(np.sum(np.square(v)))) for v in (difference, a, e))
    where = np.unravel_index(int(np.argmax(excess)), e.shape)
    place = tuple(int(i) for i in where)
    distance, norm, expected_norm = norms
    return (
        f"{what or 'arrays'}: {int(np.sum(~accepted))} of {e.size} elements are off. Worst at "
        f"{place}: {a[where]!r}, expected {e[where]!r}, off by {difference[where]:.3g} "
        f"at scale {scale[where]:.3g}, allowed {tolerance:.3g}. "
        f"Norms: difference {distance:.3g}, actual {norm:.6g}, expected {expected_norm:.6g}"
    )


def assert_same_bits(actual: ArrayLike, expected: ArrayLike, what: str = "") -> None:
    """Equal shapes, types and bytes (NaN with equal bits is equal)."""
    a, e = np.asarray(actual), np.asarray(expected)
    assert a.shape == e.shape, f"{what}: shape {a.shape}, expected {e.shape}"
    assert a.dtype == e.dtype, f"{what}: {a.dtype}, expected {e.dtype}"
    if a.tobytes() != e.tobytes():
        different = a.reshape(-1).view(f"u{a.itemsize}") != e.reshape(-1).view(f"u{e.itemsize}")
        first = int(np.argmax(different))
        got, wanted = a.reshape(-1)[first], e.reshape(-1)[first]
        raise AssertionError(
            f"{what or 'arrays'}: {int(different.sum())} of {a.size} elements differ in "
            f"their bits; first at {first}: {got!r}, expected {wanted!r}"
        )

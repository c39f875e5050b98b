"""Numbers for people to read."""

from __future__ import annotations

import math

__all__ = ["figure"]


def figure(value: float, fixed: bool = False) -> str:
    """A number with four digits that count; from 1,000 on whole, with commas.

    Args:
        value: the number.
        fixed: as many places below 10 for one as for the next, for numbers that change as one
            looks at them.

    >>> figure(0.527), figure(15.2649), figure(264400.0), figure(3), figure(2e-5)
    ('0.527', '15.26', '264,400', '3', '2e-05')
    >>> figure(0.527, fixed=True), figure(15.2649, fixed=True), figure(math.nan)
    ('0.5270', '15.26', 'nan')
    """
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size >= 1e15 or 0 < size < 1e-3:
        return f"{value:.4g}" if not fixed else f"{value:.3e}"
    if size >= 999.95:
        return f"{value:,.0f}"
    return f"{value:.4f}" if fixed and size < 10 else f"{value:.4g}"

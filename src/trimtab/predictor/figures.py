"""Numbers with their standard errors as text."""

from __future__ import annotations

import math
from typing import Any

from trimtab.core.words import figure

__all__ = ["percent", "plus_minus", "short"]


def plus_minus(value: float, error: float) -> str:
    """``0.503 ± 0.019``: two digits of the error, and the number to the same place.

    Example:
        >>> plus_minus(12345.6, 120), plus_minus(0.1, 0), plus_minus(2.5, math.nan)
        ('12,346 ± 120', '0.1 ± 0', '2.5 ± ?')
        >>> plus_minus(444722396144.0, 4.2e10)
        '444,722,396,144 ± 42,000,000,000'
    """
    if not math.isfinite(value) or not math.isfinite(error):
        return f"{short(value)} ± ?"
    if error <= 1e-12 * abs(value):  # rounding
        return f"{short(value)} ± 0"
    if not 1e-6 <= error < 1e12:
        return f"{value:.4g} ± {error:.2g}"
    places = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:,.{places}f} ± {error:,.{places}f}"


def percent(share: float, error: float = 0.0) -> str:
    """``26 % ± 2 %``, with a place more where the error is below one."""
    value, error = 100 * share, 100 * error
    places = 1 if 0 < error < 0.95 else 0
    if not math.isfinite(error):
        return f"{value:.0f} %"
    if error > 0:
        error = max(error, 0.1)  # not "± 0.0 %" of what is not 0
    return f"{value:.{places}f} % ± {error:.{places}f} %"


def short(value: Any) -> str:
    """A number with four significant digits; labels as they are."""
    return figure(value) if isinstance(value, float) else str(value)

"""How many cells may be something else than their column: these count as missing, and are named.

Dates that are too far off or zero, and the usual spellings of a missing value, do not count here.
"""

from __future__ import annotations

__all__ = ["HALF", "MISTAKES", "NAMED"]

#: Up to this share of cells that are no numbers, a column holds numbers with mistakes; above, it
#: holds text. The same holds for dates.
MISTAKES = 0.05
#: Up to this share, where the user or a trained model says what the column holds.
HALF = 0.5
#: Bad cells that a message names.
NAMED = 3

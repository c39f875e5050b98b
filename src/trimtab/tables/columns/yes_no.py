"""Yes and no, in whatever words and spellings a column has for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from trimtab.tables.files.cells import canonical

__all__ = ["BOOLEANS", "TRUTH", "many_spellings", "truth_of", "two_classes"]

#: Pairs of words for no and yes.
BOOLEANS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"))
TRUTH = {word: float(truth) for pair in BOOLEANS for truth, word in enumerate(pair)}
#: No column has more spellings of yes and no than this.
_MOST = 40


def truth_of(word: object) -> float | None:
    """1 for a word that means yes, 0 for no, None for another.

    Example:
        >>> truth_of("Yes"), truth_of("NO "), truth_of("maybe") is None
        (1.0, 0.0, True)
    """
    return TRUTH.get(canonical(word).strip().lower())


def many_spellings(values: Iterable[object]) -> bool:
    """Whether distinct values all mean yes or no, both occur, and there are more than two.

    Example:
        >>> many_spellings(["Yes", "yes", "NO ", "n"]), many_spellings(["yes", "no"])
        (True, False)
        >>> many_spellings(["yes", "y", "true"]), many_spellings(["yes", "no", "maybe"])
        (False, False)
    """
    words, truths = 0, set[float]()
    for value in values:
        truth = truth_of(value)
        words += 1
        if truth is None or words > _MOST:
            return False
        truths.add(truth)
    return words > 2 and len(truths) == 2


def two_classes(counts: Mapping[Any, int]) -> tuple[str, str]:
    """The most frequent spelling of no and of yes, without blanks around it.

    Example:
        >>> two_classes({"Yes": 5, "yes": 3, "NO ": 4, "n": 1})
        ('NO', 'Yes')
    """
    spellings = Counter[str]()
    for value, count in counts.items():
        spellings[canonical(value).strip()] += int(count)
    words = Counter[str]()
    for spelling, count in spellings.items():
        words[spelling.lower()] += count
    found = {
        truth: max(
            (words[spelling.lower()], number, spelling)
            for spelling, number in spellings.items()
            if TRUTH[spelling.lower()] == truth
        )[-1]
        for truth in (0.0, 1.0)
    }
    return found[0.0], found[1.0]

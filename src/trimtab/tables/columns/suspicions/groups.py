"""Rows that belong together: of one person, thing or place."""

from __future__ import annotations

from shlex import quote

import numpy as np
from numpy.typing import NDArray

from trimtab.core.words import count, listed
from trimtab.tables.columns import storage
from trimtab.tables.columns.column import Column
from trimtab.tables.columns.kinds import is_whole
from trimtab.tables.columns.suspicions.look import FEWEST, ID_NAME, Findings, Look
from trimtab.tables.columns.suspicions.purity import GROUPS, purity, rows_by_value

__all__ = ["groups"]

#: So many names, with so few rows each, are those of persons or things and no ordinary category.
MANY_NAMES, FEW_ROWS = 200, 5.0
#: Groups of at least so many rows on average are of one size if the variance of their sizes is less
#: than this share of the mean; by chance it is about the mean.
FEWEST_EACH, ALIKE = 2.0, 0.25
#: A number belongs to the groups if it is equal in at least this share of neighbouring rows of one
#: group, and has at least a value for so many groups.
SAME, GROUPS_PER_VALUE = 0.9, 4


def groups(look: Look) -> Findings:
    """Finds columns whose values group rows, such as numbers of persons or things.

    That a category repeats is no sign of groups: the make of a car does. What is, is a name such as
    ``patient_id``, very many names with few rows each, as many rows for each, or that rows of one
    group share a number (a building its year, a person the target). What contains such groups
    counts as well: the artist of an album.
    """
    schema = look.schema
    if schema.role("group") or len(look.rows) < FEWEST:
        return
    candidates = []
    for column in schema.columns:
        counts = rows_by_value(look, column) if column.role != "target" else None
        if counts is not None and _may_name_groups(look, column):
            values, rows = counts
            candidates.append((rows / values, column.name, values, rows))
    candidates.sort(key=lambda entry: -entry[0])  # the largest groups contain the others
    found = _evident(look, candidates)
    if not found:
        return
    (_, name, values, rows), *others = found
    does = "does" if len(others) == 1 else "do"
    same = "".join(_same_target(each, [entry[1] for entry in found]) for each in look.each_target)
    also = f" (so {does} {listed((each[1] for each in others), 4)})" if others else ""
    yield (
        tuple(entry[1] for entry in found),
        f"{name} repeats: {values:,} values in {rows:,} rows{look.seen_in}{also}."
        f"{same} If rows of one group belong "
        "together, a random split puts them on both sides, and the score is too good for new "
        "groups. "
        f"--group {quote(name)} keeps them together.",
        f"{name} repeats, {values:,} values in {rows:,} {'sampled ' if look.sampled else ''}rows: "
        f"--group {quote(name)} keeps rows that belong together on one side.",
    )


_Candidate = tuple[float, str, int, int]


def _evident(look: Look, candidates: list[_Candidate]) -> list[_Candidate]:
    """The columns of which there is evidence that they group rows, and what contains those."""
    own: dict[str, NDArray[np.int64]] = {}
    chosen = set()
    for mean, name, values, _ in reversed(candidates):
        codes = look.codes(look.schema.column(name))
        evident = (
            bool(ID_NAME.search(name))
            or (values >= MANY_NAMES and mean <= FEW_ROWS)
            or _as_many_each(codes)
            or _share_a_number(look, name, codes)
        )
        if evident:
            own[name] = codes
        if evident or any(_contains(codes, inner) for inner in own.values()):
            chosen.add(name)
    return [entry for entry in candidates if entry[1] in chosen]


def _as_many_each(codes: NDArray[np.int64]) -> bool:
    """Whether groups have nearly the same number of rows, as subjects of repeated measurements do.

    The sizes of categories that come as they may vary at least as their mean.
    """
    sizes = np.bincount(codes)
    mean = float(sizes.mean())
    return mean >= FEWEST_EACH and float(sizes.var()) < ALIKE * mean


def _contains(outer: NDArray[np.int64], inner: NDArray[np.int64]) -> bool:
    """Whether all rows of each inner group are of one outer group."""
    return purity(inner, outer.astype(np.float64)) is not None


def _share_a_number(look: Look, name: str, codes: NDArray[np.int64]) -> bool:
    """Whether the target, or a number with many values, is the same in all rows of a group."""
    order = np.argsort(codes, kind="stable")
    neighbours = codes[order][1:] == codes[order][:-1]
    if not neighbours.any():
        return False
    target = look.schema.target
    for column in look.schema.columns:
        if column.name == name or column.role not in ("feature", "target"):
            continue
        values: NDArray[np.generic]
        if column.name == target:
            values = look.target
        elif column.kind == "numeric" and not ID_NAME.search(column.name):
            values = look.codes(column)
        else:
            continue
        placed = values[order]
        if (placed[1:] == placed[:-1])[neighbours].mean() < SAME:
            continue
        found = purity(codes, values.astype(np.float64))
        if found is None:
            continue
        if column.name == target or len(np.unique(values)) >= max(
            GROUPS, found[0] // GROUPS_PER_VALUE
        ):
            return True
    return False


def _same_target(look: Look, names: list[str]) -> str:
    """A sentence if all rows of a group have the same target: a random split is no test then."""
    target = look.schema.target
    if target is None:
        return ""
    for name in names:
        found = purity(look.codes(look.schema.column(name)), look.target)
        if found is not None:
            but = f" but for {count(found[1], 'row')}" if found[1] else ""
            return f" Rows of one {name} have the same {target}{but}."
    return ""


def _may_name_groups(look: Look, column: Column) -> bool:
    if column.kind in ("category", "text"):
        # Free text and numbers with mistakes repeat for other reasons.
        named = not column.reason.startswith("free text")
        return named and column.name not in look.table.bad
    cells = look.table.frame[column.name]
    named = bool(ID_NAME.search(column.name))
    return named and storage.of(cells) == "number" and is_whole(cells)

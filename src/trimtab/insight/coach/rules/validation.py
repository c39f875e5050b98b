"""Rules about the split: whether validation rows are new to the network."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.edit import Edit
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding

__all__ = ["copies_across", "resplit", "shared_groups", "shared_rows"]

#: Share and number of the validation rows that may be copies of training rows.
FEW, FEWEST = 0.01, 3


def shared_rows(facts: Facts) -> Iterator[Finding]:
    """Validation rows equal to training rows in all features and the target."""
    copies, x_valid = copies_across(facts), facts.x_valid
    if not copies or x_valid is None:
        return
    yield Finding.of(
        Code.SHARED_ROWS,
        "{copies:,} of {rows:,} validation rows ({percent:.3g} %) are exact copies, target "
        "included, of training rows",
        {"copies": copies, "rows": len(x_valid), "percent": 100 * copies / len(x_valid)},
        steps=resplit(facts, "copies"),
    )


def copies_across(facts: Facts) -> int:
    """Number of validation rows that are copies of training rows; 0 where they are too few."""
    x, x_valid = facts.x, facts.x_valid
    if x is None or x_valid is None or facts.copies is None:
        return 0
    copies, distinct = facts.copies
    # In a table of few distinct rows, equal rows are no copies.
    return 0 if copies < max(FEW * len(x_valid), FEWEST) or 2 * distinct < len(x) else copies


def shared_groups(facts: Facts) -> Iterator[Finding]:
    """Groups with both training and validation rows."""
    if facts.groups is None:
        return
    train = set(facts.groups.train)
    shared = {label for label in facts.groups.valid if label in train}
    if not shared:
        return
    rows = sum(label in train for label in facts.groups.valid)
    evidence = {
        "shared": len(shared),
        "groups": len(set(facts.groups.valid)),
        "rows": rows,
        "percent": 100 * rows / len(facts.groups.valid),
    }
    yield Finding.of(
        Code.SHARED_GROUPS,
        "{shared:,} of {groups:,} groups in the validation rows ({percent:.3g} % of these rows) "
        "also have training rows",
        evidence,
        edits=[Edit("group_split")],
        steps=resplit(facts, "labels"),
    )


def resplit(facts: Facts, names: str = "together") -> str:
    """Code that splits all rows anew at random, with copies and groups on one side each.

    Args:
        facts: The facts.
        names: What is kept together: a name for it.
    """
    assert facts.x is not None and facts.x_valid is not None
    whole = facts.split == "split"
    frame = facts.x.is_frame and facts.x_valid.is_frame
    lines = ["import numpy as np"]
    if frame and not whole:
        lines.append("import pandas as pd")
    lines += ["from sklearn.model_selection import GroupShuffleSplit", ""]
    if whole:
        lines.append(f"rows, targets = {'x' if frame else 'np.asarray(x)'}, np.asarray(y)")
    elif frame:
        lines.append("rows, targets = pd.concat([x, x_valid]), np.concatenate([y, y_valid])")
    else:
        lines.append("rows, targets = np.concatenate([x, x_valid]), np.concatenate([y, y_valid])")
    if facts.groups is None:
        lines.append(f"{names} = np.unique(rows, axis=0, return_inverse=True)[1].ravel()")
    elif whole:
        lines.append(f"{names} = np.asarray(groups)")
    else:
        lines.append(f"{names} = np.concatenate(groups)")
    lines += [
        f"split = GroupShuffleSplit(n_splits=1, test_size={_share(facts):.2f}, random_state=0)",
        f"train, valid = next(split.split(rows, groups={names}))",
    ]
    at = "rows.iloc" if frame else "rows"
    lines += [f"x, y, x_valid, y_valid = {at}[train], targets[train], {at}[valid], targets[valid]"]
    if facts.groups is not None:
        lines.append(f"groups = ({names}[train], {names}[valid])")
    if "sample_weight" in facts.given and whole:
        lines.append("sample_weight = np.asarray(sample_weight)[train]")
    elif "sample_weight" in facts.given:
        lines.append("# sample_weight is that of the rows before: make one for the new rows")
    if whole:
        code = remedies.fitting(
            facts, shared=False, validation_split=None, validation_data="(x_valid, y_valid)"
        )
        lines.append(code)
    return "\n".join(lines)


def _share(facts: Facts) -> float:
    """Share of the rows used for validation."""
    assert facts.x is not None and facts.x_valid is not None
    return len(facts.x_valid) / (len(facts.x) + len(facts.x_valid))

"""Rules about the split: whether validation rows are new to the network."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.insight.coach import remedies
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.facts import Facts
from trimtab.insight.coach.findings import Finding

__all__ = ["copies_across", "resplit", "shared_groups", "shared_rows"]

#: Share of the validation rows that may be copies of training rows.
FEW = 0.01


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
        rows=_rows(facts),
        share=_share(facts),
        more=_more(facts),
    )


def copies_across(facts: Facts) -> int:
    """Number of validation rows that are copies of training rows; 0 where they are too few."""
    x, x_valid = facts.x, facts.x_valid
    if x is None or x_valid is None or facts.copies is None:
        return 0
    copies, distinct = facts.copies
    # In a table of few distinct rows, equal rows are no copies.
    return 0 if copies < FEW * len(x_valid) or 2 * distinct < len(x) else copies


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
    whole = facts.split == "split"
    yield Finding.of(
        Code.SHARED_GROUPS,
        "{shared:,} of {groups:,} groups in the validation rows ({percent:.3g} % of these rows) "
        "also have training rows",
        evidence,
        rows=_rows(facts),
        labels="labels = np.asarray(groups)" if whole else "labels = np.concatenate(groups)",
        share=_share(facts),
        more=_more(facts),
    )


def resplit(facts: Facts) -> str:
    """Code that splits all rows anew at random, with copies and groups on one side each."""
    lines = ["from sklearn.model_selection import GroupShuffleSplit", "", _rows(facts)]
    if facts.groups is None:
        lines.append("together = np.unique(rows, axis=0, return_inverse=True)[1].ravel()")
    elif facts.split == "split":
        lines.append("together = np.asarray(groups)")
    else:
        lines.append("together = np.concatenate(groups)")
    lines += [
        f"split = GroupShuffleSplit(n_splits=1, test_size={_share(facts):.2f}, random_state=0)",
        "train, valid = next(split.split(rows, groups=together))",
        "x, y, x_valid, y_valid = rows[train], targets[train], rows[valid], targets[valid]",
    ]
    if facts.groups is not None:
        lines.append("groups = (together[train], together[valid])")
    return "\n".join(lines) + _more(facts)


def _more(facts: Facts) -> str:
    """Code that goes on with the new rows: weights of theirs, and a fit that validates on them."""
    lines = []
    if "sample_weight" in facts.given and facts.split == "split":
        lines.append("sample_weight = np.asarray(sample_weight)[train]")
    elif "sample_weight" in facts.given:
        lines.append("# sample_weight is that of the rows before: make one for the new rows")
    if facts.split == "split":
        code = remedies.fitting(
            facts, shared=False, validation_split=None, validation_data="(x_valid, y_valid)"
        )
        lines.append(code)
    return "".join(f"\n{line}" for line in lines)


def _rows(facts: Facts) -> str:
    """Code that puts all rows together."""
    if facts.split == "split":
        return "rows, targets = np.asarray(x), np.asarray(y)"
    return "rows, targets = np.concatenate([x, x_valid]), np.concatenate([y, y_valid])"


def _share(facts: Facts) -> float:
    """Share of the rows used for validation."""
    assert facts.x is not None and facts.x_valid is not None
    return len(facts.x_valid) / (len(facts.x) + len(facts.x_valid))

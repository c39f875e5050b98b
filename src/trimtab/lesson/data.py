"""From a table to the four arrays of a lesson.

The splits are those of the scripts in ``examples/``, drawn by pandas and scikit-learn, so that
Keras and trimtab train on the same rows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab import tables
from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief, count, listed
from trimtab.errors import InvalidData
from trimtab.tables.files.read_options import ReadOptions

if TYPE_CHECKING:
    import pandas as pd


#: The ``random_state`` of the splits: the rows are the same for every seed of a network.
SPLIT_SEED = 0

#: Fewer rows are a mistake, not a table to learn from.
FEWEST_ROWS = 20


@dataclass(frozen=True)
class Split:
    """Training and validation rows as float32 arrays.

    Attributes:
        groups: of the training rows, where the rows are divided by group; else None.
    """

    x_train: Floats
    y_train: Floats
    x_valid: Floats
    y_valid: Floats
    groups: Any = None

    @property
    def columns(self) -> int:
        """Number of input columns."""
        return int(self.x_train.shape[1])


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """A lesson's table from any file that :func:`trimtab.tables.read` reads."""
    # The Spotify table writes NA where it has no name of a song.
    return tables.read(path, ReadOptions(missing=("NA",))).frame


def split_at_random(frame: pd.DataFrame, features: Sequence[str], target: str) -> Split:
    """Trains on 70 % of the rows and validates on the others, with unscaled numbers."""
    frame = _numbers(frame, [*features, target])
    train = frame.sample(frac=0.7, random_state=SPLIT_SEED)
    valid = frame.drop(train.index)
    return Split(
        _floats(train[list(features)]),
        _floats(train[target]),
        _floats(valid[list(features)]),
        _floats(valid[target]),
    )


def split_by_group(
    frame: pd.DataFrame,
    numeric: Sequence[str],
    categories: Sequence[str],
    target: str,
    *,
    group: str,
    target_scale: float,
) -> Split:
    """Trains on three quarters of the groups and validates on the others.

    Rows with missing values are left out. Numbers are standardized and categories one-hot encoded,
    both fitted on the training rows; the target is divided by ``target_scale``.
    """
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.model_selection import GroupShuffleSplit
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    require_columns(frame, [*numeric, *categories, target, group])
    frame = frame.dropna()
    numbers = _numbers(frame, [*numeric, target])
    frame = pd.concat([numbers, frame[[*categories, group]]], axis=1)
    if frame[group].nunique() < 2:
        raise InvalidData(
            f"column {group!r} must have at least two different values to split by, "
            f"received {frame[group].nunique()}."
        )
    splitter = GroupShuffleSplit(n_splits=1, train_size=0.75, random_state=SPLIT_SEED)
    train, valid = next(splitter.split(frame, groups=frame[group]))
    transformer = make_column_transformer(
        (StandardScaler(), list(numeric)),
        # A category that only validation rows have becomes all zeros.
        (OneHotEncoder(sparse_output=False, handle_unknown="ignore"), list(categories)),
    )
    targets = frame[target] / target_scale
    return Split(
        _floats(transformer.fit_transform(frame.iloc[train])),
        _floats(targets.iloc[train]),
        _floats(transformer.transform(frame.iloc[valid])),
        _floats(targets.iloc[valid]),
        frame[group].iloc[train].to_numpy(),
    )


def require_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raises ``InvalidData`` with the names of all missing columns."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        shown = listed(frame.columns, most=30) or "none"
        raise InvalidData(f"the table has no column {checks.listing(missing)}; it has {shown}.")


def _numbers(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """These columns as finite numbers; raises ``InvalidData`` with the first other cell."""
    import pandas as pd

    require_columns(frame, names)
    if len(frame) < FEWEST_ROWS:
        raise InvalidData(
            f"the table has {count(len(frame), 'usable row')}; the lesson needs at least "
            f"{FEWEST_ROWS}."
        )
    columns = {}
    for name in names:
        values = pd.to_numeric(frame[name], errors="coerce").astype("float64")
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            row = int(wrong[0])
            more = f" and {count(wrong.size - 1, 'more row')}" if wrong.size > 1 else ""
            raise InvalidData(
                f"column {name!r} must hold only finite numbers, received "
                f"{brief(frame[name].tolist()[row])} in row {int(frame.index[row]) + 1}{more}."
            )
        columns[name] = values
    return pd.DataFrame(columns)


def _floats(values: object) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)

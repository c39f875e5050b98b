"""Permutation importance: how much worse a model predicts when a column is shuffled."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core import checks
from trimtab.core.random import Stream, derive, permutation
from trimtab.core.types import Doubles, Floats
from trimtab.core.words import brief, count, listed
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.predictor.alike import Alike, features_of, inputs_of, most_alike
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.draws import Draws, Score, weights_or_ones
from trimtab.predictor.out_of_fold import folds_of_rows, outputs_out_of_fold
from trimtab.predictor.several_losses import RELATIVE, Losses, checked_target, losses_of
from trimtab.tables.columns.column_options import column_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from trimtab.predictor.remarks import Remarks
    from trimtab.tables.files.table import Table

__all__ = ["Alike", "ColumnImportance", "Importance", "explain", "permutation_importance"]


#: Called before each column with its name, its number from 1, and how many there are.
Watch = Callable[[str, int, int], None]

#: Rows to shuffle; of more rows a random sample is used. Standard errors are then at most 1 % of
#: the spread of the rows' losses.
MOST_ROWS = 20_000

#: What sentences call them.
_VALIDATION = "validation rows"

#: The same of a model of several networks, each of which lacks some rows.
_OUT_OF_FOLD = "rows out of fold"


@dataclass(frozen=True)
class ColumnImportance:
    """One column's importance.

    Attributes:
        column: its name in the table.
        increase: of the loss when the column is shuffled.
    """

    column: str
    increase: Score


@dataclass(frozen=True, repr=False)
class Importance:
    """How much each column matters to a model.

    Attributes:
        metric: ``mae``, in units of the target, or ``log_loss``; of several targets
            ``relative_mae``, the mean over targets of the error as a share of the baseline's.
        target: the column that is predicted; a tuple of several.
        loss: without shuffling.
        columns: the most important one first.
        alike: pairs of columns that hold similar information, the most similar first.
        part: which rows: ``validation rows``, or ``rows of new.csv``.
        rows: how many.
        repeats: how often each column was shuffled.
    """

    metric: str
    target: str | tuple[str, ...]
    loss: Score
    columns: tuple[ColumnImportance, ...]
    alike: tuple[Alike, ...]
    part: str
    rows: int
    repeats: int

    def __repr__(self) -> str:
        return "\n".join([self.sentence(), "", *self.lines()])

    def sentence(self) -> str:
        """What the numbers mean."""
        loss = _title(self.metric) + (f" of {self.target}" if self.metric == "mae" else "")
        if not isinstance(self.target, str):
            loss += f", a mean over {listed(self.target, 6, last=' and ')},"
        part = self.part if self.rows != 1 else self.part.replace("rows", "row", 1)
        return (
            f"Increase of the {loss} when a column is shuffled, mean of "
            f"{count(self.repeats, 'shuffle')} on {self.rows:,} {part}. Without shuffling it is "
            f"{self.loss}."
        )

    def caveat(self) -> str:
        """What to keep in mind."""
        text = (
            "Columns are shuffled one at a time, so redundant columns hide each other's importance."
        )
        if self.alike:
            measures = ["Cramér's V" if pair.categories else "correlation" for pair in self.alike]
            by = " and ".join(sorted(set(measures), reverse=True))
            text += f" Most similar here, by {by}: {'; '.join(map(str, self.alike))}."
        return text

    def lines(self) -> list[str]:
        """A heading, and one line for each column."""
        rows = [(each.column, *str(each.increase).split(" ± ")) for each in self.columns]
        wide = max(len("column"), *(len(name) for name, _, _ in rows))
        digits = max(len(value) for _, value, _ in rows)
        return [
            f"{'column':{wide}}  increase",
            *(f"{name:{wide}}  {value:>{digits}} ± {error}" for name, value, error in rows),
        ]

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "metric": self.metric,
            "target": self.target if isinstance(self.target, str) else list(self.target),
            "part": self.part,
            "rows": self.rows,
            "repeats": self.repeats,
            "loss": _record(self.loss),
            "columns": [{"column": each.column, **_record(each.increase)} for each in self.columns],
            "alike": [
                {
                    "columns": list(pair.columns),
                    "measure": "cramers_v" if pair.categories else "correlation",
                    "value": pair.correlation,
                }
                for pair in self.alike
            ],
        }

    def draw(self, path: str | os.PathLike[str], title: str = "") -> None:
        """Writes a picture: a bar for each column, with its standard error.

        Args:
            path: of a PNG; it appears complete or not at all.
            title: above the bars.
        """
        from trimtab.predictor.bars import draw_bars

        draw_bars(self._increases(), self._label(), self._words_of_target(), path, title)

    def plot(self, path: str | os.PathLike[str] | None = None, *, title: str = "") -> Axes:
        """Draws a bar for each column, with its standard error.

        A notebook shows the picture; in a script, ``plot("importance.png")`` saves it.

        Args:
            path: of a PNG to write; None: nothing is written.
            title: above the bars.

        Returns:
            Matplotlib's axes; their ``figure`` has ``savefig``.

        Example:
            >>> import trimtab
            >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu")
            >>> importance = predictor.explain("red-wine", repeats=1, columns=["alcohol", "pH"])
            >>> len(importance.plot().patches)
            2
        """
        from trimtab.core.pictures import new_figure
        from trimtab.predictor.bars import bars_on, size_of

        increases = self._increases()
        figure = new_figure(figsize=size_of(increases), layout="constrained")
        axes = bars_on(figure, increases, self._label(), self._words_of_target(), title)
        if path is not None:
            self.draw(path, title)
        return axes

    def _increases(self) -> dict[str, Score]:
        return {each.column: each.increase for each in self.columns}

    def _label(self) -> str:
        loss = _title(self.metric) + (" of {target}" if self.metric == "mae" else "")
        return f"increase of the {loss} when shuffled"

    def _words_of_target(self) -> str:
        return self.target if isinstance(self.target, str) else ""


def explain(
    predictor: PredictorBase,
    table: Table,
    *,
    repeats: int = 10,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    target: str | None = None,
    remarks: Remarks,
    watch: Watch | None = None,
) -> Importance:
    """The importance of columns on validation rows; see :meth:`trimtab.Predictor.explain`.

    Args:
        predictor: the model.
        table: a table that includes the target's column.
        repeats: how often each column is shuffled.
        seed: of the shuffling.
        columns: the ones to measure; None: all that the model uses.
        target: of several the one whose error counts; None: all.
        remarks: collects what is worth knowing.
        watch: called before each column.

    Raises:
        InvalidArgument: a column is unknown, or the model does not use it.
        InvalidData: fewer than two rows have a target, or predictions are not finite.
    """
    from trimtab.predictor.evaluation import cases_of, known_rows, rows_of_part

    _chosen(predictor, columns)  # refused before there is much to do
    checks.integer("seed", seed, minimum=0, maximum=2**63 - 1)
    checked_target(predictor, target)
    table = cases_of(predictor, table, remarks)
    remarks.add(predictor.schema.check(table, target=True))
    rows = predictor.schema.rows_with_target(table)
    x = predictor.preprocessor.transform(table, rows, report=remarks.counter())
    remarks.counter().check()
    y = predictor.preprocessor.targets(table, rows)
    part, folds = _VALIDATION, folds_of_rows(predictor, table, rows, x, y)
    try:
        if folds is not None:
            part, rows, folds = _OUT_OF_FOLD, rows[folds >= 0], folds[folds >= 0]
        else:
            rows = rows[rows_of_part(predictor, table, rows, x, y, "valid")]
    except (InvalidArgument, InvalidData):
        part = f"rows of {table.name}"
        lack = (
            f"{table.name} does not hold the model's validation rows"
            if "valid" in predictor.prints
            else "The model has no validation rows"
        )
        remarks.add([f"{lack}: all {len(rows):,} rows with a target are used."])
        remarks.add(known_rows(predictor, x, y, "all"))
    if len(rows) > MOST_ROWS:
        drawn = np.sort(permutation(seed, Stream.IMPORTANCE, 0, len(rows))[:MOST_ROWS])
        remarks.add([f"Uses a random {MOST_ROWS:,} of {len(rows):,} {part} (seed {seed})."])
        rows, folds = rows[drawn], None if folds is None else folds[drawn]
    return permutation_importance(
        predictor,
        table,
        rows,
        repeats=repeats,
        seed=seed,
        columns=columns,
        target=target,
        part=part,
        watch=watch,
        folds=folds,
    )


def permutation_importance(
    predictor: PredictorBase,
    table: Table,
    rows: NDArray[np.int64],
    *,
    repeats: int = 10,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    target: str | None = None,
    part: str = "rows",
    watch: Watch | None = None,
    folds: NDArray[np.int64] | None = None,
) -> Importance:
    """How much worse the model predicts when a column's cells are moved to other rows.

    All inputs that come from a column are shuffled together. That is the same as shuffling its
    cells and preparing them again, since a row's inputs depend on that row alone.

    Formula: the mean over rows and repeats of ``d = loss(shuffled) - loss(unshuffled)``, with the
    loss ``|y - prediction|`` or ``-log p[y]``. With several targets the loss is the mean over
    targets of ``|y - prediction|`` divided by the mean of ``|y - median|`` on these rows. The
    standard error counts each row in both of its roles, receiving a cell and giving one: the
    influence of row ``i`` is the mean of ``d`` over repeats where it receives plus that where it
    gives, and the variance that chance adds to both (``var(d) / repeats``) is subtracted once. Rows
    of a group are one draw.

    Source: Breiman 2001, "Random forests", section 10; Fisher, Rudin & Dominici 2019, "All models
    are wrong, but many are useful", equation 3.2. In expectation the same as scikit-learn's
    ``permutation_importance``, which has no standard errors.

    Args:
        predictor: the model.
        table: a table that includes the target's column.
        rows: numbers of the rows to use; they should not have trained the model.
        repeats: how often each column is shuffled.
        seed: of the shuffling.
        columns: the ones to measure; None: all that the model uses.
        target: of several the one whose error counts; None: all.
        part: what sentences call the rows.
        watch: called before each column.
        folds: of the rows, where each is predicted by the network that did not see it.

    Raises:
        InvalidArgument: a column is unknown, or the model does not use it.
        InvalidData: there are fewer than two rows, or predictions are not finite.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> predictor = trimtab.train("red-wine", epochs=1, layers="8 relu")
        >>> table = trimtab.tables.read("red-wine")
        >>> importance = permutation_importance(predictor, table, np.arange(100), repeats=2)
        >>> len(importance.columns), importance.metric
        (11, 'mae')
    """
    repeats = checks.positive_integer("repeats", repeats)
    seed = checks.integer("seed", seed, minimum=0, maximum=2**63 - 1)
    chosen = _chosen(predictor, columns)
    target = checked_target(predictor, target)
    if len(rows) < 2:
        raise InvalidData(
            f"shuffling needs at least 2 rows, received {len(rows)}. Pass more rows with a target."
        )
    from trimtab.predictor.evaluation import groups_of, weights_of

    x = predictor.preprocessor.transform(table, rows)
    y = predictor.schema.targets(table, rows)
    groups = groups_of(predictor, table, rows)
    draws = Draws(weights_or_ones(weights_of(predictor, table, rows), len(rows)), groups)
    metric, losses = losses_of(predictor, y, draws, target)
    before = _losses(predictor, losses, x, folds)
    found = []
    for number, column in enumerate(chosen, start=1):
        if watch is not None:
            watch(column, number, len(chosen))
        shuffled = _Shuffled(draws, groups, repeats)
        inputs = inputs_of(predictor, column)
        place = features_of(predictor).index(column)
        for repeat in range(repeats):
            key = derive(seed, Stream.IMPORTANCE, 1 + place)
            order = permutation(key, Stream.IMPORTANCE, repeat, len(rows))
            changed = x.copy()
            changed[:, inputs] = x[np.ix_(order, inputs)]
            shuffled.add(_losses(predictor, losses, changed, folds) - before, order)
        found.append(ColumnImportance(column, shuffled.score()))
    found.sort(key=lambda each: -each.increase.value)
    return Importance(
        metric=metric,
        target=target or predictor.target,
        loss=draws.mean(before),
        columns=tuple(found),
        alike=most_alike(predictor, table, rows, x, chosen),
        part=part,
        rows=len(rows),
        repeats=repeats,
    )


class _Shuffled:
    """Sums over repeats of how much the rows' losses grow when a column is shuffled."""

    def __init__(self, draws: Draws, groups: NDArray[np.int64] | None, repeats: int) -> None:
        rows = len(draws.weights)
        self._weights, self._repeats = draws.weights, repeats
        # The influences it receives include the weights.
        self._draws = Draws(np.ones(rows), groups)
        # Sums over repeats by row: of what it received, of what it gave, and of the weights of the
        # rows that it gave to.
        self._received, self._given, self._to = np.zeros((3, rows))
        self._squares = 0.0

    def add(self, difference: Doubles, order: NDArray[np.int64]) -> None:
        """Adds one repeat, in which row ``i`` received the cell of row ``order[i]``."""
        weighted = self._weights * difference
        self._received += weighted
        self._given[order] += weighted
        self._to[order] += self._weights
        self._squares += float(np.square(weighted).mean())

    def score(self) -> Score:
        """The mean difference and its standard error."""
        received = self._received / self._repeats
        mean = float(received.mean())
        # The mean of the squares of w (d - mean), of which the sums are known.
        cross = float((self._weights * received).mean())
        spread = self._squares / self._repeats - 2 * mean * cross
        spread += mean**2 * float(np.square(self._weights).mean())
        received -= mean * self._weights
        alone = self._draws.error(received)
        both = self._draws.error(received + (self._given - mean * self._to) / self._repeats)
        chance = spread / (self._repeats * len(received))
        if not math.isfinite(both):
            return Score(mean, math.nan)
        return Score(mean, math.sqrt(max(both**2 - chance, alone**2)))


def _losses(
    predictor: PredictorBase, losses: Losses, x: Floats, folds: NDArray[np.int64] | None
) -> Doubles:
    found = losses(
        predictor.outputs_of_inputs(x)
        if folds is None
        else outputs_out_of_fold(predictor, x, folds)
    )
    if not np.isfinite(found).all():
        raise InvalidData(
            "predictions for these rows are not finite, so importance cannot be measured. Check "
            "whether training diverged."
        )
    return found


def _chosen(predictor: PredictorBase, columns: Sequence[str] | None) -> list[str]:
    """The columns asked for, each once, in the order of the schema."""
    known = features_of(predictor)
    if columns is None:
        return known
    columns = column_names("columns", columns)
    for name in columns:
        if name not in known and any(each.name == name for each in predictor.schema.columns):
            raise InvalidArgument(
                f"the model does not use column {brief(name)}, so its importance cannot be "
                f"measured. It uses {checks.listing(known)}."
            )
        checks.choice("column", name, known)
    return [name for name in known if name in set(columns)]


def _title(metric: str) -> str:
    titles = {"mae": "mean absolute error", RELATIVE: "error relative to predicting the median"}
    return titles.get(metric, "log loss")


def _record(score: Score) -> dict[str, float | None]:
    values = {"value": score.value, "error": score.error}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}

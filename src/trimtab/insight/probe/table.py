"""What a probe found, one row a layer: as data, as text, as a DataFrame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from trimtab.core import checks
from trimtab.errors import InvalidArgument
from trimtab.training.layer_curves import QUANTITIES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LayerRow", "LayerTable"]


@dataclass(frozen=True)
class LayerRow:
    """One layer, as a probe found it. None stands where a number has no meaning.

    Over all values that the layer puts out for the rows, in inference mode:

    Attributes:
        layer: its path; layers of a block come before the block.
        kind: its class.
        units: columns that it puts out.
        mean: of the values.
        standard_deviation: of the values.
        zeros: share of the values that are exactly 0.
        dead: units that are never active: their relu is off in every row (elu, selu, gelu, silu and
            softplus: let through at most 1 %).
        saturated: units that are at an end of their range, where the slope is at most a tenth of
            the steepest, in at least 95 % of the rows: tanh, sigmoid, softmax (by the likeliest
            class, for all units at once), a relu at its ceiling.
        weight_norm: root of the summed squares of the layer's own parameters that are trained.
        gradient_norm: of the gradient of the loss by them, the rows being one batch in training
            mode, penalties included, before clipping.
        update_norm: of what the next step would change if these rows were its batch, the
            optimizer's momentum and learning rate being as they are.
        statistics_distance: of a batch normalization: root mean square, over the columns, of moving
            mean less population mean in standard deviations.
        variance_ratio: of a batch normalization: variance of its input in inference mode over that
            in training mode, each summed over the columns.

    The last two are measured as :class:`~trimtab.training.tracking.StatisticsTracker` does it: the
    batch normalizations before hold the statistics of these rows, so that the ratio shows what
    dropout does and the distance how far moving averages lag behind.

    ``v / ((v + c**2) / (1 - rate) - c**2)`` is the ratio, by theory, right behind a dropout of that
    rate, for columns of mean c and variance v.

    Source: Li et al. 2018, "Understanding the disharmony between dropout and batch normalization by
    variance shift", section 3.
    """

    layer: str
    kind: str
    units: int
    mean: float
    standard_deviation: float
    zeros: float
    dead: int | None = None
    saturated: int | None = None
    weight_norm: float | None = None
    gradient_norm: float | None = None
    update_norm: float | None = None
    statistics_distance: float | None = None
    variance_ratio: float | None = None

    @property
    def gradient_ratio(self) -> float | None:
        """``gradient_norm / weight_norm``."""
        return _ratio(self.gradient_norm, self.weight_norm)

    @property
    def update_ratio(self) -> float | None:
        """``update_norm / weight_norm``; a rule of thumb for the middle of training is 1e-3."""
        return _ratio(self.update_norm, self.weight_norm)

    def quantities(self) -> dict[str, float]:
        """The numbers by name, those that there are: what ``fit(track=["layers"])`` logs."""
        found = {name: getattr(self, name) for name in QUANTITIES}
        return {name: float(value) for name, value in found.items() if value is not None}


@dataclass(frozen=True, repr=False)
class LayerTable:
    """What :meth:`Sequential.probe <trimtab.Sequential.probe>` found; ``print`` shows it.

    Attributes:
        rows: one :class:`LayerRow` a layer, in order.
        count: rows of data that were looked at.

    Example:
        >>> import trimtab
        >>> from trimtab import layers
        >>> model = trimtab.Sequential([layers.Input((2,)), layers.ReLU(name="relu")])
        >>> table = model.probe([[-1.0, 2.0], [-3.0, 4.0]])
        >>> print(table)
        layer  units   mean    std  zeros  dead
        relu       2  1.500  1.658   50 %     1
        Over 2 rows, in inference mode.
        >>> table["relu"].dead
        1
    """

    rows: tuple[LayerRow, ...]
    count: int

    def __iter__(self) -> Iterator[LayerRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, layer: str) -> LayerRow:
        """The row of a layer, by its path."""
        for row in self.rows:
            if row.layer == layer:
                return row
        names = [row.layer for row in self.rows]
        raise InvalidArgument(
            f"there is no layer {layer!r} in this table. {checks.nearest(layer, names)} "
            f"Layers are: {', '.join(names)}."
        )

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame with one row a layer, its path as index."""
        import pandas as pd

        names = [field.name for field in fields(LayerRow)] + ["gradient_ratio", "update_ratio"]
        return pd.DataFrame(
            [[getattr(row, name) for name in names] for row in self.rows], columns=names
        ).set_index("layer")

    def __str__(self) -> str:
        shown = [
            column
            for column in _COLUMNS
            if any(getattr(row, column.quantity) is not None for row in self.rows)
        ]
        table = [[column.title for column in shown]]
        for row in self.rows:
            values = ((column, getattr(row, column.quantity)) for column in shown)
            table.append(["" if v is None else column.text(v) for column, v in values])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in table
        ]
        return "\n".join([*lines, *self._notes({column.title for column in shown})])

    __repr__ = __str__

    def _notes(self, shown: set[str]) -> Iterator[str]:
        """What the columns are, in a few lines."""
        yield f"Over {self.count:,} row{'s' * (self.count != 1)}, in inference mode."
        if "grad/w" in shown:
            yield "grad/w, step/w: gradient and next update, as one batch, by the weights' norm."
        if "lag" in shown:
            yield "lag: moving mean from population mean, in standard deviations."
            yield "ratio: variance at the input, inference over training; 1 without dropout."


@dataclass(frozen=True)
class _Column:
    """A column of the table as text."""

    title: str
    quantity: str
    text: Callable[[float], str]


def _short(value: float) -> str:
    """Four digits, three decimals below 1, or two digits and an exponent: at most 8 characters."""
    if not math.isfinite(value) or value == 0:
        return f"{value:.0f}" if math.isfinite(value) else str(value)
    if 1e-2 <= abs(value) < 1e4:
        return f"{value:.{max(0, 3 - max(0, math.floor(math.log10(abs(value)))))}f}"
    return f"{value:.1e}"


def _percent(value: float) -> str:
    return f"{value:.0%}".replace("%", " %") if math.isfinite(value) else str(value)


#: Longer names lose their beginning.
_LONGEST_NAME = 28


def _name(path: object) -> str:
    name = str(path)
    return name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]


def _count(value: object) -> str:
    return str(value)


_COLUMNS = (
    _Column("layer", "layer", _name),
    _Column("units", "units", _count),
    _Column("mean", "mean", _short),
    _Column("std", "standard_deviation", _short),
    _Column("zeros", "zeros", _percent),
    _Column("dead", "dead", _count),
    _Column("satur.", "saturated", _count),
    _Column("grad/w", "gradient_ratio", _short),
    _Column("step/w", "update_ratio", _short),
    _Column("lag", "statistics_distance", _short),
    _Column("ratio", "variance_ratio", _short),
)


def _ratio(norm: float | None, of: float | None) -> float | None:
    if norm is None or of is None:
        return None
    if of == 0:
        return math.nan if norm == 0 or math.isnan(norm) else math.inf
    return norm / of

"""The result of a probe, one row per layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from trimtab.core import checks
from trimtab.core.words import count, listed
from trimtab.errors import InvalidArgument
from trimtab.training.layer_curves import QUANTITIES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LayerRow", "LayerTable"]


@dataclass(frozen=True)
class LayerRow:
    """One layer in a probe; a number that has no meaning for it is None.

    Attributes:
        layer: Its path; layers of a block come before the block.
        kind: Its class.
        units: Number of output columns.
        mean: Mean of its outputs in inference mode.
        standard_deviation: Their standard deviation.
        zeros: Share of outputs that are exactly 0.
        dead: Units that are never active: their relu is off in every row, or their elu, selu, gelu,
            silu or softplus lets through at most 1 %.
        saturated: Units at an end of their range in at least 95 % of the rows: a tanh, sigmoid or
            softmax whose slope is at most a tenth of the steepest, or a relu at its maximum. A
            softmax is judged by its most likely class, for all units at once.
        weight_norm: Euclidean norm of the layer's trainable parameters.
        gradient_norm: Norm of their gradient with the rows as one batch in training mode,
            penalties included, before clipping.
        update_norm: Norm of the change that the next step would make with these rows as its batch.
        statistics_distance: Batch normalization: distance of the moving mean from the population
            mean in standard deviations, as a root mean square over the columns.
        variance_ratio: Batch normalization: variance of its input in inference mode over that in
            training mode, each summed over the columns.

    The last two are measured as by
    :class:`~trimtab.insight.probe.tracking.StatisticsTracker`: the batch normalizations before
    it use the statistics of these rows, so the ratio shows the effect of dropout and the distance
    the lag of the moving averages.

    In theory, the ratio directly after a dropout is ``v / ((v + c**2) / (1 - rate) - c**2)`` for
    columns with mean c and variance v.

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
        """``update_norm / weight_norm``; in the middle of training, about 1e-3 is usual."""
        return _ratio(self.update_norm, self.weight_norm)

    def quantities(self) -> dict[str, float]:
        """The numbers by name, without those that are None: what ``fit(track=["layers"])`` logs."""
        found = {name: getattr(self, name) for name in QUANTITIES}
        return {name: float(value) for name, value in found.items() if value is not None}


@dataclass(frozen=True, repr=False)
class LayerTable:
    """The result of :meth:`Sequential.probe <trimtab.Sequential.probe>`; ``print`` shows it.

    Attributes:
        rows: One :class:`LayerRow` per layer, in order.
        count: Number of rows of data used.

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
        hint = f"{checks.nearest(layer, names)} ".lstrip()
        raise InvalidArgument(
            f"there is no layer {layer!r} in this table. {hint}Its layers are "
            f"{listed(names, most=30)}."
        )

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame with one row per layer, its path as index."""
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
        """The legend below the table."""
        yield f"Over {count(self.count, 'row')}, in inference mode."
        if "grad/w" in shown:
            yield "grad/w, step/w: norms of gradient and next update over that of the weights."
        if "lag" in shown:
            yield "lag: distance of moving mean and population mean, in standard deviations."
            yield "ratio: variance of the input, inference over training; 1 without dropout."


@dataclass(frozen=True)
class _TextColumn:
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


_COLUMNS = (
    _TextColumn("layer", "layer", _name),
    _TextColumn("units", "units", str),
    _TextColumn("mean", "mean", _short),
    _TextColumn("std", "standard_deviation", _short),
    _TextColumn("zeros", "zeros", _percent),
    _TextColumn("dead", "dead", str),
    _TextColumn("satur.", "saturated", str),
    _TextColumn("grad/w", "gradient_ratio", _short),
    _TextColumn("step/w", "update_ratio", _short),
    _TextColumn("lag", "statistics_distance", _short),
    _TextColumn("ratio", "variance_ratio", _short),
)


def _ratio(norm: float | None, of: float | None) -> float | None:
    if norm is None or of is None:
        return None
    if of == 0:
        return math.nan if norm == 0 or math.isnan(norm) else math.inf
    return norm / of

"""Rows that stay on the devices between calls."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import jax

from trimtab.engines.base import Rows
from trimtab.engines.jax.compute import DeviceRows
from trimtab.engines.jax.devices import Placement
from trimtab.errors import EngineError


class Resident:
    """Arrays on the devices, kept while the rows that they were made from are in use."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[weakref.ref[Rows], Any]] = {}

    def get(self, kind: str, rows: Rows, make: Callable[[], Any]) -> Any:
        """What ``make`` returns for these rows; called only if it is not known yet."""
        known = self._kept.get(kind)
        if known is None or known[0]() is not rows:
            # One table and one set of blocks: those of the current fit.
            self._kept.pop(kind, None)
            known = (weakref.ref(rows, self._forget), make())
            self._kept[kind] = known
        return known[1]

    def table(self, kind: str, rows: Rows, place: Placement) -> DeviceRows:
        """The rows on each device."""

        def made() -> DeviceRows:
            return DeviceRows(place.share(rows.x), *targets(rows, place))

        table: DeviceRows = self.get(kind, rows, made)
        return table

    def holds(self, kind: str, rows: Rows) -> bool:
        """Whether these rows are on the devices."""
        known = self._kept.get(kind)
        return known is not None and known[0]() is rows

    def _forget(self, gone: weakref.ref[Rows]) -> None:
        self._kept = {kind: kept for kind, kept in self._kept.items() if kept[0] is not gone}


def targets(rows: Rows, place: Placement) -> tuple[jax.Array, jax.Array | None]:
    """Targets and sample weights of the rows, on each device.

    Raises:
        EngineError: no targets.
    """
    if rows.y is None:
        raise EngineError("training and evaluation need targets, received rows without y.")
    return place.share(rows.y), None if rows.weight is None else place.share(rows.weight)

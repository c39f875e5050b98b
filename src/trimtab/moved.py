"""Old names of modules: pickles and code of earlier versions find what has moved.

Modules under their public names (``trimtab.layers``, ``trimtab.losses``, ...) are files of their
own, so that type checkers see them. What lies below them, or was never public, is found here.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["MOVED", "new_name"]

#: Old name -> new name, for a module and for everything below it. The longest one counts.
MOVED = {
    "trimtab.bundle.committee_file": "trimtab.model.loading",
    "trimtab.bundle.container": "trimtab.core.container",
    "trimtab.bundle.model_file": "trimtab.model.contents",
    "trimtab.bundle.predictor_file": "trimtab.predictor.loading",
    "trimtab.catalogue": "trimtab.core.catalogue",
    "trimtab.checks": "trimtab.core.checks",
    "trimtab.coach": "trimtab.insight.coach",
    "trimtab.coach.text": "trimtab.insight.coach.findings",
    "trimtab.committee": "trimtab.model.committee",
    "trimtab.defaults": "trimtab.predictor.training.defaults",
    "trimtab.engines.native._native": "trimtab.core._native",
    "trimtab.engines.weights": "trimtab.nn.layers.vectors",
    "trimtab.figures": "trimtab.core.words",
    "trimtab.folding": "trimtab.model.folding",
    "trimtab.inspection": "trimtab.insight.probe",
    "trimtab.inspection.curves": "trimtab.training.layer_curves",
    "trimtab.interrupts": "trimtab.core.interrupts",
    "trimtab.layers": "trimtab.nn.layers",
    "trimtab.notation": "trimtab.predictor.notation",
    "trimtab.optimizers": "trimtab.nn.optimizers",
    "trimtab.predictor.curves": "trimtab.predictor.training.curves",
    "trimtab.predictor.events": "trimtab.predictor.training.events",
    "trimtab.predictor.fingerprint": "trimtab.predictor.training.fingerprint",
    "trimtab.predictor.options": "trimtab.predictor.training.options",
    "trimtab.predictor.parts": "trimtab.predictor.training.parts",
    "trimtab.predictor.places": "trimtab.predictor.training.places",
    "trimtab.predictor.resuming": "trimtab.predictor.training.resuming",
    "trimtab.predictor.run": "trimtab.predictor.training.run",
    "trimtab.predictor.state": "trimtab.predictor.training.state",
    "trimtab.predictor.train": "trimtab.predictor.training.train",
    "trimtab.random": "trimtab.core.random",
    "trimtab.registration": "trimtab.nn.registration",
    "trimtab.registry": "trimtab.nn.registry",
    "trimtab.replacing": "trimtab.core.replacing",
    "trimtab.schedules": "trimtab.nn.schedules",
    "trimtab.summary": "trimtab.model.summary",
    "trimtab.tables.assembly": "trimtab.tables.files.assembly",
    "trimtab.tables.cells": "trimtab.tables.files.cells",
    "trimtab.tables.columnar": "trimtab.tables.files.columnar",
    "trimtab.tables.copies": "trimtab.tables.columns.copies",
    "trimtab.tables.dates": "trimtab.tables.columns.dates",
    "trimtab.tables.delimited": "trimtab.tables.files.row_cutter",
    "trimtab.tables.excel": "trimtab.tables.files.excel",
    "trimtab.tables.frames": "trimtab.tables.files.frames",
    "trimtab.tables.inference": "trimtab.tables.columns.inference",
    "trimtab.tables.inspection": "trimtab.tables.columns.inspection",
    "trimtab.tables.jsonl": "trimtab.tables.files.jsonl",
    "trimtab.tables.kinds": "trimtab.tables.columns.kinds",
    "trimtab.tables.named": "trimtab.tables.files.named",
    "trimtab.tables.reading": "trimtab.tables.files.reading",
    "trimtab.tables.schema": "trimtab.tables.columns.schema",
    "trimtab.tables.sniffing": "trimtab.tables.files.layout",
    "trimtab.tables.sources": "trimtab.tables.files.sources",
    "trimtab.tables.splitting": "trimtab.tables.splits.plan",
    "trimtab.tables.storage": "trimtab.tables.columns.storage",
    "trimtab.tables.suspicions": "trimtab.tables.columns.suspicions",
    "trimtab.tables.table": "trimtab.tables.files.table",
    "trimtab.tables.textfile": "trimtab.tables.files.textfile",
    "trimtab.tables.writing": "trimtab.tables.files.writing",
    "trimtab.training.callbacks.base": "trimtab.training.callback",
    "trimtab.training.data": "trimtab.nn.data",
    "trimtab.training.metering": "trimtab.nn.meters",
    "trimtab.training.population": "trimtab.model.population",
    "trimtab.training.runner": "trimtab.nn.runner",
    "trimtab.training.tracking": "trimtab.insight.probe.tracking",
    "trimtab.uncertainty": "trimtab.insight.uncertainty",
}


#: A module in earlier versions and a function now. The import system finds the function, so that
#: modules below the old name are found and nothing takes the function's place.
FUNCTION = "trimtab.coach"

#: Rows of the table that are files of their own: only what lies below them has moved.
FACES = frozenset(
    {
        "trimtab.coach",
        "trimtab.layers",
        "trimtab.optimizers",
        "trimtab.schedules",
        "trimtab.uncertainty",
    }
)


def new_name(name: str) -> str | None:
    """Where a module of this old name lies now; None for all others.

    >>> new_name("trimtab.layers.dense"), new_name("trimtab.nn.layers.dense")
    ('trimtab.nn.layers.dense', None)
    """
    if name in FACES or not name.startswith("trimtab."):
        return None
    known = name
    while known and known not in MOVED:
        known = known.rpartition(".")[0]
    return MOVED[known] + name[len(known) :] if known else None


class _Moved:
    """Imports a module by its old name: it is the same module, not a copy.

    A finder and a loader, without the base classes of ``importlib.abc``, which take 20 ms to load.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if new_name(fullname) is None and fullname != FUNCTION:
            return None
        return ModuleSpec(fullname, self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """None: an empty module, which :meth:`exec_module` replaces."""

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == FUNCTION:
            function: Any = importlib.import_module("trimtab.coaching.coach").coach
            function.__path__, function.__spec__ = [], module.__spec__
            sys.modules[FUNCTION] = function
            return
        new = new_name(module.__name__)
        assert new is not None
        try:
            sys.modules[module.__name__] = importlib.import_module(new)
        except ModuleNotFoundError as error:
            if error.name != new:
                raise
            raise ModuleNotFoundError(
                f"No module named {module.__name__!r}", name=module.__name__
            ) from None


# In front: below a moved package, the finder of files would load a second copy of its modules.
sys.meta_path.insert(0, _Moved())

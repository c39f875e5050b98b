"""The state of an unfinished run in a predictor's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Unfinished"]


@dataclass
class Unfinished:
    """The last state of a run, which ``train(..., resume=True)`` resumes to the same bits.

    :class:`~trimtab.predictor.training.saved_run.SavedRun` makes and reads it; a file stores it as
    it is.

    Attributes:
        documents: name -> plain data.
        tables: name -> float32 arrays by name.
    """

    documents: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, NDArray[np.float32]]] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why it is not over: ``interrupted``, ``time``, or ``running`` (it was killed)."""
        return str(self.documents.get("run", {}).get("reason", "running"))

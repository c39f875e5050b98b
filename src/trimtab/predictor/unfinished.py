"""What a file holds of a run that is not over, beside the best network so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Unfinished"]


@dataclass
class Unfinished:
    """The last state of a run, from which ``train(..., resume=True)`` goes on to the same bits.

    It is made and read by :mod:`trimtab.predictor.run`; a file carries it as it is.

    Attributes:
        documents: name -> plain data.
        tables: name -> float32 arrays by name.
    """

    documents: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, NDArray[np.float32]]] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why it is not over: ``interrupted``, ``time``, or ``running``: nobody came back."""
        return str(self.documents.get("run", {}).get("reason", "running"))

"""A network as a module of PyTorch: plain layers of ``torch.nn`` with the trained weights."""

from __future__ import annotations

import importlib.util
from typing import Any

from trimtab.errors import EngineError

__all__ = ["to_torch"]


def to_torch(model: Any) -> Any:
    """See :meth:`trimtab.Model.to_torch`."""
    if importlib.util.find_spec("torch") is None:
        raise EngineError("to_torch needs PyTorch, which is not installed. Run: pip install torch")
    from trimtab.interchange.torch_module.translation import module_of

    return module_of(model)

"""How to make the model again: command, options, seed, versions, fingerprint."""

from __future__ import annotations

from typing import Any

from trimtab.core.words import plain
from trimtab.predictor.base import PredictorBase

__all__ = ["again_facts", "option_text"]


def again_facts(predictor: PredictorBase) -> dict[str, Any]:
    """What the training used, and where it came from."""
    provenance, options = predictor.provenance, predictor.options
    checksum = provenance.get("fingerprint")
    return {
        "command": str(provenance.get("command") or ""),
        "options": {name: said for name, value in options.items() if (said := option_text(value))},
        "all": plain(options),
        "versions": plain(provenance.get("versions", {})),
        "fingerprint": f"{checksum:08x}" if isinstance(checksum, int) else "",
        "seed": options.get("seed"),
        "engine": provenance.get("engine"),
        "threads": provenance.get("threads"),
        "seconds": plain(provenance.get("seconds", {})),
    }


def option_text(value: Any) -> str:
    """An option as text; empty where it says nothing."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)

"""How to make the model again: command, options, seeds, versions, fingerprint."""

from __future__ import annotations

import shlex
from typing import Any

from trimtab.core.words import plain
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.training.options import OPTIONS, TrainOptions

__all__ = ["again_facts"]

#: Options that were decided for the user, besides those that differ from their defaults.
_DECIDED = ("layers", "loss", "lr", "weight_decay", "epochs", "batch_size", "patience", "seed")


def again_facts(predictor: PredictorBase) -> dict[str, Any]:
    """What the training used, and where it came from."""
    provenance, options = predictor.provenance, dict(predictor.options)
    defaults = TrainOptions()
    shown = []
    for name, option in OPTIONS.items():
        value = options.get(name)
        usual = getattr(defaults, name)
        listed_ = list(usual) if isinstance(usual, tuple) else usual
        if name in options and (value != listed_ or name in _DECIDED):
            shown.append({"name": name, "group": option.group, "value": _value(value)})
    checksum = provenance.get("fingerprint")
    return {
        "command": _command(predictor),
        "options": shown,
        "all": plain(options),
        "versions": plain(provenance.get("versions", {})),
        "fingerprint": f"{checksum:08x}" if isinstance(checksum, int) else "",
        "seed": options.get("seed"),
        "engine": provenance.get("engine"),
        "threads": provenance.get("threads"),
        "seconds": plain(provenance.get("seconds", {})),
    }


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items())
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)


def _command(predictor: PredictorBase) -> str:
    """The command that trains it again, with what differs from the defaults."""
    options = predictor.options
    words = ["trimtab", "train", shlex.quote(str(predictor.provenance.get("data", "DATA")))]
    defaults = TrainOptions()
    for name, option in OPTIONS.items():
        value = options.get(name)
        usual = getattr(defaults, name)
        usual = list(usual) if isinstance(usual, tuple) else usual
        if name not in options or value is None or value == usual:
            continue
        flag = f"--{option.flag}"
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{option.flag}")
        elif isinstance(value, dict):
            for key, each in value.items():
                words += [flag, shlex.quote(f"{key}={each}")]
        elif isinstance(value, list):
            for each in value:
                words += [flag, shlex.quote(str(each))]
        else:
            words += [flag, shlex.quote(str(value))]
    return " ".join(words)

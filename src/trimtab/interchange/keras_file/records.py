"""Records of objects: Keras' long form, with a module, and trimtab's short one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from trimtab.core import catalogue
from trimtab.interchange.keras_file.archive import everything, refuse
from trimtab.nn import constraints, initializers, registration, regularizers, schedules
from trimtab.nn.registry import Registry

__all__ = ["check_known", "container_name", "of_keras", "short", "to_keras"]

#: The most layers that a file may hold.
_MOST_LAYERS = 2000

#: What records inside others may be: family -> where Keras has it.
_INSIDE: dict[str, Registry[Any]] = {
    "keras.initializers": initializers.REGISTRY,
    "keras.regularizers": regularizers.REGISTRY,
    "keras.constraints": constraints.REGISTRY,
    "keras.optimizers.schedules": schedules.REGISTRY,
}

_CODE = (
    "holds Python code ({}), and trimtab runs no code of a file",
    "Write what it computes as a custom layer in Keras, registered with "
    "keras.saving.register_keras_serializable, and save again; register the same layer for trimtab "
    "with trimtab.register.",
)


def container_name(class_name: str) -> str:
    """The name that Keras' files give the weights of a layer: ``PReLU`` -> ``p_re_lu``."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def of_keras(record: dict[str, Any]) -> bool:
    """Whether a record is one of Keras' own objects."""
    module = record.get("module")
    known = module is None or (
        isinstance(module, str) and (module in ("keras", "builtins") or module.startswith("keras."))
    )
    return known and registration.own_name(record) is None


# -- from Keras -------------------------------------------------------------------------------


def check_known(path: Path, config: dict[str, Any]) -> None:
    """Refuses what holds code, or names what this process does not know, before anything is made.

    Raises:
        FileFormatError: all such names in one message.
    """
    missing: dict[tuple[str, Any], None] = {}
    layers = 0
    for record in everything(config):
        if not isinstance(record, dict):
            continue
        listed = record.get("layers")
        layers += len(listed) if isinstance(listed, list) else 0
        kind = record.get("class_name")
        if kind is None:
            continue
        if not isinstance(kind, str):
            refuse(path, "holds a record without the name of a class")
        if kind in ("__lambda__", "Lambda") and of_keras(record):
            refuse(
                path,
                _CODE[0].format("a lambda" if kind == "__lambda__" else "a Lambda layer"),
                _CODE[1],
            )
        own = registration.own_name(record)
        module = record.get("module")
        if own is not None and registration.registered_object(own) is None:
            missing[own, module if isinstance(module, str) else None] = None
        elif own is None and not of_keras(record):
            missing[kind, module if isinstance(module, str) else None] = None
    if layers > _MOST_LAYERS:
        refuse(path, f"holds {layers:,} layers, and trimtab reads {_MOST_LAYERS:,} at most")
    if missing:
        problem, advice = registration.missing_text(list(missing))
        refuse(path, f"holds what is not trimtab's own: {problem}", advice)


def short(record: Any) -> Any:
    """A record without what trimtab has no use for.

    Functions of Keras become their names, and functions of the user's own what is registered.
    """
    if isinstance(record, list):
        return [short(each) for each in record]
    if not isinstance(record, dict):
        return record
    if record.get("class_name") == registration.FUNCTION:
        return record.get("config") if of_keras(record) else registration.object_of(record)
    return {
        name: short(value)
        for name, value in record.items()
        if name not in ("build_config", "shared_object_id", "compile_config")
    }


# -- to Keras ---------------------------------------------------------------------------------


def to_keras(record: Any, module: str | None = None) -> Any:
    """A record as Keras writes it, and the records inside it.

    Args:
        record: plain data.
        module: where Keras has the object; None: found by its name.
    """
    if isinstance(record, list | tuple):
        return [to_keras(each) for each in record]
    if not isinstance(record, dict):
        return record
    inside = {name: to_keras(value) for name, value in record.items()}
    kind = record.get("class_name")
    if not isinstance(kind, str) or "registered_name" in record:  # no record, or a custom object
        return inside
    if module is None:
        module = next((where for where, known in _INSIDE.items() if kind in known.classes), None)
    if module is None:
        return inside
    return {
        "module": module,
        "class_name": kind,
        "config": inside.get("config") or {},
        "registered_name": None,
    }


def in_keras(family: str, class_name: str) -> bool:
    """Whether Keras has a class of this name.

    Args:
        family: ``layers``, ``losses``, ``metrics``, ``optimizers``, ...
        class_name: of the class.
    """
    return class_name in catalogue.names(family)

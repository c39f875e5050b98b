"""Loading: a model, a committee, or the network of a predictor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trimtab.core import checks, formats
from trimtab.core.container import Contents, read, refuse
from trimtab.model.committee import Committee, committee_from
from trimtab.model.contents import AGAIN, NETWORK
from trimtab.model.reading import model_from
from trimtab.model.sequential import Sequential

__all__ = ["load_model", "network_from"]


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 (Keras' name)
    safe_mode: bool = True,
    **options: Any,
) -> Any:
    """Loads a model that :meth:`trimtab.Sequential.save` wrote, ready to predict and to train.

    A name that ends in ``.keras`` is a file of Keras 3, whoever wrote it: a ``Sequential`` or
    functional model of layers that trimtab has, with what it is compiled with and the state of its
    optimizer. It needs ``trimtab[keras]``, and not Keras.

    From a file of :meth:`trimtab.Committee.save`, it loads the committee. From a file of
    ``trimtab train``, it loads the network or committee, which takes prepared columns; use
    ``trimtab.load`` for a predictor that takes tables.

    Nothing in the file is executed. Custom layers, losses and metrics are found by the name that
    :func:`trimtab.register` gave them: import the module that registers them first.

    Args:
        filepath: the file; ``.trimtab`` may be left out.
        custom_objects: name -> class or function, for custom objects that are not registered.
        compile: False leaves out optimizer, loss and metrics.
        safe_mode: accepted for compatibility with Keras; loading is always safe.

    Returns:
        The model or committee.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: the file is damaged, is not a trimtab file, was written by a newer trimtab,
            holds weights only, or names something that is not registered, or that trimtab has not.
        EngineError: h5py is not installed, which reads ``.keras`` files.
    """
    checks.unknown_arguments("load_model", options, ["filepath", "custom_objects", "compile"])
    path = checks.path("filepath", filepath)
    of_keras = formats.named_by(path, ".keras")
    if of_keras is not None:
        return of_keras.load(path, custom_objects, compile)
    contents = read(path)
    if contents.kind == "committee":
        return committee_from(path, contents, custom_objects, compile)
    if contents.kind == "predictor":
        return network_from(path, contents, custom_objects, compile)
    if contents.kind != "model":
        refuse(path, f"holds {contents.kind} only", "Build the model and use model.load_weights().")
    return model_from(path, contents, custom_objects, compile)


def network_from(
    path: Path,
    contents: Contents,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 (as in load_model)
) -> Sequential | Committee:
    """The network in the contents of a predictor's file."""
    record = contents.documents.get("predictor")
    kind = record.get("network") if isinstance(record, dict) else None
    if kind not in ("model", "committee"):
        refuse(path, "lacks its part 'predictor'", AGAIN)
    own = contents.nested(NETWORK, kind)
    if kind == "committee":
        return committee_from(path, own, custom_objects, compile)
    found: Sequential = model_from(path, own, custom_objects, compile)
    return found

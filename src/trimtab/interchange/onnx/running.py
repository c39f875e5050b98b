"""An ONNX file run by onnxruntime, as others run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from trimtab.core.extras import need_onnx

__all__ = ["run", "session"]


def session(content: bytes, threads: int = 0) -> Any:
    """A session on the CPU.

    Args:
        content: of the file.
        threads: that it uses; 0: as many as it likes.
    """
    need_onnx("to run an ONNX file")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def run(content: bytes, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The outputs by name for inputs by name."""
    made = session(content)
    names = [output.name for output in made.get_outputs()]
    return dict(zip(names, made.run(names, dict(inputs)), strict=True))

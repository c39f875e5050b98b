"""Optional packages: if one is missing, the error says what to install."""

from __future__ import annotations

import importlib.util

from trimtab.errors import EngineError, InvalidArgument


def need_jax(what: str) -> None:
    """Raises ``EngineError`` if JAX is not installed; does not import it.

    Args:
        what: what needs JAX, for the message.
    """
    if importlib.util.find_spec("jax") is None:
        raise EngineError(
            f"{what} needs JAX, which is not installed. Run: pip install 'trimtab[jax]'"
        )


def need_onnx(what: str) -> None:
    """Raises ``InvalidArgument`` if onnx or onnxruntime is not installed; does not import them.

    Args:
        what: what needs them, for the message: ``to write an ONNX file``.
    """
    for package in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            raise InvalidArgument(
                f"{what[:1].upper()}{what[1:]}, trimtab needs {package}, which is not installed. "
                "Run: pip install 'trimtab[onnx]'"
            )


def need_server() -> None:
    """Raises ``EngineError`` if FastAPI or uvicorn are not installed; does not import them."""
    for package in ("fastapi", "uvicorn", "httptools"):
        if importlib.util.find_spec(package) is None:
            raise EngineError(
                f"trimtab serve needs {package}, which is not installed. Run: pip install "
                "'trimtab[serve]'"
            )

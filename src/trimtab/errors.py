"""The errors and warnings of trimtab; each error is also the built-in one that users expect.

A message names the rule, the value received and the next step:
``rate must be a float between 0 and 1, received 1.3. Use rate=0.3 to drop 30 % of the units.``
"""

from __future__ import annotations

__all__ = [
    "CalibrationWarning",
    "EngineError",
    "ExportError",
    "FileFormatError",
    "InvalidArgument",
    "InvalidData",
    "InvalidProgram",
    "NotBuilt",
    "NotCompiled",
    "PredictionWarning",
    "TrimtabError",
    "UnknownArgument",
    "Unsupported",
]


class TrimtabError(Exception):
    """Base of all errors that trimtab raises."""


class InvalidArgument(TrimtabError, ValueError):
    """The value of an argument is not allowed."""


class UnknownArgument(InvalidArgument, TypeError):
    """A call names an argument that does not exist."""


class InvalidData(TrimtabError, ValueError):
    """Rows, targets or weights cannot be used."""


class InvalidProgram(TrimtabError, ValueError):
    """A program breaks a rule of :mod:`trimtab.program`: a bug in a layer or an op."""


class NotBuilt(TrimtabError, ValueError, AttributeError):
    """The model does not know its number of input columns yet.

    Also an ``AttributeError``: ``hasattr(model, "input_shape")`` is False until it does.
    """


class NotCompiled(TrimtabError, RuntimeError):
    """The model must be compiled first."""


class Unsupported(TrimtabError, NotImplementedError):
    """Something that Keras has and trimtab does not support."""


class FileFormatError(TrimtabError, ValueError):
    """A file is damaged, not one of trimtab, or from a newer version."""


class EngineError(TrimtabError, RuntimeError):
    """An engine is not installed, or cannot run the model."""


class ExportError(TrimtabError, RuntimeError):
    """A file of another format does not say what the model says; it was not written."""


class CalibrationWarning(UserWarning):
    """The model was fitted on or validated with calibration rows."""


class PredictionWarning(UserWarning):
    """Predictions were made, but some rows need attention."""

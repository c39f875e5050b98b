"""Every refusal of trimtab is one of these, and each is also the built-in error that users expect.

A message names the rule, the value received and the next step:
``rate must be a float between 0 and 1, received 1.3. Use rate=0.3 to drop 30 % of the units.``
"""

from __future__ import annotations

__all__ = [
    "CalibrationWarning",
    "EngineError",
    "FileFormatError",
    "InvalidArgument",
    "InvalidData",
    "InvalidProgram",
    "NotBuilt",
    "NotCompiled",
    "PredictionWarning",
    "TrimtabError",
    "Unsupported",
]


class TrimtabError(Exception):
    """Base of all errors that trimtab raises on purpose."""


class InvalidArgument(TrimtabError, ValueError):
    """An argument has a value that breaks a stated rule."""


class InvalidData(TrimtabError, ValueError):
    """Rows, targets or weights cannot be used as they are."""


class InvalidProgram(TrimtabError, ValueError):
    """A program breaks a rule of :mod:`trimtab.program`; a bug in lowering or in a new op."""


class NotBuilt(TrimtabError, ValueError):
    """The model does not know its input width yet."""


class NotCompiled(TrimtabError, RuntimeError):
    """``compile`` has to come first."""


class Unsupported(TrimtabError, NotImplementedError):
    """Something Keras has and trimtab has not."""


class FileFormatError(TrimtabError, ValueError):
    """A model or weights file is damaged, foreign or from a newer version."""


class EngineError(TrimtabError, RuntimeError):
    """An engine is missing or cannot run this program."""


class CalibrationWarning(UserWarning):
    """Calibration rows are among those that the model was fitted on or validated with."""


class PredictionWarning(UserWarning):
    """Rows were predicted, and something about them is worth knowing."""

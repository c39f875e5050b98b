"""Pictures of networks. Public name of :mod:`trimtab.model.unit_drawing`."""

from trimtab.model.unit_drawing import *  # noqa: F403
from trimtab.model.unit_drawing import __all__ as __all__

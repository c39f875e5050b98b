"""Weight constraints. Public name of :mod:`trimtab.nn.constraints`."""

from trimtab.nn.constraints import *  # noqa: F403
from trimtab.nn.constraints import __all__ as __all__
from trimtab.nn.constraints import __getattr__ as __getattr__

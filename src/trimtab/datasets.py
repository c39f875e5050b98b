"""The two tables that come with the package. Public name of :mod:`trimtab.tables.datasets`."""

from trimtab.tables.datasets import *  # noqa: F403
from trimtab.tables.datasets import __all__ as __all__

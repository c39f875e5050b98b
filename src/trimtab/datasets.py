"""The two tables that come with the package. Public name of :mod:`trimtab.tables.datasets`."""

from trimtab.tables.datasets import *  # noqa: F403

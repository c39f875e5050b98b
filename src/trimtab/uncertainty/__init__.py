"""Monte Carlo dropout, conformal calibration. Public name of :mod:`trimtab.insight.uncertainty`."""

from trimtab.insight.uncertainty import *  # noqa: F403
from trimtab.insight.uncertainty import __all__ as __all__

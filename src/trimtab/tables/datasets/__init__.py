"""The two data sets that come with the package; sources and licence in ``ATTRIBUTION.md``."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_concrete", "load_red_wine"]


def load_red_wine() -> pd.DataFrame:
    """Red wines: 11 physical and chemical measurements and what tasters thought of the wine.

    **Shape**: 1,599 rows, 12 columns: ``fixed acidity``, ``volatile acidity``, ``citric acid``,
    ``residual sugar``, ``chlorides``, ``free sulfur dioxide``, ``total sulfur dioxide``,
    ``density``, ``pH``, ``sulphates``, ``alcohol``, and the target ``quality`` (3 to 8).

    **Source**: P. Cortez, A. Cerdeira, F. Almeida, T. Matos, J. Reis (2009), *Wine Quality*, UCI
    Machine Learning Repository, doi 10.24432/C56S3T. CC BY 4.0.

    >>> from trimtab.datasets import load_red_wine
    >>> wine = load_red_wine()
    >>> wine.shape
    (1599, 12)
    >>> int(wine["quality"].min()), int(wine["quality"].max())
    (3, 8)
    """
    return _read("red-wine.csv")


def load_concrete() -> pd.DataFrame:
    """Concrete: what went into the mix, its age in days, and how strong it became.

    **Shape**: 1,030 rows, 9 columns: ``Cement``, ``BlastFurnaceSlag``, ``FlyAsh``, ``Water``,
    ``Superplasticizer``, ``CoarseAggregate``, ``FineAggregate`` (kg in a cubic metre), ``Age``
    (days), and the target ``CompressiveStrength`` (MPa).

    **Source**: I-Cheng Yeh (1998), *Concrete Compressive Strength*, UCI Machine Learning
    Repository, doi 10.24432/C5PK67. CC BY 4.0.

    >>> from trimtab.datasets import load_concrete
    >>> concrete = load_concrete()
    >>> concrete.shape
    (1030, 9)
    >>> concrete.columns[-1]
    'CompressiveStrength'
    """
    return _read("concrete.csv")


def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    with (resources.files(__name__) / name).open("rb") as file:
        return pd.read_csv(file)

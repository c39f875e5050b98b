"""The two data sets that ship with trimtab; see ``ATTRIBUTION.md`` for sources and licence."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_concrete", "load_red_wine"]


def load_red_wine() -> pd.DataFrame:
    """Red wines: 11 physical and chemical measurements, and the quality that tasters gave.

    Returns:
        1,599 rows, 12 columns: ``fixed acidity``, ``volatile acidity``, ``citric acid``,
        ``residual sugar``, ``chlorides``, ``free sulfur dioxide``, ``total sulfur dioxide``,
        ``density``, ``pH``, ``sulphates``, ``alcohol``, and the target ``quality`` (3 to 8).

    Example:
        >>> from trimtab.datasets import load_red_wine
        >>> wine = load_red_wine()
        >>> wine.shape
        (1599, 12)
        >>> int(wine["quality"].min()), int(wine["quality"].max())
        (3, 8)

    Source:
        P. Cortez, A. Cerdeira, F. Almeida, T. Matos, J. Reis (2009), *Wine Quality*, UCI Machine
        Learning Repository, doi 10.24432/C56S3T. CC BY 4.0.
    """
    return _read("red-wine.csv")


def load_concrete() -> pd.DataFrame:
    """Concrete: the ingredients of the mix, its age, and its compressive strength.

    Returns:
        1,030 rows, 9 columns: ``Cement``, ``BlastFurnaceSlag``, ``FlyAsh``, ``Water``,
        ``Superplasticizer``, ``CoarseAggregate``, ``FineAggregate`` (kg per cubic metre), ``Age``
        (days), and the target ``CompressiveStrength`` (MPa).

    Example:
        >>> from trimtab.datasets import load_concrete
        >>> concrete = load_concrete()
        >>> concrete.shape
        (1030, 9)
        >>> concrete.columns[-1]
        'CompressiveStrength'

    Source:
        I-Cheng Yeh (1998), *Concrete Compressive Strength*, UCI Machine Learning Repository, doi
        10.24432/C5PK67. CC BY 4.0.
    """
    return _read("concrete.csv")


def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    with (resources.files(__name__) / name).open("rb") as file:
        return pd.read_csv(file)

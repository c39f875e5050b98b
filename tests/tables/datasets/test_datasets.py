import numpy as np
import pytest

from trimtab.tables import datasets

WINE = """fixed acidity,volatile acidity,citric acid,residual sugar,chlorides,free sulfur dioxide,
total sulfur dioxide,density,pH,sulphates,alcohol,quality"""
CONCRETE = """Cement,BlastFurnaceSlag,FlyAsh,Water,Superplasticizer,CoarseAggregate,FineAggregate,
Age,CompressiveStrength"""


@pytest.mark.parametrize(
    ("load", "rows", "columns"),
    [(datasets.load_red_wine, 1599, WINE), (datasets.load_concrete, 1030, CONCRETE)],
)
def test_rows_and_names(load, rows, columns):
    frame = load()
    assert list(frame.columns) == columns.replace("\n", "").split(",")
    assert len(frame) == rows
    assert np.isfinite(frame.to_numpy(dtype="float64")).all()


def test_each_call_gives_a_table_of_its_own():
    first = datasets.load_concrete()
    first["Cement"] = 0.0
    assert datasets.load_concrete()["Cement"].min() > 0


def test_values_are_the_published_ones():
    # First rows and means as the repository publishes them (Yeh 1998; Cortez et al. 2009).
    assert datasets.load_concrete().iloc[0].to_list() == pytest.approx(
        [540, 0, 0, 162, 2.5, 1040, 676, 28, 79.99]
    )
    assert datasets.load_concrete()["CompressiveStrength"].mean() == pytest.approx(35.82, abs=0.01)
    assert datasets.load_red_wine()["quality"].mean() == pytest.approx(5.636, abs=0.001)


@pytest.mark.parametrize("load", [datasets.load_red_wine, datasets.load_concrete])
def test_attribution_stands_in_the_docstring(load):
    assert "CC BY 4.0" in load.__doc__
    assert "doi" in load.__doc__

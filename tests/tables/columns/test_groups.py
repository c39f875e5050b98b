"""``--group`` is suggested on evidence, not because a category repeats."""

import numpy as np
import pandas as pd
import pytest

from trimtab.tables import inspect, read

N = 600
DRAW = np.random.default_rng(0)


def suggested(columns, target="price"):
    found = inspect(read(columns), target).suspicions
    return next((each.columns for each in found if each.what == "groups"), ())


def cars(**more):
    make = DRAW.integers(0, 38, N)
    return {
        "make": [f"make {number}" for number in make],
        "country": [f"country {number % 6}" for number in make],
        "power": DRAW.normal(150, 40, N).round(1),
        "price": 20_000 + 500 * make + DRAW.normal(0, 3000, N),
        **more,
    }


def test_an_ordinary_category_is_no_group():
    assert suggested(cars()) == ()
    codes = DRAW.permutation(40)
    frame = pd.DataFrame(cars())
    frame["make number"] = [codes[int(name.split()[1])] for name in frame["make"]]
    assert suggested(frame.drop(columns="make number")) == ()


@pytest.mark.parametrize("name", ["patient", "customer_id", "houseId", "person no", "serial"])
def test_a_name_is_evidence(name):
    assert suggested(cars(**{name: DRAW.integers(0, 60, N) * 7 + 5})) == (name,)


def test_a_number_that_rows_share_is_evidence():
    building = DRAW.integers(0, 90, N)
    built = DRAW.integers(18_000, 20_240, 90) / 10
    columns = cars(building=[f"B{number}" for number in building], built=built[building])
    assert suggested(columns) == ("building",)


def test_a_shared_target_is_evidence():
    album = np.arange(N) // 5
    columns = cars(album=[f"album {number}" for number in album])
    columns["price"] = DRAW.normal(size=N // 5)[album]
    assert suggested(columns) == ("album",)


def test_what_contains_groups_is_one():
    album = np.arange(N) // 3
    artist = [f"artist {number // 4}" for number in album]
    columns = cars(album_id=album * 3 + 1, artist=artist)
    assert suggested(columns) == ("artist", "album_id")


def test_as_many_rows_each_is_evidence():
    where = [f"shop {number}" for number in DRAW.permutation(np.arange(N) % 50)]
    assert suggested(cars(shop=where)) == ("shop",)


def test_very_many_names_are_evidence():
    names = [f"name {number}" for number in DRAW.integers(0, 250, N)]
    assert suggested(cars(who=names)) == ("who",)

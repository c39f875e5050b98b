"""A synthetic table for the user guide: flats and their sale prices.

    python examples/flats.py

It writes flats.csv, 1,800 sales in 120 buildings over five years, and flats-new.csv, 200 flats in
20 other buildings without their prices. Since the data are generated, the true relationship is
known: the price depends on area, floor, balcony, year of construction, district, agent, date, noise
of 5 %, and the building itself, about which no column says anything but its name.
"""

import numpy as np
import pandas as pd

DISTRICTS = ["Harbour", "Old Town", "Hillside", "Station", "Meadows", "Docks", "University", "Mill"]
AGENTS = 40
FIRST_DAY = np.datetime64("2019-01-01")
YEAR = 365


def flats(rows, buildings=range(120), seed=0):
    """A table of sales in these buildings."""
    town = np.random.default_rng(1)  # its own seed: the same town for every table
    level = town.normal(0, 0.25, len(DISTRICTS))
    charm = town.normal(0, 0.15, 10_000)
    place = town.integers(0, len(DISTRICTS), 10_000)
    built = town.integers(1900, 2020, 10_000)
    skill = town.normal(0, 0.05, AGENTS)

    draw = np.random.default_rng(seed)
    building = draw.choice(buildings, rows)
    day = np.sort(draw.integers(0, 5 * YEAR, rows))
    area = np.round(draw.lognormal(4.2, 0.35, rows), 1)
    floor = draw.integers(0, 7, rows).astype(float)
    balcony = draw.random(rows) < 0.5
    agent = (draw.random(rows) ** 2 * AGENTS).astype(int)
    price = np.exp(
        8.0
        + 0.95 * np.log(area)
        + 0.015 * floor
        + 0.06 * balcony
        + 0.25 * ((built[building] - 1960) / 60) ** 2
        + 0.08 * day / YEAR
        + level[place[building]]
        + charm[building]
        + skill[agent]
        + draw.normal(0, 0.05, rows)
    )
    floor[draw.random(rows) < 0.08] = np.nan
    return pd.DataFrame(
        {
            "flat": [f"F{seed}-{row:05}" for row in range(rows)],
            "sold": FIRST_DAY + day,
            "building": [f"B{number:04}" for number in building],
            "district": np.array(DISTRICTS)[place[building]],
            "agent": [f"agent {number:02}" for number in agent],
            "built": built[building],
            "area": area,
            "floor": pd.array(floor, "Int64"),
            "balcony": np.where(balcony, "yes", "no"),
            "price": price.round(-2).astype(int),
        }
    )


if __name__ == "__main__":
    flats(1_800).to_csv("flats.csv", index=False)
    new = flats(200, range(120, 140), seed=1)
    new.loc[3, "district"] = "Airport"  # not in flats.csv
    new["seen by"] = "somebody"
    new.drop(columns="price").iloc[:, ::-1].to_csv("flats-new.csv", index=False)

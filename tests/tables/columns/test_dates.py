"""Dates: the format of a column, and cells in it."""

import numpy as np
import pandas as pd
import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.dates import ISO, check_format, find_format, parse_dates


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["2019-06-14", "2020-01-01"], (ISO,)),
        (["2012", "2019-06", "2019-06-14"], (ISO,)),
        (["2019-06-14T10:30:00+02:00", "2019-06-14 10:30"], (ISO,)),
        (["2019/06/14"], ("%Y/%m/%d",)),
        (["2019/06/14 10:30"], ("%Y/%m/%d %H:%M",)),
        (["14.06.2019", "1.7.2019"], ("%d.%m.%Y",)),
        (["3 May 2020", "4 Jun 2020"], ("%d %b %Y",)),
        (["3 May 2020", "4 June 2020"], ("%d %B %Y",)),
        (["3 May 2020"], ("%d %b %Y",)),
        (["May 3, 2020 3:45 PM"], ("%b %d, %Y %I:%M %p",)),
        (["01-Jan-98"], ("%d-%b-%y",)),
        (["03/04/2020", "25/12/2020"], ("%d/%m/%Y",)),
        (["03/04/2020", "12/25/2020"], ("%m/%d/%Y",)),
        (["03/04/2020", "05/06/2020"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["03/03/2020"], ("%d/%m/%Y",)),  # the same day either way
        (["03/04/2020 23:59:59", "13/04/2020 00:00:00"], ("%d/%m/%Y %H:%M:%S",)),
    ],
)
def test_format_that_reads_every_cell(cells, formats):
    assert find_format(pd.Series(cells)).formats == formats


@pytest.mark.parametrize(
    "cells",
    [
        [],
        ["2012", "2013"],  # years alone are numbers
        ["20190614"],
        ["1.5", "1.7"],
        ["1/2"],
        ["12:30"],
        ["192.168.10.12"],
        ["2019-06-14", "soon"],
        ["2019-02-30"],
        ["25/12/2020", "12/25/2020"],  # no one format reads both
        ["pop", "rock"],
    ],
)
def test_no_dates(cells):
    assert find_format(pd.Series(cells, dtype=object)) is None


@pytest.mark.parametrize("dtype", [object, "str"])
def test_cells(dtype):
    cells = pd.Series([" 2019-06-14", None, "2019-06-14T01:00:00+02:00", "later"], dtype=dtype)
    dates, bad = parse_dates(cells, ISO)
    assert dates.dtype == "datetime64[ns]"
    expected = np.array(["2019-06-14", "NaT", "2019-06-13T23:00", "NaT"], "datetime64[ns]")
    np.testing.assert_array_equal(dates, expected)
    assert bad.tolist() == [False, False, False, True]


def test_a_day_first_format_reads_days_first():
    dates, bad = parse_dates(pd.Series(["03/04/2020"]), "%d/%m/%Y")
    assert (str(dates[0])[:10], bad.tolist()) == ("2020-04-03", [False])


@pytest.mark.parametrize("pattern", ["", "iso", "%H:%M", "%Y", "%d/%Y", "day"])
def test_formats_that_say_no_day(pattern):
    assert_refused(
        InvalidArgument,
        "the format of a date must be 'ISO8601' or contain year, month and day as in '%d/%m/%Y', "
        f"received {pattern!r}.",
        lambda: check_format(pattern),
    )

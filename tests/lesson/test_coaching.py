"""A lesson, coached: shortly, on its training rows."""

import numpy as np
import pytest

from trimtab.lesson import LESSONS
from trimtab.lesson.coaching import coached


def test_the_divergence_of_concrete_is_found_and_mended():
    lesson = LESSONS["concrete"]
    split = lesson.split(lesson.table())
    found = coached(lesson, split, epochs=2, time_limit=None, trials=40, verbose=0)
    assert {"input-scales", "diverged"} <= set(found.findings.codes)
    assert found.winner != "base"
    assert np.isnan(found.held.before)  # it diverged
    assert found.held.after < 30


@pytest.mark.parametrize("name", ["concrete", "red-wine"])
def test_rows_of_no_group(name):
    lesson = LESSONS[name]
    assert lesson.split(lesson.table()).groups is None

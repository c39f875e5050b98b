"""How far off a prediction may be: Monte Carlo dropout, and intervals that keep a promise.

Two things that are often taken for one. The *spread* of predictions under dropout, or of the
members of a committee, says where a network is less sure than elsewhere; its size alone promises
nothing. *Conformal calibration* turns it into intervals (for classes: sets) that hold the truth in
the share of cases asked for, by looking at how wrong the model was on rows set aside.

What is promised: at least ``level`` of new rows, on average over calibration and new rows, have
their target inside (coverage is *marginal*: not for every kind of row by itself). It holds for any
model, under one condition: the calibration rows are **exchangeable** with the new ones, and were
used **neither for training nor for stopping** (validation rows of ``EarlyStopping`` were). Rows of
one group (patients, songs of an album) or of one stretch of time are not exchangeable with those of
another. For groups, set whole groups aside and say ``groups=``. For time, calibrate on the latest
rows, look at the coverage as time goes on, and take no promise from it.
"""

from trimtab.insight.uncertainty.calibration import Calibration, calibrate
from trimtab.insight.uncertainty.conformal import rows_needed
from trimtab.insight.uncertainty.coverage import Coverage
from trimtab.insight.uncertainty.results import Intervals, PredictionSets

__all__ = [
    "Calibration",
    "Coverage",
    "Intervals",
    "PredictionSets",
    "calibrate",
    "rows_needed",
]

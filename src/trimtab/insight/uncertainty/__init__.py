"""Prediction intervals: Monte Carlo dropout and conformal calibration.

Two different things: the *spread* of predictions under dropout, or over the members of a committee,
shows where a network is less sure than elsewhere, but guarantees nothing. *Conformal calibration*
turns it into intervals (for classes: sets) that contain the true value in the requested share of
cases, by measuring the errors of the model on rows set aside.

The guarantee: at least ``level`` of the targets of new rows are inside, on average over calibration
and new rows. (Coverage is *marginal*: it need not hold for every kind of row.) It holds for any
model if the calibration rows are **exchangeable** with the new ones and were used **neither for
training nor for early stopping**. Rows of one group (a patient, an album) or of one period are not
exchangeable with those of another. For groups, set whole groups aside and pass ``groups=``. For
time series there is no guarantee: calibrate on the latest rows and monitor the coverage.
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

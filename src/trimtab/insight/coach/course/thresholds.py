"""From what on something is a finding, and how much is measured. All numbers of the course.

They are judged by what healthy networks do (tests/insight/coach/course): a false alarm is worse
than silence. Shares of a loss compare with the loss itself unless another measure is named.
"""

from __future__ import annotations

# -- what is measured -----------------------------------------------------------------------------

#: Most rows that a loss is measured on, and blocks of them that say how surely it is known: the
#: error of a standard error from 32 blocks is an eighth.
JUDGED_ROWS, BLOCKS = 2048, 32

#: Most rows for population statistics: their mean is off by 3 % of a standard deviation.
STATISTICS_ROWS = 1024

#: Rows that layers are looked at with; a unit that is active in 2 % of the rows is seen with 99 %.
LAYER_ROWS = 256

#: A few steps more may take this share of the steps of the fit, and so many at least and at most.
MORE_STEPS, LEAST_STEPS, MOST_STEPS = 0.03, 20, 200

#: Rows of the batch that tells the loss before the first step.
FIRST_ROWS = 512

#: Watching may train, evaluate and look for this share of the rows that were trained on. Where a
#: row that is looked at costs more than one that is trained on, that is in :data:`LOOK_COST`. Of
#: the first epochs each is looked at, of later ones so many from each number to its double.
BUDGET = 0.02
EACH, A_DOUBLING = 2, 2

#: What a look at the layers costs, in rows trained on for each row looked at.
LOOK_COST = 12.0

#: Rows that layers are looked at with during training.
WATCHED_ROWS = 128

#: What it costs to evaluate a row, in rows trained on: forward only.
PASS_COST = 0.4

#: A difference counts if it is so many standard errors, or so many times the jitter of a curve.
SURE = 2.0

# -- the curves -----------------------------------------------------------------------------------

#: A level of a curve is the median of a window of this share of it, three epochs at least.
WINDOW = 0.1

#: Fewer epochs than this are no curve.
FEW_EPOCHS = 5

#: The end of a curve is the median of this share of it, from one to :data:`END_MOST` epochs.
END, END_MOST = 0.1, 5

#: A finite loss has diverged at so many times the lowest one, if a constant prediction beats it.
BLOWN_UP = 10.0

#: The validation loss has risen from its best epoch by this share of itself, or by this share of
#: what was learned (the loss of a constant less the best one) and so much of itself; the training
#: loss has fallen further by this one.
RISEN, LOST, LEAST_RISEN, FALLEN_MEANWHILE = 0.1, 0.3, 0.02, 0.02

#: The losses of two epochs are of the same rows: their difference is known about twice as well as
#: each of them is,
SAME_ROWS = 0.5

#: and the loss on validation rows is this many times that on rows trained on, in inference mode.
GAP = 1.05

#: Still falling: by this share over the last fifth of the epochs against the fifth before (half of
#: it is what an ordinary training goes on gaining), with the best epoch in the last tenth, while
#: the rate is not near the end of its decay,
STILL_FALLING, LAST, BEST_IN = 0.1, 0.2, 0.1
DECAYED = 0.3

#: or by this share of what was learned so far (the loss of a constant less the present one) and the
#: other share of itself,
LEARNED_LATELY, LEAST_FALLING = 0.1, 0.03

#: and by this share of the loss of a constant prediction, below which nobody would notice.
NOTICEABLE = 0.01

#: A training loss stands still if it changes by this share over the second half of the epochs.
STANDS_STILL = 0.02

#: Underfitting: the loss on rows trained on is this much above that of the quick reference on rows
#: that the reference has not seen, and on these the network is so many standard errors behind it.
WORSE, BEHIND = 1.15, 1.0

#: A network with this share of the loss of a constant prediction has learned nothing.
NOTHING_LEARNED = 0.97

#: A validation loss of at most so many rows is noise if it is known to no better than this share of
#: itself, and than the other share of the loss of a constant: two networks that differ by half as
#: much look the same. With more rows it is the tails of the target that make a loss uncertain. The
#: epochs may differ by so many standard errors, which are those of new rows, not of these.
NOISY_ROWS, NOISY, NOISY_OF_ALL, NOISY_DIFFER = 40, 0.15, 0.01, 4.0

#: Steps that are too few for anything but a table of a few hundred rows.
FEW_STEPS = 200

#: They are what lacks if a few steps more lower the training loss by this share, and either the
#: validation loss by :data:`GAINED` or the network underfits.
GAINED_SOON = 0.03

#: The training loss is above the validation loss by this share, and not above it any more, within
#: the other share or a standard error, once dropout is off.
ABOVE, WITHIN = 0.05, 0.02

#: Patience of this many epochs is little, and stopping before this share of the epochs is early.
LITTLE_PATIENCE, STOPPED_EARLY = 4, 0.7

# -- the learning rate ----------------------------------------------------------------------------

#: A learning rate is tried at these shares of itself.
LOWER, HIGHER = 0.1, 10.0

#: With a tenth of the rate the loss falls by this share in a few steps: too high. Constant rates
#: always gain by a decay (the lesson's SGD with batch normalization a quarter); that much they gain
#: where they jump about.
TOO_HIGH = 0.3

#: Ten times the rate falls this many times as fast, and by this share in a few steps: too low.
TOO_LOW_TIMES, TOO_LOW = 3.0, 0.005

#: A training loss jumps if it rises by this share from one epoch to the next, and by the last share
#: of the loss of a constant prediction; this share of the epochs, and so many, make it rough.
JUMP, JUMPS, FEWEST_JUMPS, JUMPED_OF_ALL = 0.3, 0.1, 3, 0.05

#: A loss that was so many times that before the first step, and ends at that of a constant, at most
#: so far above it: it blew up first. One that stays far above has another reason.
BLEW_UP, AT_CONSTANT = 3.0, 1.5

#: So many times as much is too much wherever it ends, once it has fallen to this share of that.
#: With more than the last share dropped it is validation losses that count: dropout alone makes
#: those of training large.
BLEW_UP_FAR, CALMED, MUCH_DROPPED = 6.0, 0.33, 0.5

#: A rate is off at this share of its highest, and early if that was so for this share of the
#: epochs.
OFF, OFF_EARLY = 0.02, 0.3

#: The loss that a few steps at a fair rate gain, as a share: learning was ended early. Of a network
#: that has learned little so far, it is :data:`LEARNED_LATELY` of what it has learned, and at least
#: the other share of the loss.
GAINED, LEAST_GAINED = 0.05, 0.02

#: That fair rate, as a share of the highest, and how many steps at it are tried, as a share of
#: those for which the rate was off.
FAIR, OF_OFF = 0.3, 0.25

#: A rate is too low for so many steps; with fewer, it is these that are too few.
SOME_STEPS = 100

# -- layers ---------------------------------------------------------------------------------------

#: Shares of the units of a hidden layer that are dead or saturated. Raw columns that are all above
#: 0 leave half of a first layer dead from the start, and such networks learn.
DEAD, SATURATED = 0.75, 0.5

#: Outputs of a hidden layer this large are no activations of a network that works, in units of its
#: inputs (of 1, if these are smaller).
EXPLODED = 1e3

#: Gradient over weights of the first layer, as a share of that of the last ones.
VANISHED = 1e-2

#: Share of a loss that is better with population statistics, and distance of the moving statistics
#: from them: of the means in standard deviations, of the variances as a logarithm.
STALE, LAGS = 0.03, 0.15

#: A validation loss jumps if it is this many times the best so far, and population statistics take
#: this share of the jump back; so many jumps, and in this share of the epochs, are no accident.
JUMPED, BACK, FEWEST_JUMPED, OFTEN_JUMPED = 1.3, 0.7, 2, 0.03

#: Jumps that are looked into.
MOST_JUMPS = 4

# -- divergence -----------------------------------------------------------------------------------

#: Batches that are run again to find the one that diverged.
MOST_REPLAYED = 5000

#: A row is to blame if its largest number is so many standard deviations from the mean of its
#: column over the other rows.
FAR_ROW = 100.0

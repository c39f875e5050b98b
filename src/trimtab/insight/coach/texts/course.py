"""The texts of what only training shows."""

from __future__ import annotations

from trimtab.insight.coach.texts.description import Description, Severity

__all__ = [
    "DEAD_UNITS",
    "DECAY_TOO_EARLY",
    "DIVERGED",
    "EXPLODING_ACTIVATIONS",
    "FEW_STEPS",
    "IMPATIENT_STOPPING",
    "JUMPING_VALIDATION",
    "NOISY_VALIDATION",
    "OVERFITTING",
    "PLATEAU",
    "RATE_TOO_HIGH",
    "RATE_TOO_LOW",
    "SATURATED_UNITS",
    "STALE_STATISTICS",
    "STILL_FALLING",
    "TRAINING_ABOVE_VALIDATION",
    "UNDERFITTING",
    "VANISHING_GRADIENTS",
]

DIVERGED = Description(
    Severity.ERROR,
    "Training diverged",
    "From then on every weight is NaN, infinite or far too large, and no further epoch mends it.",
    "{steps}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.4: cliffs and exploding "
    "gradients",
)
RATE_TOO_HIGH = Description(
    Severity.WARNING,
    "The learning rate is too high for these steps",
    "Steps that are too long jump across the valley that they should descend into; a smaller "
    "rate, or one that decays, lets the loss fall further.",
    "{steps}",
    "Bengio 2012, Practical recommendations for gradient-based training of deep architectures, "
    "section 3.1.1",
)
RATE_TOO_LOW = Description(
    Severity.WARNING,
    "The learning rate is too low for these steps",
    "The steps go the right way and are too short to arrive.",
    "{steps}",
    "Bengio 2012, Practical recommendations for gradient-based training of deep architectures, "
    "section 3.1.1",
)
FEW_STEPS = Description(
    Severity.WARNING,
    "Hardly any steps",
    "A step changes each weight by about the learning rate, so a few of them cannot leave the "
    "start values behind.",
    "{steps}",
    "Hoffer et al. 2017, Train longer, generalize better, section 5: the number of steps counts, "
    "not that of epochs",
)
DECAY_TOO_EARLY = Description(
    Severity.WARNING,
    "The learning rate decays before the network has learned",
    "Once the rate is next to nothing, further epochs change nothing, however much is left to "
    "learn.",
    "{steps}",
    "Loshchilov & Hutter 2017, SGDR, section 3: a decay as long as the training",
)
DEAD_UNITS = Description(
    Severity.WARNING,
    "Dead units",
    "A unit that is off in every row passes nothing on and has gradient 0, so it stays as it is.",
    "{steps}",
    "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models, "
    "section 2",
)
SATURATED_UNITS = Description(
    Severity.WARNING,
    "Saturated units",
    "At the ends of its range an activation has next to no slope, so what lies before it learns "
    "next to nothing.",
    "{steps}",
    "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural "
    "networks, section 3",
)
EXPLODING_ACTIVATIONS = Description(
    Severity.WARNING,
    "Activations that explode",
    "Outputs that grow from layer to layer make gradients that grow as well, and the learning "
    "rate that suits one layer is far off for another.",
    "{steps}",
    "He et al. 2015, Delving deep into rectifiers, section 2.2",
)
VANISHING_GRADIENTS = Description(
    Severity.WARNING,
    "Gradients that vanish on their way to the first layers",
    "The first layers stay as they were drawn at random, and the others learn from what these "
    "make of the rows.",
    "{steps}",
    "Hochreiter 1991, Untersuchungen zu dynamischen neuronalen Netzen; Glorot & Bengio 2010, "
    "Understanding the difficulty of training deep feedforward neural networks, section 4",
)
STALE_STATISTICS = Description(
    Severity.WARNING,
    "Stale statistics of a batch normalization",
    "Predictions use moving averages that do not describe what the layer sees now.",
    "{steps}",
    "Wu & Johnson 2021, Rethinking 'Batch' in BatchNorm, section 3",
)
JUMPING_VALIDATION = Description(
    Severity.WARNING,
    "A validation loss that jumps with the moving averages",
    "The epoch that looks best, and the one that early stopping stops at, are chosen by the state "
    "of the averages, not by the weights.",
    "{steps}",
    "Wu & Johnson 2021, Rethinking 'Batch' in BatchNorm, section 3",
)
PLATEAU = Description(
    Severity.WARNING,
    "The loss stands still above what can be learned",
    "More epochs of the same kind bring nothing: something keeps the network from learning.",
    "{steps}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5",
)
UNDERFITTING = Description(
    Severity.WARNING,
    "Underfitting",
    "A network that is behind on the very rows it was trained on has not learned what there is "
    "to learn; more freedom, more steps or less of a penalty help, and more rows do not.",
    "{steps}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 5.2",
)
OVERFITTING = Description(
    Severity.WARNING,
    "Overfitting",
    "From its best epoch on the network learns what is true of the training rows alone, and "
    "predicts other rows worse.",
    "{steps}",
    "Prechelt 1998, Early stopping - but when?; Srivastava et al. 2014, Dropout, section 1",
)
IMPATIENT_STOPPING = Description(
    Severity.WARNING,
    "Early stopping without patience",
    "A validation loss goes up and down by itself; a few epochs without a new best say nothing "
    "while the training loss still falls.",
    "{steps}",
    "Prechelt 1998, Early stopping - but when?, section 2",
)
STILL_FALLING = Description(
    Severity.WARNING,
    "The loss still falls at the end",
    "Training ended before learning did.",
    "{steps}",
    "Hoffer et al. 2017, Train longer, generalize better, section 5",
)
NOISY_VALIDATION = Description(
    Severity.WARNING,
    "Too few validation rows for what they decide",
    "Differences below the noise of the rows say nothing on which epoch, network or setting is "
    "better for new rows.",
    "{steps}",
    "Bengio & Grandvalet 2004, No unbiased estimator of the variance of K-fold cross-validation, "
    "section 1; the standard error of a mean",
)
TRAINING_ABOVE_VALIDATION = Description(
    Severity.NOTE,
    "The training loss is above the validation loss",
    "No problem: the training loss is that of a network with units dropped, the validation loss "
    "that of the whole one.",
    "{steps}",
    "Srivastava et al. 2014, Dropout, section 4",
)

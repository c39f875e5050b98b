"""Every finding of the coach, with its meaning, remedy and source."""

from __future__ import annotations

from enum import Enum

from trimtab.insight.coach.texts import course, structure
from trimtab.insight.coach.texts.description import Description, Severity

__all__ = ["Code", "Description", "Severity"]


class Code(Enum):
    """All findings: before training the most severe first, then those of the course."""

    # -- error ----------------------------------------------------------------------------------

    NON_FINITE_VALUES = Description(
        Severity.ERROR,
        "Missing or infinite values",
        "One NaN in a batch turns the loss, the gradient and then every weight into NaN.",
        "import numpy as np\n\n{steps}",
        "IEEE 754-2019, section 6.2: NaN propagates through every operation",
    )
    CODES_OUT_OF_RANGE = Description(
        Severity.ERROR,
        "Codes outside an embedding's range",
        "The embedding of such a code is NaN, and one NaN in a batch turns the loss, the gradient "
        "and then every weight into NaN.",
        "{steps}",
        "documentation of trimtab.layers.CategoryEmbedding",
    )
    CODES_CHANGED = Description(
        Severity.ERROR,
        "A layer before an embedding changes the codes",
        "A code that is scaled, shifted or dropped stands for a different category, or for none.",
        "{network}",
        "documentation of trimtab.layers.CategoryEmbedding",
    )
    LOGITS_MISMATCH = Description(
        Severity.ERROR,
        "Loss and output activation do not match",
        "A cross-entropy takes probabilities, or logits with from_logits=True; given the other of "
        "the two, it minimizes the wrong function.",
        "{steps}",
        "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
    )
    SOFTMAX_OF_ONE = Description(
        Severity.ERROR,
        "Softmax over a single output",
        "The softmax of a single number is always 1, so nothing can be learned.",
        "from trimtab import activations\n\n{place}.activation = activations.{function}",
        "Bridle 1990, Probabilistic interpretation of feedforward network outputs",
    )
    UNREACHABLE_TARGETS = Description(
        Severity.ERROR,
        "The output activation cannot reach the targets",
        "Targets outside the range of the last activation can never be fitted, and they push its "
        "input to where the gradient vanishes.",
        "from trimtab import activations\n\n{place}.activation = activations.linear",
        "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
    )
    LABELS_MISMATCH = Description(
        Severity.ERROR,
        "Labels that the loss does not take",
        "A cross-entropy compares probabilities with 0 and 1, or with the numbers of classes; fit "
        "refuses other labels, and no output can reach them.",
        "{steps}",
        "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
    )
    NOTHING_TO_TRAIN = Description(
        Severity.ERROR,
        "A network without trainable weights",
        "Training changes nothing in it but moving averages, however long it lasts.",
        "{steps}",
        "documentation of trimtab.layers.Layer, trainable",
    )
    TOO_FEW_CLASSES = Description(
        Severity.ERROR,
        "Fewer outputs than classes",
        "A sparse loss needs one output for each class number, from 0 to the largest.",
        "{network}",
        "documentation of trimtab.losses.SparseCategoricalCrossentropy",
    )

    UNUSABLE_WEIGHTS = structure.UNUSABLE_WEIGHTS

    # -- warning --------------------------------------------------------------------------------

    VARIANCE_SHIFT = Description(
        Severity.WARNING,
        "Dropout before a batch normalization",
        "Dropout adds variance in training only, so the moving variance, an average over training, "
        "is wrong at inference.",
        "{steps}",
        "Li et al. 2018, Understanding the disharmony between dropout and batch normalization by "
        "variance shift, section 3",
    )
    SLOW_MOVING_AVERAGES = Description(
        Severity.WARNING,
        "Moving averages too slow for this number of steps",
        "Until the averages have forgotten their start values, validation and predictions use "
        "statistics that do not describe the data.",
        '{network}\n# or keep the network, and call fit with statistics="population"',
        "Ioffe & Szegedy 2015, Batch normalization, algorithm 2; debiasing as in Kingma & Ba 2015, "
        "Adam, section 3",
    )
    SMALL_BATCH_STATISTICS = Description(
        Severity.WARNING,
        "Batches too small for batch statistics",
        "The mean and variance of a few rows are mostly noise, and every row of the batch is "
        "normalized by them.",
        "{steps}",
        "Wu & He 2018, Group normalization, section 1; Hoffer et al. 2017, Train longer, "
        "generalize better",
    )
    TINY_LAST_BATCH = Description(
        Severity.WARNING,
        "A tiny last batch",
        "Each epoch ends with a step on the statistics of very few rows (the variance of one row "
        "is 0), which count like those of any other step.",
        "{fit}",
        "documentation of trimtab.Sequential.fit, last_batch",
    )
    SHARED_ROWS = Description(
        Severity.WARNING,
        "Validation rows that are also training rows",
        "The network has seen these rows with their targets, so the validation loss is too "
        "optimistic.",
        "{steps}",
        "Kapoor & Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based "
        "science, type L1.4",
    )
    SHARED_GROUPS = Description(
        Severity.WARNING,
        "Groups with rows on both sides of the split",
        "The validation loss measures rows of known groups; for new groups it is too optimistic.",
        "{steps}",
        "Kapoor & Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based "
        "science, type L3.2",
    )
    INPUT_SCALES = Description(
        Severity.WARNING,
        "Raw input scales",
        "Large columns drown the small ones, and one learning rate serves all: too high for the "
        "former, so that training starts far off or diverges, or too low for the latter.",
        "{steps}",
        "LeCun et al. 1998, Efficient BackProp, section 4.3",
    )
    TARGET_SCALE = Description(
        Severity.WARNING,
        "Targets not scaled",
        "A new network outputs numbers around 0 with a spread of about 1, and can only move away "
        "from there in steps of the learning rate.",
        "import numpy as np\n\n"
        "center, scale = {center}, {scale}\n"
        "y = (np.asarray(y) - center) / scale  # back again: model.predict(x) * scale + center"
        "{valid}",
        "Bishop 1995, Neural networks for pattern recognition, section 8.2",
    )
    NEARLY_ALL_DROPPED = Description(
        Severity.WARNING,
        "A dropout that leaves almost nothing",
        "A row that loses all or nearly all units of a layer teaches the layers before it nothing, "
        "and what is left is scaled up by 1 / (1 - rate).",
        "{steps}",
        "Srivastava et al. 2014, Dropout, section 7.3: the error is flat for rates of 0.2 to 0.6",
    )
    DROPOUT_ON_OUTPUT = Description(
        Severity.WARNING,
        "Dropout on the outputs",
        "In training it sets predictions to 0 before the loss is computed, and no later layer can "
        "compensate.",
        "{network}",
        "Srivastava et al. 2014, Dropout, section 4: on inputs and hidden units",
    )
    FLOAT32_RESOLUTION = Description(
        Severity.WARNING,
        "Columns that lose their digits in float32",
        "The mean is so much larger than the standard deviation that different values become "
        "equal, or nearly so, in float32.",
        "{steps}",
        "Goldberg 1991, What every computer scientist should know about floating-point arithmetic",
    )
    UNUSUAL_LEARNING_RATE = Description(
        Severity.WARNING,
        "A learning rate that does not fit",
        "Far above the usual range training jumps or diverges; far below it, or in too few steps, "
        "it hardly moves.",
        "{steps}",
        "Bengio 2012, Practical recommendations for gradient-based training of deep architectures, "
        "section 3.1 (for SGD below 1 and above 1e-6); Kingma & Ba 2015, Adam, algorithm 1",
    )

    NO_ACTIVATION = structure.NO_ACTIVATION
    SATURATING_DEPTH = structure.SATURATING_DEPTH
    WRONG_LOSS = structure.WRONG_LOSS
    STRONG_PENALTY = structure.STRONG_PENALTY
    NORMALIZED_OUTPUT = structure.NORMALIZED_OUTPUT
    LEAKING_COLUMN = structure.LEAKING_COLUMN
    SORTED_ROWS = structure.SORTED_ROWS
    UNLIKE_VALIDATION = structure.UNLIKE_VALIDATION
    UNEQUAL_CLASSES = structure.UNEQUAL_CLASSES
    HEAVY_TAILED_TARGET = structure.HEAVY_TAILED_TARGET

    # -- note -----------------------------------------------------------------------------------

    BIAS_WITHOUT_EFFECT = Description(
        Severity.NOTE,
        "A bias directly before a batch normalization",
        "The normalization subtracts the mean, and the bias with it, so the bias has gradient 0; "
        "beta takes its place.",
        "{network}",
        "Ioffe & Szegedy 2015, Batch normalization, section 3.2",
    )
    CONSTANT_COLUMNS = Description(
        Severity.NOTE,
        "Constant or nearly constant columns",
        "They carry no information, and dividing by a standard deviation of nearly 0 turns small "
        "differences in new rows into large numbers.",
        "{steps}",
        "Kuhn & Johnson 2013, Applied predictive modeling, section 3.5",
    )
    MORE_PARAMETERS_THAN_ROWS = Description(
        Severity.NOTE,
        "Far more parameters than rows",
        "Such a network can memorize its training rows; only the validation loss shows whether it "
        "does, and early stopping keeps the epoch with the best one.",
        "from trimtab.keras.callbacks import EarlyStopping\n\n"
        "stop = EarlyStopping(patience=20, restore_best_weights=True)\n"
        "{fit}",
        "Zhang et al. 2017, Understanding deep learning requires rethinking generalization; "
        "Prechelt 1998, Early stopping - but when?",
    )

    LABELS_AS_NUMBERS = structure.LABELS_AS_NUMBERS
    DUPLICATE_ROWS = structure.DUPLICATE_ROWS

    # -- what only training shows -----------------------------------------------------------------

    DIVERGED = course.DIVERGED
    RATE_TOO_HIGH = course.RATE_TOO_HIGH
    RATE_TOO_LOW = course.RATE_TOO_LOW
    FEW_STEPS = course.FEW_STEPS
    DECAY_TOO_EARLY = course.DECAY_TOO_EARLY
    DEAD_UNITS = course.DEAD_UNITS
    SATURATED_UNITS = course.SATURATED_UNITS
    EXPLODING_ACTIVATIONS = course.EXPLODING_ACTIVATIONS
    VANISHING_GRADIENTS = course.VANISHING_GRADIENTS
    STALE_STATISTICS = course.STALE_STATISTICS
    JUMPING_VALIDATION = course.JUMPING_VALIDATION
    PLATEAU = course.PLATEAU
    UNDERFITTING = course.UNDERFITTING
    OVERFITTING = course.OVERFITTING
    IMPATIENT_STOPPING = course.IMPATIENT_STOPPING
    STILL_FALLING = course.STILL_FALLING
    NOISY_VALIDATION = course.NOISY_VALIDATION
    TRAINING_ABOVE_VALIDATION = course.TRAINING_ABOVE_VALIDATION

    @property
    def code(self) -> str:
        """The stable name: ``variance-shift``."""
        return self.name.lower().replace("_", "-")

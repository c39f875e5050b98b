"""Everything the coach can find: one enumeration with meaning, remedy and source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

__all__ = ["Code", "Description", "Severity"]


class Severity(StrEnum):
    """How much a finding matters.

    - ``error``: training fails, or cannot reach what it is after, whatever the seed.
    - ``warning``: training runs, but comes out worse than it could, or the numbers it reports
      mislead.
    - ``note``: costs little, or is a matter of judgement; good to know.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Description:
    """What is the same of a finding wherever it is made.

    Attributes:
        severity: how much it matters.
        title: in a few words.
        meaning: why it matters, in one sentence.
        remedy: code to paste; names in braces are filled in with this model's.
        source: paper or documentation.
    """

    severity: Severity
    title: str
    meaning: str
    remedy: str
    source: str


class Code(Enum):
    """All findings, the graver ones first."""

    # -- error ----------------------------------------------------------------------------------

    NON_FINITE_VALUES = Description(
        Severity.ERROR,
        "Missing or infinite values",
        "One nan in a batch makes the loss, the gradient and from then on every weight nan.",
        "import numpy as np\n\n{steps}",
        "IEEE 754-2019, section 6.2: nan travels through every operation",
    )
    CODES_OUT_OF_RANGE = Description(
        Severity.ERROR,
        "Codes that an embedding has no vector for",
        "What such a code becomes is nan, and one nan in a batch makes the loss, the gradient and "
        "from then on every weight nan.",
        "{steps}",
        "documentation of trimtab.layers.CategoryEmbedding",
    )
    CODES_CHANGED = Description(
        Severity.ERROR,
        "A layer in front of an embedding changes codes",
        "A code that is scaled, shifted or dropped is the number of another category, or of none.",
        "{network}",
        "documentation of trimtab.layers.CategoryEmbedding",
    )
    LOGITS_MISMATCH = Description(
        Severity.ERROR,
        "Loss and output activation do not fit each other",
        "A cross-entropy takes probabilities or, with from_logits=True, what comes before the "
        "sigmoid or softmax; given the other of the two, it minimizes something else.",
        "{steps}",
        "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
    )
    SOFTMAX_OF_ONE = Description(
        Severity.ERROR,
        "Softmax over a single output",
        "The softmax of one number is 1 whatever the number, so nothing can be learned.",
        "from trimtab import activations\n\n{place}.activation = activations.{function}",
        "Bridle 1990, Probabilistic interpretation of feedforward network outputs",
    )
    UNREACHABLE_TARGETS = Description(
        Severity.ERROR,
        "The output activation cannot reach the targets",
        "Rows whose target lies outside the range of the last activation can never be fitted, and "
        "they push its input to where the gradient vanishes.",
        "from trimtab import activations\n\n{place}.activation = activations.linear",
        "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
    )
    TOO_FEW_CLASSES = Description(
        Severity.ERROR,
        "Fewer outputs than classes",
        "A sparse loss needs one output for each class number from 0 to the greatest.",
        "{network}",
        "documentation of trimtab.losses.SparseCategoricalCrossentropy",
    )

    # -- warning --------------------------------------------------------------------------------

    VARIANCE_SHIFT = Description(
        Severity.WARNING,
        "Dropout upstream of a batch normalization",
        "Dropout adds variance in training only, so the moving variance, which was averaged in "
        "training, is wrong for what comes in at inference.",
        "{fit}\n# This makes the variances alike. Where the validation loss does not follow, have "
        "the\n# dropout behind the last batch normalization instead.",
        "Li et al. 2018, Understanding the disharmony between dropout and batch normalization by "
        "variance shift, section 3",
    )
    SLOW_MOVING_AVERAGES = Description(
        Severity.WARNING,
        "Moving averages too slow for so few steps",
        "Until the values the averages started from are forgotten, validation and predictions use "
        "statistics that are neither the data's nor the network's.",
        '{network}\n# or keep the network, and call fit with statistics="population"',
        "Ioffe & Szegedy 2015, Batch normalization, algorithm 2; debiasing as in Kingma & Ba 2015, "
        "Adam, section 3",
    )
    SMALL_BATCH_STATISTICS = Description(
        Severity.WARNING,
        "Batches too small for batch statistics",
        "Mean and variance of a few rows are mostly noise, which every row of the batch is then "
        "normalized by.",
        "{steps}",
        "Wu & He 2018, Group normalization, section 1; Hoffer et al. 2017, Train longer, "
        "generalize better",
    )
    TINY_LAST_BATCH = Description(
        Severity.WARNING,
        "A tiny last batch",
        "Each epoch ends with a step on statistics of almost nothing (of one row the variance is "
        "0), and the moving averages take it in like any other.",
        "{fit}",
        "documentation of trimtab.Sequential.fit, last_batch",
    )
    SHARED_ROWS = Description(
        Severity.WARNING,
        "Validation rows that are also training rows",
        "What was learned by heart counts as if it were predicted: the validation loss is too "
        "good.",
        "import numpy as np\n"
        "from sklearn.model_selection import GroupShuffleSplit\n\n"
        "{rows}\n"
        "copies = np.unique(rows, axis=0, return_inverse=True)[1].ravel()\n"
        "split = GroupShuffleSplit(n_splits=1, test_size={share:.2f}, random_state=0)\n"
        "train, valid = next(split.split(rows, groups=copies))\n"
        "x, y, x_valid, y_valid = rows[train], targets[train], rows[valid], targets[valid]",
        "Kapoor & Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based "
        "science, type L1.4",
    )
    SHARED_GROUPS = Description(
        Severity.WARNING,
        "Groups with rows on both sides of the split",
        "The validation loss tells how well rows of known groups are predicted; for groups that "
        "are new it is too good.",
        "import numpy as np\n"
        "from sklearn.model_selection import GroupShuffleSplit\n\n"
        "{rows}\n"
        "{labels}\n"
        "split = GroupShuffleSplit(n_splits=1, test_size={share:.2f}, random_state=0)\n"
        "train, valid = next(split.split(rows, groups=labels))\n"
        "x, y, x_valid, y_valid = rows[train], targets[train], rows[valid], targets[valid]\n"
        "groups = (labels[train], labels[valid])",
        "Kapoor & Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based "
        "science, type L3.2",
    )
    INPUT_SCALES = Description(
        Severity.WARNING,
        "Raw input scales into plain SGD",
        "One learning rate serves all columns: it is too high for the large ones, where training "
        "diverges, or too low for the small ones, which are not learned.",
        "{network}",
        "LeCun et al. 1998, Efficient BackProp, section 4.3",
    )
    TARGET_SCALE = Description(
        Severity.WARNING,
        "Targets not scaled",
        "A new network puts out numbers around 0 with a spread of about 1, and has to travel the "
        "rest in steps of the learning rate.",
        "import numpy as np\n\n"
        "center, scale = {center}, {scale}\n"
        "y = (np.asarray(y) - center) / scale  # back again: model.predict(x) * scale + center"
        "{valid}",
        "Bishop 1995, Neural networks for pattern recognition, section 8.2",
    )
    NEARLY_ALL_DROPPED = Description(
        Severity.WARNING,
        "A dropout that leaves next to nothing",
        "Rows that lose all or nearly all of a layer teach the layers before it nothing, and the "
        "little that is left is scaled up by 1 / (1 - rate).",
        "{place}.rate = {rate}",
        "Srivastava et al. 2014, Dropout, section 7.3: the error is flat for rates of 0.2 to 0.6",
    )
    DROPOUT_ON_OUTPUT = Description(
        Severity.WARNING,
        "Dropout on the outputs",
        "In training it replaces predictions by 0 before the loss is taken; no later layer can "
        "make up for it.",
        "{network}",
        "Srivastava et al. 2014, Dropout, section 4: on inputs and hidden units",
    )
    FLOAT32_RESOLUTION = Description(
        Severity.WARNING,
        "Columns that lose their digits in float32",
        "The mean of the column is so much larger than its deviation that, in float32, rows that "
        "differ become equal or nearly so.",
        "{steps}",
        "Goldberg 1991, What every computer scientist should know about floating-point arithmetic",
    )
    UNUSUAL_LEARNING_RATE = Description(
        Severity.WARNING,
        "A learning rate outside of the usual range",
        "Far above it training jumps or diverges, far below it nothing moves; what is usual is "
        "experience, not law.",
        "{steps}",
        "Bengio 2012, Practical recommendations for gradient-based training of deep architectures, "
        "section 3.1 (for SGD below 1 and above 1e-6); Kingma & Ba 2015, Adam, algorithm 1",
    )

    # -- note -----------------------------------------------------------------------------------

    BIAS_WITHOUT_EFFECT = Description(
        Severity.NOTE,
        "A bias straight before a batch normalization",
        "The normalization subtracts the mean, and the bias with it: its gradient is 0 (beta takes "
        "its place).",
        "{network}",
        "Ioffe & Szegedy 2015, Batch normalization, section 3.2",
    )
    CONSTANT_COLUMNS = Description(
        Severity.NOTE,
        "Columns that are constant or nearly so",
        "They tell the network nothing, and dividing by their deviation of (nearly) 0 makes large "
        "numbers of small differences in new rows.",
        "{steps}",
        "Kuhn & Johnson 2013, Applied predictive modeling, section 3.5",
    )
    MORE_PARAMETERS_THAN_ROWS = Description(
        Severity.NOTE,
        "Far more parameters than rows",
        "Such a network can learn its rows by heart; whether it does, only the validation loss "
        "tells, and early stopping keeps the epoch at which that was best.",
        "from trimtab.keras.callbacks import EarlyStopping\n\n"
        "stop = EarlyStopping(patience=20, restore_best_weights=True)\n"
        "{fit}",
        "Zhang et al. 2017, Understanding deep learning requires rethinking generalization; "
        "Prechelt 1998, Early stopping - but when?",
    )

    @property
    def code(self) -> str:
        """The name that never changes: ``variance-shift``."""
        return self.name.lower().replace("_", "-")

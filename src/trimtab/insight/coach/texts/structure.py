"""Texts of the findings about networks and tables that need no training."""

from __future__ import annotations

from trimtab.insight.coach.texts.description import Description, Severity

__all__ = [
    "DUPLICATE_ROWS",
    "HEAVY_TAILED_TARGET",
    "LABELS_AS_NUMBERS",
    "LEAKING_COLUMN",
    "NORMALIZED_OUTPUT",
    "NO_ACTIVATION",
    "SATURATING_DEPTH",
    "SORTED_ROWS",
    "STRONG_PENALTY",
    "UNEQUAL_CLASSES",
    "UNLIKE_VALIDATION",
    "UNUSABLE_WEIGHTS",
    "WRONG_LOSS",
]

# -- error --------------------------------------------------------------------------------------

UNUSABLE_WEIGHTS = Description(
    Severity.ERROR,
    "Initial weights that cannot work",
    "Units that start alike stay alike, weights whose gradient is 0 never move, and outputs that "
    "start many times too large are not brought back in the steps of a usual fit.",
    "{network}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4; Glorot & Bengio 2010, "
    "Understanding the difficulty of training deep feedforward neural networks",
)

# -- warning ------------------------------------------------------------------------------------

NO_ACTIVATION = Description(
    Severity.WARNING,
    "Dense layers without an activation between them",
    "Two dense layers in a row compute what a single one can, so the network is less deep than it "
    "looks; without any activation it is a linear model.",
    "{network}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.1",
)
SATURATING_DEPTH = Description(
    Severity.WARNING,
    "Too many saturating activations in a row",
    "Each sigmoid passes on at most a quarter of the gradient and little of the differences "
    "between rows, so that the first layers of a deep stack hardly learn.",
    "{network}",
    "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural "
    "networks, section 3; Glorot, Bordes & Bengio 2011, Deep sparse rectifier neural networks",
)
WRONG_LOSS = Description(
    Severity.WARNING,
    "Output activation, loss and labels that do not belong together",
    "A softmax chooses one class of several, sigmoids answer one question each, and a "
    "cross-entropy is the loss whose gradient does not vanish where such an output is wrong.",
    "{steps}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
)
STRONG_PENALTY = Description(
    Severity.WARNING,
    "A penalty that leaves nothing of the weights",
    "Where shrinking the weights lowers the loss by more than fitting the rows does, they go to 0 "
    "and the network predicts the same for all rows.",
    "{steps}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 7.1; Loshchilov & Hutter 2019, "
    "Decoupled weight decay regularization",
)
NORMALIZED_OUTPUT = Description(
    Severity.WARNING,
    "A batch normalization on the outputs",
    "In training every prediction depends on the other rows of its batch, and at inference on "
    "moving averages, so the network is validated on other outputs than it was trained on.",
    "{network}",
    "Ioffe & Szegedy 2015, Batch normalization, section 3.2: before the nonlinearity of a hidden "
    "layer",
)
LEAKING_COLUMN = Description(
    Severity.WARNING,
    "A column that gives the target away",
    "If it is known only once the target is, predictions of new rows cannot have it, and the "
    "validation loss says nothing about them.",
    "# Where new rows have {columns} before y is known, leave the table as it is.\n{steps}",
    "Kaufman et al. 2012, Leakage in data mining; Kapoor & Narayanan 2023, Leakage and the "
    "reproducibility crisis in machine-learning-based science, type L2",
)
SORTED_ROWS = Description(
    Severity.WARNING,
    "Rows in the order of the target",
    "With validation_split the last rows are held out, and with shuffle=False a batch holds "
    "neighbours, so in sorted rows the targets of one part do not occur in the other.",
    "import numpy as np\n\n{steps}",
    "Bengio 2012, Practical recommendations for gradient-based training of deep architectures, "
    "section 2.2 (order of examples); documentation of trimtab.Sequential.fit, validation_split",
)
UNLIKE_VALIDATION = Description(
    Severity.WARNING,
    "Validation rows unlike the training rows",
    "The validation loss then measures how the network does on other rows than it learned from, "
    "or on columns that were scaled with other numbers.",
    "{steps}",
    "Smirnov 1948, Table for estimating the goodness of fit of empirical distributions; Holm 1979, "
    "A simple sequentially rejective multiple test procedure; Rabanser et al. 2019, Failing loudly",
)
UNEQUAL_CLASSES = Description(
    Severity.WARNING,
    "A class with nearly all rows",
    "The loss hardly changes where the rare classes are always missed, so the network can end up "
    "predicting the frequent one for every row, with a good accuracy.",
    "{fit}",
    "He & Garcia 2009, Learning from imbalanced data; King & Zeng 2001, Logistic regression in "
    "rare events data",
)
HEAVY_TAILED_TARGET = Description(
    Severity.WARNING,
    "A squared error of a target with heavy tails",
    "Squares of a few large targets make up most of the loss and of the gradient, so the network "
    "fits these rows and not the others.",
    "{steps}",
    "Huber 1964, Robust estimation of a location parameter; Box & Cox 1964, An analysis of "
    "transformations",
)

# -- note ---------------------------------------------------------------------------------------

LABELS_AS_NUMBERS = Description(
    Severity.NOTE,
    "A regression on labels of two classes",
    "The outputs are not probabilities and leave the range of 0 to 1; under an absolute error they "
    "go to the more frequent label.",
    "{steps}",
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2.2",
)
DUPLICATE_ROWS = Description(
    Severity.NOTE,
    "Rows that occur several times",
    "Copies count like new rows: they weigh as often as they occur, and a split at random puts "
    "them on both sides.",
    "import numpy as np\n\n"
    "# If the same can be measured twice, keep the rows, and split them with their copies "
    "together.\n"
    "{steps}",
    "Kapoor & Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based "
    "science, type L1.4",
)

"""Changes of a network or of its training, as data: a name and arguments.

Each function makes an :class:`Edit`, which prints as the code that makes it. :func:`edited` applies
edits to a compiled model, :func:`edited_options` to options of ``train``; a comparison does so with
the edits among its variants.
"""

from __future__ import annotations

from trimtab.insight.coach.edit import Edit
from trimtab.trials.edits.applying import edited, edited_options
from trimtab.trials.edits.architecture import (
    activation,
    depth,
    initializer,
    output_activation,
    unfreeze,
    units,
)
from trimtab.trials.edits.data import (
    class_weight,
    drop_columns,
    group_split,
    log_target,
    standardize_inputs,
    standardize_target,
)
from trimtab.trials.edits.dropout import dropout, dropout_last, no_dropout
from trimtab.trials.edits.normalization import (
    batch_norm,
    batch_norm_momentum,
    no_batch_norm,
    population_statistics,
)
from trimtab.trials.edits.parsing import is_edits, parse
from trimtab.trials.edits.table import EDITS, changed
from trimtab.trials.edits.training import (
    batch_size,
    clip_norm,
    early_stopping,
    epochs,
    learning_rate,
    loss,
    no_early_stopping,
    no_penalty,
    optimizer,
    schedule,
    shuffle,
    weight_decay,
)

__all__ = [
    "EDITS",
    "Edit",
    "activation",
    "batch_norm",
    "batch_norm_momentum",
    "batch_size",
    "changed",
    "class_weight",
    "clip_norm",
    "depth",
    "drop_columns",
    "dropout",
    "dropout_last",
    "early_stopping",
    "edited",
    "edited_options",
    "epochs",
    "group_split",
    "initializer",
    "is_edits",
    "learning_rate",
    "log_target",
    "loss",
    "no_batch_norm",
    "no_dropout",
    "no_early_stopping",
    "no_penalty",
    "optimizer",
    "output_activation",
    "parse",
    "population_statistics",
    "schedule",
    "shuffle",
    "standardize_inputs",
    "standardize_target",
    "unfreeze",
    "units",
    "weight_decay",
]

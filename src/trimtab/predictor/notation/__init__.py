"""Networks in one line: ``256 bn relu dropout:0.2, 128 relu``.

Commas separate blocks, blanks separate words. Each word is a layer, in the order of the words, or a
setting of the dense layer before it::

    256               Dense(256); at most one in a block
    relu gelu tanh    the activation of the dense layer right before it, or else a layer
    linear            no activation
    bn  bn:0.9        BatchNormalization; its momentum
    ple:48x8          PiecewiseLinearEmbedding of the columns that are numbers; bins x values
    ple_tree:16x8     the same, its bins by a small decision tree on the target
    periodic:24x8     PeriodicEmbedding of these columns; frequencies x values
    plr:24x8          the same with a sine beside each cosine, and relu
    dropout:0.2       Dropout
    feature_dropout:0.1   FeatureDropout, which drops whole columns
    dropconnect:0.1   the dense layer before it drops weights: DropConnect
    l1:1e-5  l2:1e-4  penalties on the kernel of the dense layer before it
    max_norm:3        the constraint of that kernel
    no_bias           no bias in it
    bias              a bias even where a bn follows directly
    residual(...)     Residual: blocks whose output is added to their input

Words before the number come before the dense layer: ``bn 512 relu`` normalizes its input, ``512 bn
relu`` its output. A dense layer that a ``bn`` follows directly has no bias, which would have no
effect. The last layer, which predicts, is not part of the text.

The option ``layers`` of ``train`` also takes widths alone, ``"64, 64"`` or ``[64, 64]``, with relu
after each.
"""

from trimtab.predictor.notation.parsing import parse
from trimtab.predictor.notation.spelling import Completed, spelled
from trimtab.predictor.notation.vocabulary import ACTIVATIONS, EMBEDDINGS, WORDS
from trimtab.predictor.notation.writing import canonical, to_python, to_text

__all__ = [
    "ACTIVATIONS",
    "EMBEDDINGS",
    "WORDS",
    "Completed",
    "canonical",
    "parse",
    "spelled",
    "to_python",
    "to_text",
]

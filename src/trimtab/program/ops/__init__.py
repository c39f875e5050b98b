"""The registry of ops, which drives engines and contract tests: one row per op."""

from trimtab.program.ops.activation import Activation
from trimtab.program.ops.activity_penalty import ActivityPenalty
from trimtab.program.ops.add import Add
from trimtab.program.ops.base import Example, Function, Op
from trimtab.program.ops.batch_normalization import BatchNormalization
from trimtab.program.ops.call import Call
from trimtab.program.ops.constraints import CONSTRAINTS, ConstraintOp
from trimtab.program.ops.dense import Bias, Matmul
from trimtab.program.ops.discretization import CategoryEncoding, Discretization
from trimtab.program.ops.drop_connect import DropConnect
from trimtab.program.ops.dropout import Dropout, Dropping
from trimtab.program.ops.embedding import Embedding
from trimtab.program.ops.gaussian_noise import GaussianNoise
from trimtab.program.ops.glu import Glu
from trimtab.program.ops.increasing import Increasing
from trimtab.program.ops.joining import Concatenate, Select
from trimtab.program.ops.layer_normalization import LayerNormalization
from trimtab.program.ops.losses import LOSSES, LossOp, LossPart
from trimtab.program.ops.members import AVERAGES, Affine, Average, Heads
from trimtab.program.ops.merging import Maximum, Minimum, Multiply, Scale, Subtract
from trimtab.program.ops.one_column import Spread, SumColumns
from trimtab.program.ops.optimizers import RULES, OptimizerOp
from trimtab.program.ops.periodic import Periodic
from trimtab.program.ops.piecewise_linear import PiecewiseLinear
from trimtab.program.ops.prelu import Prelu
from trimtab.program.ops.rescaling import Normalization, Rescaling
from trimtab.program.ops.softmax import Softmax

OPS: dict[str, type[Op]] = {
    op.kind: op
    for op in (
        Activation,
        ActivityPenalty,
        Add,
        Affine,
        Average,
        BatchNormalization,
        Bias,
        Call,
        CategoryEncoding,
        Concatenate,
        Discretization,
        DropConnect,
        Dropout,
        Embedding,
        GaussianNoise,
        Glu,
        Heads,
        Increasing,
        LayerNormalization,
        Matmul,
        Maximum,
        Minimum,
        Multiply,
        Normalization,
        Periodic,
        PiecewiseLinear,
        Prelu,
        Rescaling,
        Scale,
        Select,
        Softmax,
        Spread,
        Subtract,
        SumColumns,
    )
}

__all__ = [
    "AVERAGES",
    "CONSTRAINTS",
    "LOSSES",
    "OPS",
    "RULES",
    "Activation",
    "ActivityPenalty",
    "Add",
    "Affine",
    "Average",
    "BatchNormalization",
    "Bias",
    "Call",
    "CategoryEncoding",
    "Concatenate",
    "ConstraintOp",
    "Discretization",
    "DropConnect",
    "Dropout",
    "Dropping",
    "Embedding",
    "Example",
    "Function",
    "GaussianNoise",
    "Glu",
    "Heads",
    "Increasing",
    "LayerNormalization",
    "LossOp",
    "LossPart",
    "Matmul",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "Op",
    "OptimizerOp",
    "Periodic",
    "PiecewiseLinear",
    "Prelu",
    "Rescaling",
    "Scale",
    "Select",
    "Softmax",
    "Spread",
    "Subtract",
    "SumColumns",
]

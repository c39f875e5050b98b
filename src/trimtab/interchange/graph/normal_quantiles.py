"""Quantiles of the normal distribution."""

from __future__ import annotations

import numpy as np

from trimtab.interchange.graph.graph import Graph, f64

__all__ = ["normal_quantiles"]

#: Up to this distance from the middle, and beyond: numerator and denominator, from the constant on.
_MIDDLE = (
    (
        *(3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3),
        *(1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4),
        *(3.3430575583588128105e4, 2.5090809287301226727e3),
    ),
    (
        *(1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3),
        *(2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4),
        5.2264952788528545610e3,
    ),
)
_TAILS = (
    (
        *(1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0),
        *(3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1),
        *(2.27238449892691845833e-2, 7.74545014278341407640e-4),
    ),
    (
        *(1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1),
        *(1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4),
        1.05075007164441684324e-9,
    ),
)


def normal_quantiles(graph: Graph, p: str, columns: int) -> str:
    """What a normal number is below with probability p, exact to 1e-15.

    Source: Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution",
    PPND16; its part for probabilities below 1e-11 is left out.

    Args:
        graph: takes the nodes.
        p: ``(rows, columns)`` in float64, from 1e-11 to 1 - 1e-11.
        columns: how many.
    """
    q = graph("Sub", p, f64(0.5))
    near = graph("LessOrEqual", graph("Abs", q), f64(0.425))
    middle = graph("Sub", f64(0.180625), graph("Mul", q, q))
    rest = graph("Min", p, graph("Sub", f64(1), p))
    tail = graph("Sub", graph("Sqrt", graph("Neg", graph("Log", rest))), f64(1.6))
    # Both polynomials of both parts at once: (part, numerator or denominator, rows, columns).
    r = graph.joined([graph.reshape(each, 1, 1, -1, columns) for each in (middle, tail)], axis=0)
    coefficients = f64([_MIDDLE, _TAILS])[..., None, None]
    value = graph("Mul", r, coefficients[:, :, -1])
    for power in reversed(range(1, coefficients.shape[2] - 1)):
        value = graph("Mul", graph("Add", value, coefficients[:, :, power]), r)
    value = graph("Add", value, coefficients[:, :, 0])
    over, under = (graph("Gather", value, np.int64(each), axis=1) for each in (0, 1))
    share = graph("Div", over, under)
    inner, outer = (graph("Gather", share, np.int64(each), axis=0) for each in (0, 1))
    signed = graph("Where", graph("Less", q, f64(0)), graph("Neg", outer), outer)
    return graph("Where", near, graph("Mul", q, inner), signed)

"""Numbers looked up among sorted ones, curves, and normal quantiles: beside NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from trimtab.interchange.graph.graph import Graph, f64
from trimtab.interchange.graph.interpolation import interpolated
from trimtab.interchange.graph.normal_quantiles import normal_quantiles
from trimtab.interchange.graph.searching import at_most
from trimtab.interchange.python_file.writing import computed


def made(make, values):
    graph = Graph()
    x = graph.input("x", "float64", values.shape[1])
    graph.output("y", make(graph, x), "float64", values.shape[1])
    return computed(graph, {"x": values})["y"]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 7, 8, 9, 100])
def test_at_most(number):
    generator = np.random.default_rng(number)
    edges = np.sort(np.round(generator.normal(size=(3, number)), 1), axis=1)
    values = np.concatenate([edges.T, generator.normal(size=(50, 3)), [[-9.0] * 3, [9.0] * 3]])
    pairs = zip(edges, values.T, strict=True)
    expected = [np.searchsorted(own, x, side="right").tolist() for own, x in pairs]
    assert made(lambda g, x: at_most(g, x, edges), values).T.tolist() == expected


def test_interpolated():
    generator = np.random.default_rng(0)
    curves = [
        (np.sort(generator.normal(size=size)), generator.normal(size=size)) for size in (2, 9, 30)
    ]
    values = np.concatenate([generator.normal(size=(50, 3)) * 2, [[x[0] for x, _ in curves]]])
    expected = np.stack([np.interp(values[:, i], *curves[i]) for i in range(3)], axis=1)
    assert np.abs(made(lambda g, x: interpolated(g, x, curves), values) - expected).max() <= 1e-12


def test_normal_quantiles():
    p = np.concatenate([[1e-7, 0.075, 0.0749, 0.925, 0.5, 1 - 1e-7], np.linspace(0.001, 0.999, 94)])
    p = p.reshape(-1, 2)
    found = made(lambda g, x: normal_quantiles(g, x, 2), p)
    assert np.abs(found - ndtri(p)).max() <= 1e-14


def test_constants_are_kept_once():
    graph = Graph()
    x = graph.input("_0", "float64")
    graph("Add", graph("Add", x, f64(1)), f64(1))
    assert len(graph.constants) == 1 and "_0" not in graph.constants
    graph("Add", x, np.float32(1))
    assert len(graph.constants) == 2

"""The floor: a run's matrix products and nothing else.

Forward, kernel gradient, and input gradient where a parameter lies further down; short last
batches and validation included. Concurrent single-threaded workers, one a core,
each own an equal slice of the output columns and never wait for each other. The calls are
SciPy's BLAS, through the function pointers it exports, from a loop in C: neither the interpreter
lock nor a Python call stands between two products.

Row-major arrays, column-major BLAS: `Y = X W` is issued as `Y' = W' X'`, the same memory read the
other way round, and likewise for the gradients. A product with a one-unit layer is a
matrix-vector product (`sgemv`, split by rows), many times quicker than `sgemm` with one column.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cython_blas
from threadpoolctl import threadpool_info, threadpool_limits

from benchmarks.data import Data
from benchmarks.networks import DenseShape, Run, dense_shapes
from benchmarks.peers import Peer, cores

SOURCE = Path(__file__).with_suffix(".c")


class Product(ctypes.Structure):
    """`struct product` of floor.c, field by field."""

    _fields_ = [
        ("transa", ctypes.c_char),
        ("transb", ctypes.c_char),
        ("m", ctypes.c_int),
        ("n", ctypes.c_int),
        ("k", ctypes.c_int),
        ("a", ctypes.c_void_p),
        ("lda", ctypes.c_int),
        ("b", ctypes.c_void_p),
        ("ldb", ctypes.c_int),
        ("c", ctypes.c_void_p),
        ("ldc", ctypes.c_int),
    ]


def blas_pointer(name: str) -> int:
    """Address of a BLAS routine of SciPy's; refuses one that does not take 32-bit integers."""
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    capsule = cython_blas.__pyx_capi__[name]
    signature: bytes = get_name(capsule)
    if b"int *" not in signature:
        raise RuntimeError(f"SciPy's {name} has the signature {signature!r}, not 32-bit integers")
    return int(get_pointer(capsule, signature))


def compiled_loop() -> Any:
    """floor.c as a loaded library, compiled with `CC` or `cc` into a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "floor.so"
        command = [os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o"]
        subprocess.run([*command, str(library), str(SOURCE)], check=True, capture_output=True)
        loop = ctypes.CDLL(str(library)).run_products
    pointer = ctypes.c_void_p
    loop.argtypes = [pointer, pointer, pointer, ctypes.c_long, ctypes.c_long]
    loop.restype = None
    return loop


class Layer:
    """The buffers of one dense layer and its products, cut into slices for the workers."""

    def __init__(self, shape: DenseShape, batch: int, generator: np.random.Generator) -> None:
        self.shape = shape

        def filled(rows: int, columns: int) -> NDArray[np.float32]:
            return generator.standard_normal((rows, columns), dtype=np.float32)

        inputs, units = shape.inputs, shape.units
        self.buffers = {
            "x": filled(batch, inputs),
            "kernel": filled(inputs, units),
            "y": filled(batch, units),
            "y_gradient": filled(batch, units),
            "kernel_gradient": filled(inputs, units),
            "x_gradient": filled(batch, inputs),
        }

    def at(self, name: str, row: int = 0, column: int = 0) -> int:
        array = self.buffers[name]
        return int(array.ctypes.data + row * array.strides[0] + column * array.strides[1])

    def forward(self, batch: int, worker: int, workers: int) -> Product:
        inputs, units = self.shape.inputs, self.shape.units
        if units == 1:
            start, count = part(batch, worker, workers)
            x, y = self.at("x", start), self.at("y", start)
            return Product(b"T", b"N", inputs, 0, count, x, inputs, self.at("kernel"), 1, y, 1)
        start, count = part(units, worker, workers)
        kernel, y = self.at("kernel", 0, start), self.at("y", 0, start)
        x = self.at("x")
        return Product(b"N", b"N", count, batch, inputs, kernel, units, x, inputs, y, units)

    def kernel_gradient(self, batch: int, worker: int, workers: int) -> Product:
        inputs, units = self.shape.inputs, self.shape.units
        if units == 1:
            start, count = part(inputs, worker, workers)
            x, out = self.at("x", 0, start), self.at("kernel_gradient", start)
            return Product(b"N", b"N", count, 0, batch, x, inputs, self.at("y_gradient"), 1, out, 1)
        start, count = part(units, worker, workers)
        dy, out = self.at("y_gradient", 0, start), self.at("kernel_gradient", 0, start)
        x = self.at("x")
        return Product(b"N", b"T", count, inputs, batch, dy, units, x, inputs, out, units)

    def input_gradient(self, batch: int, worker: int, workers: int) -> Product:
        inputs, units = self.shape.inputs, self.shape.units
        start, count = part(inputs, worker, workers)
        kernel, out = self.at("kernel", start), self.at("x_gradient", 0, start)
        dy = self.at("y_gradient")
        return Product(b"T", b"N", count, batch, units, kernel, units, dy, units, out, inputs)


def part(total: int, worker: int, workers: int) -> tuple[int, int]:
    """Start and length of a worker's contiguous share."""
    start, stop = total * worker // workers, total * (worker + 1) // workers
    return start, stop - start


def batch_sizes(rows: int, size: int) -> Iterator[int]:
    for start in range(0, rows, size):
        yield min(size, rows - start)


def epoch_products(
    layers: list[Layer], run: Run, data: Data, worker: int, workers: int
) -> list[Product]:
    """Everything one worker multiplies in an epoch, in a run's order."""
    products = []
    for batch in batch_sizes(len(data.x_train), run.batch_size):
        products += [layer.forward(batch, worker, workers) for layer in layers]
        for layer in reversed(layers):
            products.append(layer.kernel_gradient(batch, worker, workers))
            if layer.shape.input_gradient:
                products.append(layer.input_gradient(batch, worker, workers))
    for batch in batch_sizes(len(data.x_valid), run.batch_size):
        products += [layer.forward(batch, worker, workers) for layer in layers]
    return [product for product in products if product.m > 0 and product.k > 0]


class PeerOf(Peer):
    def build(self, seed: int) -> None:
        threadpool_limits(1, user_api="blas")
        self.routines = (blas_pointer("sgemm"), blas_pointer("sgemv"))
        self.loop = compiled_loop()
        generator = np.random.default_rng(seed)
        shapes = dense_shapes(self.run, self.data.columns)
        self.layers = [Layer(shape, self.run.batch_size, generator) for shape in shapes]
        workers = cores()
        self.shares = []
        for worker in range(workers):
            products = epoch_products(self.layers, self.run, self.data, worker, workers)
            self.shares.append((Product * len(products))(*products))

    def reset(self, seed: int) -> None:
        """Nothing is learned, so nothing is forgotten."""

    def fit(self) -> list[float]:
        def work(share: Any) -> None:
            self.loop(*self.routines, ctypes.addressof(share), len(share), self.run.epochs)

        with ThreadPoolExecutor(len(self.shares)) as pool:
            list(pool.map(work, self.shares))
        return []

    @staticmethod
    def facts() -> dict[str, str]:
        """SciPy's BLAS, the one that trimtab calls too."""
        for library in threadpool_info():
            if library["user_api"] == "blas" and "scipy.libs" in library["filepath"]:
                return {"blas": "{internal_api} {version} ({architecture})".format(**library)}
        return {"blas": "unknown"}

"""Files of events, which TensorBoard reads: numbers, histograms, images and the layers of a model.

What they look like is given by the protocols of tensorboardX or tensorboard; one of the two has to
be installed. It is imported when the first file is opened.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import socket
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EventFile", "need_event_files", "png"]

#: Package -> where its protocols are, and its writer of records.
_PACKAGES = {
    "tensorboardX": ("tensorboardX.proto", "tensorboardX.record_writer"),
    "tensorboard": ("tensorboard.compat.proto", "tensorboard.summary.writer.record_writer"),
}

#: Bins of a histogram, as TensorFlow's summaries have them.
_BINS = 30

#: Types of tensors, as the protocol numbers them.
_STRING = 7

_number = itertools.count()


def need_event_files(what: str) -> None:
    """Raises ImportError if neither package is installed; imports nothing.

    Args:
        what: what needs one, for the message.
    """
    if _package() is None:
        raise ImportError(
            f"{what} needs tensorboardX or tensorboard, and neither is installed. "
            "Run: pip install 'trimtab[tensorboard]'"
        )


def _package() -> str | None:
    return next((name for name in _PACKAGES if importlib.util.find_spec(name)), None)


class EventFile:
    """A new file of events in a folder; another one beside it is another part of the same run.

    Args:
        folder: made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        package = _package()
        assert package is not None
        protocols, records = _PACKAGES[package]
        self._events = importlib.import_module(f"{protocols}.event_pb2")
        self._summaries = importlib.import_module(f"{protocols}.summary_pb2")
        self._tensors = importlib.import_module(f"{protocols}.tensor_pb2")
        folder.mkdir(parents=True, exist_ok=True)
        # Seconds are too coarse: a run that is resumed may begin in the second it was stopped in.
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}"
        path = folder / f"{name}.{os.getpid()}.{next(_number)}"
        writer = importlib.import_module(records).RecordWriter
        # The one opens the file itself, the other is given it.
        self._writer: Any = writer(str(path) if package == "tensorboardX" else path.open("wb"))
        self._write(file_version="brain.Event:2")
        self.flush()

    def number(self, tag: str, value: float, step: int) -> None:
        """Adds a point to the curve of this name."""
        self._add(step, tag=tag, simple_value=float(value))

    def histogram(self, tag: str, values: NDArray[Any], step: int) -> None:
        """Adds how the values are distributed; NaN and infinite ones are left out."""
        finite = values[np.isfinite(values)].astype(np.float64)
        if finite.size == 0:
            return
        counts, edges = np.histogram(finite, bins=_BINS)
        # A bin is given by its right edge: an empty one in front says where the first begins.
        histogram = self._summaries.HistogramProto(
            min=finite.min(),
            max=finite.max(),
            num=finite.size,
            sum=finite.sum(),
            sum_squares=float(finite @ finite),
            bucket_limit=edges.tolist(),
            bucket=[0, *counts.tolist()],
        )
        self._add(step, tag=tag, histo=histogram)

    def image(self, tag: str, values: NDArray[Any], step: int) -> None:
        """Adds a table of numbers as a picture: the lowest is black, the highest white."""
        height, width = values.shape
        image = self._summaries.Summary.Image(
            height=height, width=width, colorspace=1, encoded_image_string=png(values)
        )
        self._add(step, tag=tag, image=image)

    def layers(self, description: str) -> None:
        """Adds the layers of a model, described in JSON, as the page of graphs draws them."""
        data = self._summaries.SummaryMetadata.PluginData(
            plugin_name="graph_keras_model", content=b"1"
        )
        tensor = self._tensors.TensorProto(dtype=_STRING, string_val=[description.encode()])
        metadata = self._summaries.SummaryMetadata(plugin_data=data)
        self._add(0, tag="keras", tensor=tensor, metadata=metadata)

    def flush(self) -> None:
        """Hands everything to the system, where a page that is open sees it."""
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()

    def _add(self, step: int, **value: Any) -> None:
        summary = self._summaries.Summary(value=[self._summaries.Summary.Value(**value)])
        self._write(step=step, summary=summary)

    def _write(self, **event: Any) -> None:
        made = self._events.Event(wall_time=time.time(), **event)
        self._writer.write(made.SerializeToString())


def png(values: NDArray[Any]) -> bytes:
    """A table of numbers as a gray PNG; NaN is black.

    Source: Portable Network Graphics, W3C, third edition, sections 5 and 11.

    Example:
        >>> png(np.array([[0.0, 1.0]]))[1:4]
        b'PNG'
    """
    shades = np.zeros(values.shape, np.uint8)
    known = np.isfinite(values)
    if known.any():
        low, high = float(values[known].min()), float(values[known].max())
        shades[known] = np.round((values[known] - low) * (255 / (high - low) if high > low else 0))
    height, width = values.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), shades], axis=1)  # no filter

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(lines.tobytes())),
            chunk(b"IEND", b""),
        ]
    )

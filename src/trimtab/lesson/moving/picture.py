"""What a moving picture is made of, and how it becomes a GIF and a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.replacing import replacing
from trimtab.core.types import Floats
from trimtab.core.version import __version__

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

__all__ = ["Motion", "Moving", "rounded", "standardized_concrete", "write_gif", "write_page"]

_ASSETS = Path(__file__).parent / "assets"

#: Size of a GIF in inches, dots of an inch, milliseconds of a frame, and of the last one.
SIZE, DOTS, DELAY, LAST = (6.6, 5.0), 100, 250, 2500

#: Colours of a GIF: each of these, and its way to white, as the edges of lines and letters have.
COLORS, SHADES = ((0, 0, 0), (95, 99, 104), (31, 111, 180), (225, 112, 26)), 10


@dataclass(frozen=True)
class Motion:
    """What was measured, and how it moves.

    Attributes:
        sentences: what was trained and what is seen, for the command and the page.
        facts: plain data for the page's script.
        frames: draws into a figure, and yields for each frame what moves in it, the same each
            time, from the back to the front.
    """

    sentences: tuple[str, ...]
    facts: dict[str, Any]
    frames: Callable[[Figure], Iterator[Sequence[Artist]]]


@dataclass(frozen=True)
class Moving:
    """A moving picture of the lesson.

    Attributes:
        name: the name on the command line, and of the files.
        title: the heading.
        alternative: what is seen, for people who do not see it.
        motion: measures it, given a seed and an engine.
    """

    name: str
    title: str
    alternative: str
    motion: Callable[[int, str], Motion]


def write_gif(motion: Motion, path: Path) -> int:
    """Writes the frames, on white, over and over; returns their number."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained", facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)  # its types are not told
    frames = []
    still: Any = None
    artist: Any
    for moving in motion.frames(figure):
        if still is None:  # what stands still is drawn once: it takes the longest
            for artist in moving:
                artist.set_animated(True)
            canvas.draw()
            still = canvas.copy_from_bbox(figure.bbox)
        canvas.restore_region(still)
        for artist in moving:
            artist.axes.draw_artist(artist)
        frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    frames = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    delays = [DELAY] * (len(frames) - 1) + [LAST]
    with replacing(path) as file:
        frames[0].save(
            file, format="GIF", save_all=True, append_images=frames[1:], duration=delays, loop=0
        )
    return len(frames)


def _palette() -> list[int]:
    """Red, green and blue of each colour of a GIF."""
    return [
        round(255 + (part - 255) * shade / SHADES)
        for color in COLORS
        for shade in range(SHADES + 1)
        for part in color
    ]


def write_page(moving: Moving, motion: Motion, path: Path) -> None:
    """Writes a page that holds everything it needs."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from trimtab.report import page as pages

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(_asset("page.html"))
    # A text may hold "</script>" or "<!--"; JSON can say "<" otherwise.
    facts = json.dumps(motion.facts, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    page = template.render(
        title=moving.title,
        alternative=moving.alternative,
        sentences=motion.sentences,
        facts=Markup(facts),
        style=Markup(_asset("page.css")),
        drawing=Markup(pages.asset("drawing.js")),
        player=Markup(_asset("player.js")),
        scene=Markup(_asset(f"{moving.name}.js")),
        version=__version__,
    )
    with replacing(path) as file:
        file.write(page.encode())


def rounded(values: Iterable[Any] | Sequence[float], digits: int = 4) -> list[float]:
    """Numbers short enough for a page.

    Example:
        >>> rounded([0.123456, 2.0])
        [0.1235, 2.0]
    """
    return [round(float(value), digits) for value in values]


def standardized_concrete() -> tuple[Floats, Floats, Floats, Floats]:
    """Columns and target of the lesson's rows, standardized: training, then validation."""
    from trimtab.lesson.lessons import LESSONS

    lesson = LESSONS["concrete"]
    split = lesson.split(lesson.table())
    parts = []
    for train, valid in ((split.x_train, split.x_valid), (split.y_train, split.y_valid)):
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        parts += [(train - mean) / deviation, (valid - mean) / deviation]
    x_train, x_valid, y_train, y_valid = (np.ascontiguousarray(p, np.float32) for p in parts)
    return x_train, y_train, x_valid, y_valid


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")

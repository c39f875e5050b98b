"""A small writer of SVG: elements, scales, axes and marks.

Colours are classes of the page's style sheet, so a picture follows the page: dark, light, printed.
All text and all attributes are escaped here; there is no other way to put them into a picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from trimtab.core.words import figure, one_line

__all__ = ["Chart", "Scale", "cut", "finite", "place", "tag", "ticks"]

#: Width of a letter as a share of the font's size, on average.
_LETTER = 0.56
#: Size of letters in a picture, in its own units.
FONT = 12.5


def tag(name: str, content: object = "", **attributes: object) -> Markup:
    """An element of SVG. ``class_`` and ``stroke_width`` are ``class`` and ``stroke-width``.

    Example:
        >>> print(tag("text", "a < b", x=1.5, class_="label"))
        <text x="1.5" class="label">a &lt; b</text>
        >>> print(tag("title", '<script>"'))
        <title>&lt;script&gt;&#34;</title>
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = escape(_plain(content))
    return Markup(f"<{name}{said}>{inner}</{name}>" if inner else f"<{name}{said}/>")


def _plain(value: object) -> object:
    """Numbers with one decimal, texts in one line."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return place(value)
    return one_line(value) if isinstance(value, str) else value


def place(value: float) -> str:
    """A coordinate with one decimal at most.

    Example:
        >>> place(3.0), place(2.25), place(-0.04)
        ('3', '2.2', '0')
    """
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def finite(values: Iterable[float | None]) -> list[float]:
    """Those that are numbers."""
    return [value for value in values if value is not None and math.isfinite(value)]


def cut(text: str, most: int) -> str:
    """A text in one line, its middle left out where it is longer than ``most`` letters.

    Example:
        >>> cut("a very long name of a column", 12)
        'a very…olumn'
    """
    text = one_line(text)
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]}…{text[len(text) - (most - head - 1) :]}"


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two, about ``most`` of them.

    Example:
        >>> ticks(0, 1), ticks(3, 8)
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return [low] if math.isfinite(low) else []
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * m for m in (1, 2, 2.5, 5, 10)), key=lambda s: abs(math.log(s / rough)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.10g}") for number in range(first, last + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    every = max(1, (last - first) // 5)
    found = [f * 10.0**p for p in range(first, last + 1, every) for f in factors]
    return [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


@dataclass(frozen=True)
class Scale:
    """From numbers to places.

    Attributes:
        low, high: numbers at both ends.
        start, end: their places.
        log: whether equal ratios are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def of(
        cls,
        values: Iterable[float],
        start: float,
        end: float,
        *,
        pad: float = 0.04,
        log: bool = False,
    ) -> Scale:
        """A scale that holds these numbers, with some room at both ends."""
        known = [v for v in finite(values) if v > 0 or not log]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        if log:
            low, high = math.log10(low), math.log10(high)
        room = pad * (high - low) if high > low else 0.5 * max(abs(high), 1.0) * (0.2 if log else 1)
        low, high = low - room, high + room
        return cls(*((10**low, 10**high) if log else (low, high)), start, end, log)

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            value, low, high = (math.log10(max(each, 1e-300)) for each in (value, low, high))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + min(max(share, -0.02), 1.02) * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Round numbers on it."""
        return _powers(self.low, self.high) if self.log else ticks(self.low, self.high, most)


@dataclass
class Chart:
    """A picture with a horizontal and a vertical axis.

    Args:
        title: what it shows, for people who do not see it.
        width, height: in its own units; the page scales it.
        left, right, top, bottom: margins.
    """

    title: str
    width: float = 420
    height: float = 270
    left: float = 52
    right: float = 14
    top: float = 14
    bottom: float = 44
    x: Scale = field(init=False)
    y: Scale = field(init=False)
    parts: list[Markup] = field(default_factory=list, init=False)

    def scale_x(self, values: Iterable[float], *, pad: float = 0.04, log: bool = False) -> None:
        """Sets the horizontal scale."""
        self.x = Scale.of(values, self.left, self.width - self.right, pad=pad, log=log)

    def scale_y(self, values: Iterable[float], *, pad: float = 0.06, log: bool = False) -> None:
        """Sets the vertical scale."""
        self.y = Scale.of(values, self.height - self.bottom, self.top, pad=pad, log=log)

    def add(self, name: str, content: object = "", **attributes: object) -> None:
        """Adds an element."""
        self.parts.append(tag(name, content, **attributes))

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        """Adds a text, its base line at ``y``."""
        self.add("text", text, x=x, y=y, class_=kind or None, text_anchor=anchor)

    def fit_left(self, texts: Iterable[str], most: float = 150) -> None:
        """Makes room at the left for labels of the vertical axis."""
        longest = max((len(text) for text in texts), default=0)
        self.left = min(most, 14 + longest * FONT * _LETTER)

    def fit_right(self, texts: Iterable[str], most: float = 150) -> None:
        """Makes room at the right for names beside the picture."""
        longest = max((len(text) for text in texts), default=0)
        self.right = min(most, 14 + longest * FONT * _LETTER)

    # -- axes -------------------------------------------------------------------------------------

    def axes(
        self,
        label_x: str = "",
        label_y: str = "",
        *,
        whole: bool = False,
        percent: str = "",
        most: int = 5,
    ) -> None:
        """Draws both axes with their ticks.

        Args:
            label_x, label_y: below and above them.
            whole: whether the horizontal axis has whole numbers only.
            percent: ``x``, ``y`` or both: axes of shares, written in percent.
            most: ticks of the horizontal axis.
        """
        self.axis_y(label_y, percent="y" in percent)
        self.axis_x(label_x, whole=whole, percent="x" in percent, most=most)

    def axis_y(self, label: str = "", *, percent: bool = False) -> None:
        """The vertical axis: faint lines across, numbers at the left, its label above them."""
        right = self.width - self.right
        for value in self.y.ticks(4):
            y = self.y(value)
            self.add("path", d=f"M{place(self.left)} {place(y)}H{place(right)}", class_="grid")
            self.text(self.left - 7, y + 4, _number(value, percent), "tick", "end")
        if label:
            self.text(2, 11, cut(label, int(self.width / (FONT * _LETTER)) - 2), "axis")

    def axis_x(
        self, label: str = "", *, whole: bool = False, percent: bool = False, most: int = 5
    ) -> None:
        """The horizontal axis: a line, numbers below it, its label below them."""
        bottom = self.height - self.bottom
        right = self.width - self.right
        self.add("path", d=f"M{place(self.left)} {place(bottom)}H{place(right)}", class_="base")
        values = self.x.ticks(most)
        if whole:
            values = sorted({float(round(value)) for value in values})
        for value in values:
            if self.x.low <= value <= self.x.high:
                self.text(self.x(value), bottom + 17, _number(value, percent), "tick", "middle")
        if label:
            middle = (self.left + right) / 2
            self.text(middle, self.height - 6, cut(label, 58), "axis", "middle")

    # -- marks ------------------------------------------------------------------------------------

    def line(
        self, xs: Sequence[float], ys: Sequence[float | None], kind: str, name: str = ""
    ) -> None:
        """A line through points; it is broken where a number is missing."""
        steps, pen = [], "M"
        for x, y in zip(xs, ys, strict=True):
            if y is None or not math.isfinite(y):
                pen = "M"
                continue
            steps.append(f"{pen}{place(self.x(x))} {place(self.y(y))}")
            pen = "L"
        if steps:
            self.add("path", d="".join(steps), class_=f"line {kind}", data_name=name or None)

    def band(
        self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], kind: str
    ) -> None:
        """The area between two lines."""
        up = [f"{place(self.x(x))} {place(self.y(y))}" for x, y in zip(xs, high, strict=True)]
        down = [f"{place(self.x(x))} {place(self.y(y))}" for x, y in zip(xs, low, strict=True)]
        if up:
            self.add("path", d="M" + "L".join([*up, *reversed(down)]) + "Z", class_=f"band {kind}")

    def dots(
        self, xs: Sequence[float], ys: Sequence[float], kind: str, name: str = "", layers: int = 1
    ) -> None:
        """Round dots, drawn in so many layers, so that many on one place are darker."""
        for layer in range(layers):
            points = [
                f"M{place(self.x(x))} {place(self.y(y))}h0"
                for x, y in zip(xs[layer::layers], ys[layer::layers], strict=True)
            ]
            if points:
                d = "".join(points)
                self.add("path", d=d, class_=f"dots {kind}", data_name=name or None)

    def bar(
        self, x: float, y: float, width: float, height: float, kind: str, tip: str = ""
    ) -> None:
        """A rectangle by its places; ``tip`` is shown when it is pointed at."""
        title = tag("title", tip) if tip else ""
        size = {"width": max(width, 0.0), "height": max(height, 0.0)}
        self.add("rect", title, x=x, y=y, **size, class_=kind)

    def error(self, x: float, low: float, high: float, kind: str = "error") -> None:
        """A vertical error bar between two numbers."""
        at, a, b = place(self.x(x)), place(self.y(low)), place(self.y(high))
        self.add("path", d=f"M{at} {a}V{b}", class_=kind)

    def across(self, y: float, low: float, high: float, kind: str = "error") -> None:
        """A horizontal error bar between two numbers, at a place."""
        a, b = place(self.x(low)), place(self.x(high))
        self.add("path", d=f"M{a} {place(y)}H{b}", class_=kind)

    def render(self, *, hover: str = "") -> Markup:
        """The whole picture.

        Args:
            hover: what the script says of the point under the pointer: the names of both axes,
                with ``|`` between them.
        """
        frame = None
        if hover and hasattr(self, "x") and hasattr(self, "y"):
            ends = [
                f"{s.low:.6g} {s.high:.6g} {place(s.start)} {place(s.end)} {int(s.log)}"
                for s in (self.x, self.y)
            ]
            frame = " ".join(ends)
        return tag(
            "svg",
            Markup("").join(self.parts),
            viewBox=f"0 0 {place(self.width)} {place(self.height)}",
            role="img",
            aria_label=self.title,
            data_frame=frame,
            data_hover=hover or None,
        )


def _number(value: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.3g} %"
    if abs(value) >= 1e5 and value == round(value):
        for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
            if abs(value) >= size:
                return f"{value / size:.3g}{letter}"
    if value == round(value) and 1000 <= abs(value) < 3000:
        return f"{value:.0f}"  # it may be a year
    return figure(value)

"""What a rule found in one model, and how a list of findings prints."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from typing import TYPE_CHECKING, Any

from trimtab.core.notebook import paragraph
from trimtab.core.words import count, listed
from trimtab.insight.coach.causes import causes_of
from trimtab.insight.coach.codes import Code, Severity
from trimtab.insight.coach.edit import Edit

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Finding", "Findings", "at_worst"]

#: Columns of the printed text; lines of code may be a little longer.
WIDTH = 88


@dataclass(frozen=True)
class Finding:
    """One finding, as plain data.

    Attributes:
        code: The name of a :class:`Code`.
        severity: See :class:`Severity`.
        layer: Path of the layer concerned, the first or the worst of several; None: the data, or
            the network as a whole.
        title: A few words.
        sentence: What was found, with the evidence filled in.
        meaning: Why it matters.
        remedy: Code to paste. ``model``, ``x``, ``y``, ``x_valid``, ``y_valid`` and ``groups``
            are what was checked.
        source: Paper or documentation.
        evidence: Numbers and names, by name.
        edits: The remedies as data, the most promising first.
    """

    code: str
    severity: Severity
    layer: str | None
    title: str
    sentence: str
    meaning: str
    remedy: str
    source: str
    evidence: Mapping[str, Any]
    edits: tuple[Edit, ...] = ()

    @classmethod
    def of(
        cls,
        code: Code,
        sentence: str,
        evidence: Mapping[str, Any],
        *,
        layer: str | None = None,
        words: Mapping[str, str] | None = None,
        edits: Iterable[Edit] = (),
        **remedy: Any,
    ) -> Finding:
        """A finding with the texts of its code.

        Args:
            code: What was found.
            sentence: The finding in words; names in braces are filled in from the evidence.
            evidence: Plain data by name.
            layer: Path of the layer concerned.
            words: More names for the sentence, such as plurals.
            edits: The remedies as data.
            remedy: Values for the names in the remedy.
        """
        text = code.value
        return cls(
            code=code.code,
            severity=text.severity,
            layer=layer,
            title=text.title,
            sentence=sentence.format(**evidence, **(words or {})),
            meaning=text.meaning,
            remedy=text.remedy.format(**remedy),
            source=text.source,
            evidence=dict(evidence),
            edits=tuple(edits),
        )

    @property
    def layers(self) -> list[str]:
        """Paths of all layers concerned."""
        several: list[str] = self.evidence.get("layers") or []
        if self.layer is None:
            return []
        return several if isinstance(several, list) and several else [self.layer]


def at_worst(values: Iterable[Any]) -> str:
    """The end of a sentence about the worst of several layers: empty if all are alike."""
    return ", at worst" if len(set(values)) > 1 else ""


class Findings(list[Finding]):
    """A list of findings, the most severe first; ``print`` shows it.

    A finding that another one explains comes right behind it, however severe it is.

    Attributes:
        causes: Code of a finding -> code of the finding that explains it.
        unchecked: What was not checked, and why.

    Example:
        >>> import trimtab
        >>> from trimtab import layers
        >>> model = trimtab.Sequential([layers.Input((3,)), layers.Dense(1)])
        >>> model.compile(optimizer="adam", loss="mse")
        >>> print(model.check())
        No findings.
        <BLANKLINE>
        Not checked: data and number of steps (no x was passed).
    """

    #: Of a list that was pickled before there were causes.
    causes: Mapping[str, str] = {}

    def __init__(self, findings: Iterable[Finding] = (), unchecked: Iterable[str] = ()) -> None:
        found = list(findings)
        self.causes = causes_of(dict.fromkeys(finding.code for finding in found))
        order = list(Severity)
        worst: dict[str, int] = {}
        for finding in found:
            cause = self.causes.get(finding.code, finding.code)
            place = order.index(finding.severity)
            worst[cause] = min(place, worst.get(cause, place))

        def place_of(finding: Finding) -> tuple[int, int, bool, int]:
            cause = self.causes.get(finding.code, finding.code)
            first = next(i for i, each in enumerate(found) if each.code == cause)
            explained = finding.code in self.causes
            return worst[cause], first, explained, order.index(finding.severity)

        super().__init__(sorted(found, key=place_of))
        self.unchecked = tuple(unchecked)

    @property
    def codes(self) -> list[str]:
        """The codes of the findings, each once."""
        return list(dict.fromkeys(finding.code for finding in self))

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame with one row per finding."""
        import pandas as pd

        names = [field.name for field in fields(Finding)]
        return pd.DataFrame([asdict(finding) for finding in self], columns=names)

    def __str__(self) -> str:
        return _render(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: a block for each code, its remedy as code."""
        parts = [paragraph(_headline(self), strong=True)]
        for code, group in groupby(self, key=lambda finding: finding.code):
            same = list(group)
            first = same[0]
            if code in self.causes:
                heading = f"{first.severity.upper()} {code}: {first.title}"
                parts.append(paragraph(f"{heading} (follows from {self.causes[code]})"))
                parts += [paragraph(text) for text in _found(same)]
                continue
            heading = f"{first.severity.upper()} {first.code}: {first.title}"
            parts.append(paragraph(heading, strong=True))
            parts += [paragraph(text) for text in _found(same)]
            parts.append(paragraph(first.meaning))
            parts += [
                paragraph(remedy, code=True)
                for remedy in dict.fromkeys(finding.remedy for finding in same)
            ]
            parts.append(paragraph(_source(first)))
        if self.unchecked:
            parts.append(paragraph(f"Not checked: {'; '.join(self.unchecked)}."))
        return "".join(parts)


def _render(findings: Findings) -> str:
    """All findings as text; those of one code share their title, meaning and source."""
    blocks = [_headline(findings)]
    for code, group in groupby(findings, key=lambda finding: finding.code):
        cause, same = findings.causes.get(code), list(group)
        lines = _block(same) if cause is None else _consequence(same, cause)
        blocks.append("\n".join(lines))
    if findings.unchecked:
        blocks.append("\n".join(_filled(f"Not checked: {'; '.join(findings.unchecked)}.")))
    return "\n\n".join(blocks)


def _headline(findings: Sequence[Finding]) -> str:
    if not findings:
        return "No findings."
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(count(counts[severity], severity) for severity in Severity if counts[severity])


def _block(same: list[Finding]) -> Iterator[str]:
    first = same[0]
    yield f"{first.severity.upper()} {first.code}: {first.title}"
    for text in _found(same):
        yield from _filled(text, "  - ", "    ")
    yield from _filled(first.meaning, "  ", "  ")
    remedies = list(dict.fromkeys(finding.remedy for finding in same))
    for number, remedy in enumerate(remedies):
        yield "  Remedy:" if number == 0 else "  and:"
        yield textwrap.indent(remedy, "    ")
    yield from _filled(_source(first), "  ", "    ")


def _consequence(same: list[Finding], cause: str) -> Iterator[str]:
    """A finding that another one explains: what mends that one is tried first."""
    first = same[0]
    yield f"  {first.severity.upper()} {first.code}: {first.title}"
    for text in _found(same):
        yield from _filled(text, "    - ", "      ")
    yield f"    Follows from {cause}; mend that first."


def _source(finding: Finding) -> str:
    return f"Source: {finding.source}{'' if finding.source.endswith('?') else '.'}"


def _found(same: list[Finding]) -> Iterator[str]:
    """What was found, and where: a text for each sentence."""
    for sentence, alike in groupby(same, key=lambda finding: finding.sentence):
        layers = [layer for finding in alike for layer in finding.layers]
        where = f"{listed(layers)}: " if layers else ""
        yield f"{where}{sentence}."


def _filled(text: str, first: str = "", later: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )

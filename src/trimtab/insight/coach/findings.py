"""Every finding of the coach: its code, what it means, what to do, and where that is known from.

A rule (:mod:`trimtab.coach.rules`) turns facts into findings; the texts stand here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from trimtab.insight.coach.codes import Code, Severity

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Finding",
    "Findings",
]


@dataclass(frozen=True)
class Finding:
    """One thing found, in plain data.

    Attributes:
        code: which of :class:`Code`.
        severity: see :class:`Severity`.
        layer: the path of the layer concerned; None: the data, or the network as a whole.
        title: in a few words.
        sentence: what was seen, made from the evidence.
        meaning: why it matters.
        remedy: code to paste. ``model``, ``x``, ``y``, ``x_valid``, ``y_valid`` and ``groups``
            stand for what was checked.
        source: where that is known from.
        evidence: numbers and names, by name.
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

    @classmethod
    def of(
        cls,
        code: Code,
        sentence: str,
        evidence: Mapping[str, Any],
        *,
        layer: str | None = None,
        words: Mapping[str, str] | None = None,
        **remedy: Any,
    ) -> Finding:
        """A finding with its texts.

        Args:
            code: of it.
            sentence: what was seen; names in braces stand for evidence.
            evidence: plain data by name.
            layer: the path of the layer concerned.
            words: more names in the sentence, for plurals and the like.
            remedy: what fills the names in the remedy.
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
        )


class Findings(list[Finding]):
    """What a check found, the graver ones first; ``print`` shows it.

    Attributes:
        unchecked: what could not be looked at, and why.

    Example:
        >>> import trimtab
        >>> from trimtab import layers
        >>> model = trimtab.Sequential([layers.Input((3,)), layers.Dense(1)])
        >>> model.compile(optimizer="adam", loss="mse")
        >>> print(model.check())
        No findings.
        <BLANKLINE>
        Not checked: data and numbers of steps: no x was given.
    """

    def __init__(self, findings: Iterable[Finding] = (), unchecked: Iterable[str] = ()) -> None:
        order = list(Severity)
        super().__init__(sorted(findings, key=lambda finding: order.index(finding.severity)))
        self.unchecked = tuple(unchecked)

    @property
    def codes(self) -> list[str]:
        """The codes found, each once."""
        return list(dict.fromkeys(finding.code for finding in self))

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame with one row a finding."""
        import pandas as pd

        names = [field.name for field in fields(Finding)]
        return pd.DataFrame([asdict(finding) for finding in self], columns=names)

    def __str__(self) -> str:
        from trimtab.insight.coach.text import render

        return render(self)

    __repr__ = __str__

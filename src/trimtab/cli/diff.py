"""``trimtab diff``: what differs between two models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from trimtab.cli.arguments import AsJson
from trimtab.cli.refusals import refusals
from trimtab.core.paragraphs import Paragraph, print_lines

if TYPE_CHECKING:
    from trimtab.predictor.differences import Difference

__all__ = ["diff"]

#: Longest text of a cell that stands in a line with the other's.
_SHORT = 48


def diff(
    a: Annotated[str, typer.Argument(help="Model file.", metavar="A")],
    b: Annotated[str, typer.Argument(help="Model file to compare it with.", metavar="B")],
    as_json: AsJson = False,
) -> None:
    """Show what differs between two models.

    Compares data, target, columns, split, options, network, scores and versions.
    """
    with refusals():
        from trimtab.predictor.differences import differences, same_rows
        from trimtab.predictor.loading import load

        one, other = load(a), load(b)
        found, same = differences(one, other), same_rows(one, other)
    if as_json:
        record = {
            "a": a,
            "b": b,
            "same_rows": same,
            "differences": [each.record() for each in found],
        }
        typer.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
        return
    print_lines(_lines(a, b, found, same))


def _lines(a: str, b: str, found: list[Difference], same: bool) -> Iterator[str | Paragraph]:
    yield f"A  {a}"
    yield f"B  {b}"
    sections: dict[str, list[Difference]] = {}
    for each in found:
        sections.setdefault(each.section, []).append(each)
    for section, own in sections.items():
        yield ""
        yield section.capitalize()
        wide = max(len(one.name) for one in own)
        short = max([len(one.a) for one in own if len(one.a) <= _SHORT], default=0)
        for one in own:
            mine, yours = one.a or "-", one.b or "-"
            if len(mine) <= _SHORT and len(yours) <= _SHORT:
                yield f"  {one.name:{wide}}  {mine:{max(short, 1)}}  ->  {yours}"
            else:
                yield Paragraph(mine, f"  {one.name:{wide}}  A  ")
                yield Paragraph(yours, f"  {'':{wide}}  B  ")
    yield ""
    if not found:
        yield "Nothing differs."
    elif "scores" in sections and not same:
        yield Paragraph(
            "The files do not show that the scores are of the same rows. To compare, score both on "
            "one table: trimtab evaluate MODEL FILE."
        )
    elif "scores" in sections:
        yield Paragraph(
            "The scores are of the same rows. Whether they differ by more than chance: trimtab "
            "compare FILE --target Y."
        )

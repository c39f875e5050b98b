"""Docstrings as the site shows them: an extension of griffe, which reads them for mkdocstrings."""

from __future__ import annotations

import re
from typing import Any

import griffe

#: ``:func:`~trimtab.datasets.load_concrete```: a word of Sphinx, which readers of code know.
ROLE = re.compile(r":(?:class|func|meth|mod|attr|data|exc):`(~?)([\w.]+)`")


def shown(text: str) -> str:
    """A docstring in Markdown, with the headings that the parser knows.

    Example:
        >>> shown("See :func:`~trimtab.train`::")
        'See `train`:'
    """
    text = re.sub(r"^(\s*)Example:$", r"\1Examples:", text, flags=re.MULTILINE)
    text = re.sub(r"::$", ":", text, flags=re.MULTILINE)
    return ROLE.sub(lambda match: f"`{short(match[2]) if match[1] else match[2]}`", text)


def short(path: str) -> str:
    return path.rpartition(".")[2]


class Docstrings(griffe.Extension):
    """Rewrites each docstring once it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = shown(obj.docstring.value)

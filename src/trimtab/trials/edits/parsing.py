"""Edits from the text that they print as."""

from __future__ import annotations

import ast
import re

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.trials.edits.table import EDITS

__all__ = ["is_edits", "parse"]

_CALL = re.compile(r"\s*[a-z_]+\s*\(.*\)\s*", re.DOTALL)


def is_edits(text: str) -> bool:
    """Whether a text is written as edits are: calls, with ``+`` between them.

    Example:
        >>> is_edits("dropout(0.2) + units(2)"), is_edits("256 bn relu"), is_edits("residual(64)")
        (True, False, False)
    """
    return bool(_CALL.fullmatch(text)) and not text.lstrip().startswith("residual")


def parse(text: str) -> tuple[Edit, ...]:
    """Edits from a text; nothing is executed.

    Args:
        text: one call or several with ``+`` between them.

    Raises:
        InvalidArgument: it is no such text, names no edit, or an argument breaks a rule.

    Example:
        >>> from trimtab.trials import edits
        >>> print(*edits.parse("batch_norm('before_dense') + dropout(rate=0.2)"))
        batch_norm(place='before_dense') dropout(rate=0.2)
        >>> edits.parse("drop_out(0.2)")
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: no edit is called 'drop_out'. Did you mean 'dropout'?
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise _unreadable(text) from None
    calls: list[ast.expr] = []
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        calls.insert(0, tree.right)
        tree = tree.left
    return tuple(_edit(call, text) for call in [tree, *calls])


def _edit(call: ast.expr, text: str) -> Edit:
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise _unreadable(text)
    name = call.func.id
    if name not in EDITS:
        hint = checks.nearest(name, EDITS) or f"There are {checks.listing(EDITS)}."
        raise InvalidArgument(f"no edit is called {name!r}. {hint}")
    try:
        values = [ast.literal_eval(each) for each in call.args]
        named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    except ValueError:
        raise _unreadable(text) from None
    try:
        return EDITS[name].make(*values, **named)
    except TypeError as problem:
        if isinstance(problem, InvalidArgument):
            raise
        raise InvalidArgument(f"{name}: {problem}. Received {brief(text)}.") from None


def _unreadable(text: str) -> InvalidArgument:
    return InvalidArgument(
        "an edit must be written as a call with plain values, such as dropout(0.2) or "
        f"batch_norm(place='input') + units(2), received {brief(text)}."
    )

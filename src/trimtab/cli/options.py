"""Parameters of commands, made from the options of :class:`TrainOptions`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any

import typer

from trimtab.core.options import Option
from trimtab.predictor.training.options import OPTIONS, TrainOptions, checked

__all__ = ["given", "with_options"]


def with_options(
    *groups: str, leave_out: Collection[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the options of some groups as parameters, or all of them.

    The command receives those that were given as one more argument, ``options``: a dict from the
    names of the options to texts, for :func:`given`.

    Args:
        groups: Groups of options, by the names they have in ``--help``; none: all of them.
        leave_out: Names of options the command does not have.
    """
    names = [
        name
        for name, option in OPTIONS.items()
        if (not groups or option.group in groups) and name not in leave_out
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [each for each in signature.parameters.values() if each.name != "options"]

        @functools.wraps(command)
        def run(**arguments: Any) -> None:
            options = {name: arguments.pop(name) for name in names}
            command(**arguments, options=options)

        more = [_parameter(name, OPTIONS[name]) for name in names]
        # Typer reads the one and the other.
        run.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in [*own, *more]}
        return run

    return decorate


def given(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were typed, checked, by name.

    Args:
        texts: A text, a list of texts or a bool for each option; None where it was not typed.

    Raises:
        InvalidArgument: A value breaks the rule of its option.
    """
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if text is None or text == []:
            continue
        option = OPTIONS[name]
        if option.switch:
            values[name] = text
        elif option.many:
            parsed = [option.parse(each) for each in text]
            values[name] = dict(parsed) if isinstance(parsed[0], tuple) else parsed
        else:
            values[name] = option.parse(text)
    return checked(values, called=lambda name: f"--{OPTIONS[name].flag}")


def _parameter(name: str, option: Option) -> inspect.Parameter:
    """The parameter of a command for an option; its value is None where it is not typed."""
    kind: Any = list[str] | None if option.many else bool | None if option.switch else str | None
    flag = f"--{option.flag}" + (f"/--no-{option.flag}" if option.switch else "")
    declared = typer.Option(
        flag,
        help=option.help + _default(name, option),
        # A switch shows both its names and needs no word for a value.
        metavar=None if option.switch else option.metavar,
        show_default=False,
        rich_help_panel=option.group,
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, declared]
    )


def _default(name: str, option: Option) -> str:
    value = getattr(_DEFAULTS, name)
    if value is None:
        return f"  [default: {option.unset}]"
    if isinstance(value, bool):
        return f"  [default: {'on' if value else 'off'}]"
    if value in ((), {}):
        return ""
    return f"  [default: {value:g}]" if isinstance(value, float) else f"  [default: {value}]"


_DEFAULTS = TrainOptions()

"""Parameters of commands that are made from the fields of :class:`TrainOptions`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from trimtab.core.options import Option
from trimtab.predictor.training.options import OPTIONS, TrainOptions, checked

__all__ = ["GroupedCommand", "given", "with_options"]


class GroupedCommand(TyperCommand):
    """A command whose ``--help`` lists its options by group, in plain text."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes a section for each group, in the order in which they come."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                group = getattr(parameter, "rich_help_panel", None) or usual
                groups.setdefault(group, []).append(record)
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records)


def with_options(
    *groups: str, leave_out: Collection[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the options of some groups as parameters; all of them where none is named.

    What of them was given comes to the command as one argument more, ``options``: a dict of the
    values, judged, by the names of the options.

    Args:
        groups: as in ``--help``.
        leave_out: names of options that the command does not have.
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
    """What stands at the command line, judged, by the names of the options.

    Args:
        texts: name -> text, list of texts or bool, None where it was not given.

    Raises:
        InvalidArgument: a value that breaks its option's rule.
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
    """The parameter of a command for an option; None where it is not given."""
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
    value = getattr(TrainOptions(), name)
    if value is None:
        return f"  [default: {option.unset}]"
    if isinstance(value, bool):
        return f"  [default: {'on' if value else 'off'}]"
    return "" if value in ((), {}) else f"  [default: {value}]"

"""How ``--help`` looks: plain text, options in groups, one line for each where it fits."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from trimtab.cli.first_words import UsageError, misused
from trimtab.core.paragraphs import WIDEST

__all__ = ["SETTINGS", "WIDEST", "GroupedCommand", "parameter_groups"]

#: Settings of every command for typer.
SETTINGS = {"max_content_width": WIDEST, "help_option_names": ["-h", "--help"]}

#: A default stays on one line: its blanks and hyphens are glued while lines are broken.
_GLUED = str.maketrans(" -", "\N{NO-BREAK SPACE}\N{NON-BREAKING HYPHEN}")
_LOOSE = {glued: chr(loose) for loose, glued in _GLUED.items()}


class GroupedCommand(TyperCommand):
    """A command whose ``--help`` lists its options by group."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses, with a better answer to what is not understood."""
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except UsageError as problem:
            raise misused(problem, self, ctx, typed) from None

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The arguments, then the options: in the order in which they are typed."""
        names = [_name(each) for each in self.get_params(ctx) if _is_argument(each)]
        return [*names, "[OPTIONS]"]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes a section for each group, in the order in which they come."""
        for group, parameters in parameter_groups(self.get_params(ctx)).items():
            records = [_record(each, ctx) for each in parameters]
            with formatter.section(group):
                formatter.write_dl([record for record in records if record is not None])
        formatter.buffer = [written.translate(_LOOSE) for written in formatter.buffer]


def parameter_groups(parameters: list[Any]) -> dict[str, list[Any]]:
    """A command's parameters by the group under which ``--help`` lists them."""
    groups: dict[str, list[Any]] = {}
    for parameter in parameters:
        usual = "Arguments" if _is_argument(parameter) else "Options"
        group = getattr(parameter, "rich_help_panel", None) or usual
        groups.setdefault(group, []).append(parameter)
    return groups


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _record(parameter: Any, ctx: Any) -> tuple[str, str] | None:
    """The left and right column of the list; None for a hidden parameter."""
    if _is_argument(parameter):
        return _name(parameter), parameter.help or ""
    record: tuple[str, str] | None = parameter.get_help_record(ctx)
    if record is None:
        return None
    name, text = record
    if parameter.secondary_opts:
        name = f"--[no-]{parameter.opts[0].removeprefix('--')}"
    sentence, sign, default = text.rpartition("[default: ")
    return name, sentence + (sign + default).translate(_GLUED) if sign else text

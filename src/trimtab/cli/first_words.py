"""What people type first: help and version as words, other tools' names, a missing file.

Every answer names the words that work here.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from trimtab.core import checks

__all__ = ["Commands", "UsageError", "misused"]

#: The error of the command line's library, which has no public name of its own.
UsageError: Any = typer.BadParameter.__base__

#: Other tools' names for commands.
_COMMANDS = {
    "fit": "train",
    "learn": "train",
    "score": "evaluate",
    "test": "evaluate",
    "eval": "evaluate",
    "importance": "explain",
    "html": "report",
    "page": "report",
    "info": "show",
    "summary": "show",
    "describe": "inspect",
    "head": "inspect",
    "infer": "predict",
    "onnx": "export",
    "convert": "export",
    "server": "serve",
    "deploy": "serve",
    "api": "serve",
    "apply": "predict",
}

#: Other tools' names for options.
_OPTIONS = {
    "--cv": "--fold",
    "--folds": "--fold",
    "--groups": "--group",
    "--holdout": "--test",
    "--ignore": "--drop",
    "--exclude": "--drop",
    "--label": "--target",
    "--y": "--target",
    "-t": "--target",
    "-y": "--target",
    "--learning-rate": "--lr",
    "--max-epochs": "--epochs",
    "--n-epochs": "--epochs",
    "--output": "--out",
    "--random-state": "--seed",
    "--sample-weight": "--weight",
    "--sep": "--delimiter",
    "--separator": "--delimiter",
    "--na-values": "--missing",
    "--device": "--engine",
    "--gpu": "--engine",
    "--hidden-layers": "--layers",
    "--early-stopping": "--patience",
    "--scaler": "--scaling",
    "--validation": "--valid",
    "--validation-split": "--valid",
    "--probabilities": "--proba",
    "--level": "--interval",
    "--ids": "--id",
    "--columns": "--column",
}

#: Arguments of commands, which people write as options, and what stands for them in examples.
_ARGUMENTS = {
    "DATA": "DATA.csv",
    "FILE": "NEW.csv",
    "MODEL": "MODEL.trimtab",
    "NAME": "concrete",
    "OUT": "MODEL.onnx",
}


class Commands(TyperGroup):
    """The commands, where ``help`` and ``version`` are words as well."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Understands ``trimtab help train`` and ``trimtab version``."""
        match args:
            case ["version" | "-V", *_]:
                args = ["--version"]
            case ["help"]:
                args = ["--help"]
            case ["help", name, *_]:
                args = [name, "--help"]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Names the command that an unknown one may stand for."""
        name = args[0] if args else ""
        if not name or name in self.commands or name.startswith("-"):
            return super().resolve_command(ctx, args)
        here = _COMMANDS.get(name.lower(), "")
        near = f"Use trimtab {here}." if here else checks.nearest(name, self.commands)
        if os.path.exists(name):
            near = f"Name a command first: trimtab train {shlex.quote(name)} --target COLUMN"
        listed = f"The commands are {', '.join(self.commands)}."
        raise UsageError(f"No such command {name!r}. {near or listed}", ctx=ctx)


def misused(problem: Any, command: Any, ctx: Any, args: Sequence[str]) -> Exception:
    """The error to raise for a usage error of a command: the same one, or one that helps more.

    Args:
        problem: The error.
        command: The command.
        ctx: Its context.
        args: What was typed after its name.
    """
    kind = type(problem).__name__
    said = ""
    if kind == "NoSuchOption":
        said = _no_such_option(problem.option_name, command, ctx, args)
    elif kind == "MissingParameter" and getattr(problem.param, "param_type_name", "") == "argument":
        said = f"{ctx.info_name} needs {_listed(command)}: {_example(command, ctx)}"
    elif "unexpected extra argument" in str(problem):
        said = _extra(problem, command, ctx)
    return UsageError(said, ctx=ctx) if said else problem  # type: ignore[no-any-return]


#: Options of other tools that have no name here -> what to do.
_ADVICE = {
    **dict.fromkeys(("--verbose", "-v"), "Leave it out; --quiet prints less."),
    **dict.fromkeys(("--optimizer", "--optim"), "It is AdamW: set --lr and --weight-decay."),
}


def _no_such_option(name: str, command: Any, ctx: Any, args: Sequence[str]) -> str:
    options = [each for each in command.params if each.param_type_name == "option"]
    known = [flag for each in options for flag in (*each.opts, *each.secondary_opts)]
    # "-target" is taken apart into "-t", "-a", ...
    whole = next((each for each in args if each.startswith(name) and f"-{each}" in known), "")
    if whole and not name.startswith("--"):
        return f"No such option: {whole}. Options have two dashes: -{whole}."
    if name.lstrip("-").upper() in _argument_names(command):
        return f"No such option: {name}. Leave {name} out: {_example(command, ctx)}"
    here = _OPTIONS.get(name, "")
    if here in known:
        return f"No such option: {name}. Use {here}."
    if name in _ADVICE:
        return f"No such option: {name}. {_ADVICE[name]}"
    near = checks.nearest(name, known).replace("'", "") or f"trimtab {ctx.info_name} -h lists them."
    return f"No such option: {name}. {near}"


def _extra(problem: Any, command: Any, ctx: Any) -> str:
    message: str = problem.format_message().rstrip(".")
    target = "DATA" in _argument_names(command)
    hint = " Use --target COLUMN to name the column to predict." if target else ""
    return f"{message}.{hint} {ctx.info_name} takes {_listed(command)}: {_example(command, ctx)}"


def _argument_names(command: Any) -> list[str]:
    named = [each for each in command.params if each.param_type_name == "argument"]
    return [str(each.metavar or each.name.upper()).removesuffix("...") for each in named]


def _listed(command: Any) -> str:
    return " and ".join(_argument_names(command))


def _example(command: Any, ctx: Any) -> str:
    words = [_ARGUMENTS.get(name, name) for name in _argument_names(command)]
    if ctx.info_name == "train":
        words += ["--target", "COLUMN"]
    return shlex.join(["trimtab", str(ctx.info_name), *words])

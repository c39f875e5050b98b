"""The options of ``train``, collected from the modules that declare them.

The parameters of the command line, the keys of the TOML file and the keyword arguments of
:func:`trimtab.train` are made from :data:`OPTIONS`; nothing else lists them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.core import option_files
from trimtab.core.options import Option, declared
from trimtab.core.options import checked as checked_by
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.predictor import notation
from trimtab.predictor.training.class_options import ClassOptions
from trimtab.predictor.training.optimizer_options import OptimizerOptions
from trimtab.predictor.training.recipe_options import RecipeOptions
from trimtab.predictor.training.run_options import RunOptions
from trimtab.tables.columns.column_options import ColumnOptions
from trimtab.tables.columns.schema import Told
from trimtab.tables.files.read_options import ReadOptions
from trimtab.tables.preparation_options import PreparationOptions
from trimtab.tables.splits.plan import SplitPlan
from trimtab.tables.splits.split_options import SplitOptions

__all__ = ["OPTIONS", "WRITTEN", "TrainOptions", "checked", "from_toml", "read_toml", "to_toml"]

#: The first line of options files that ``train`` writes, and may therefore replace. They hold all
#: that was decided.
WRITTEN = "Options of trimtab train, as it used them"

#: Options that such files and models of earlier versions lack -> what was done then.
EARLIER = {"schedule": "cosine", "average_weights": 0.0}


def _as_meant(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options that a run wrote down, perhaps one of an earlier version, as it meant them."""
    layers = values.get("layers")
    if "schedule" not in values and isinstance(layers, str):
        biased = notation.parse(layers, biased=True)
        return {**EARLIER, **values, "layers": notation.to_text(biased)}
    return {**EARLIER, **values}


# The fields of the last base come first.
@dataclass(frozen=True)
class TrainOptions(
    RunOptions,
    OptimizerOptions,
    RecipeOptions,
    ClassOptions,
    PreparationOptions,
    SplitOptions,
    ColumnOptions,
    ReadOptions,
):
    """How a table is read, split and prepared, and how its network is built and trained.

    The fields are the keyword arguments of :func:`trimtab.train`, the keys of the TOML file and the
    parameters of ``trimtab train``. Where a field is None, trimtab decides: the format of a file
    from its content, network and training in :mod:`trimtab.defaults`.

    Raises:
        InvalidArgument: A value breaks the rule of its option, or two options exclude each other.

    Example:
        >>> TrainOptions(valid=0.2, time_limit="10m").time_limit
        600.0
        >>> TrainOptions(valid=20)
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: valid must be a share of the rows, at least 0 and below 1, \
or a file, received 20. Use valid=0.2 for 20 %.
    """

    def __post_init__(self) -> None:
        for name, option in OPTIONS.items():
            object.__setattr__(self, name, option.check(name, getattr(self, name)))
        self.check_recipe()
        self.check_classes()
        self.check_preparation()
        self.check_split()

    @classmethod
    def of(
        cls,
        values: Mapping[str, Any],
        *,
        owner: str = "train",
        called: Callable[[str], str] = str,
    ) -> TrainOptions:
        """Options from a mapping; those it lacks keep their defaults.

        Args:
            values: The values, by name.
            owner: Who has the options, for the message about an unknown one.
            called: From the name of an option to its name in messages.

        Raises:
            InvalidArgument: A name is unknown, a value breaks its rule, or two options exclude
                each other.

        Example:
            >>> TrainOptions.of({"epoch": 3})
            Traceback (most recent call last):
                ...
            trimtab.errors.UnknownArgument: train has no argument 'epoch'. Did you mean 'epochs'?
        """
        return cls(**checked(values, owner=owner, called=called))

    def record(self) -> dict[str, Any]:
        """All options as plain data, for :meth:`from_record`."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> TrainOptions:
        """The inverse of :meth:`record`.

        Raises:
            InvalidArgument: The record is not one of options.
        """
        if not isinstance(record, Mapping):
            raise InvalidArgument(f"options must be a mapping of names, received {brief(record)}.")
        return cls.of(_as_meant(record))

    def changed(self) -> dict[str, Any]:
        """The options that differ from their defaults."""
        plain = TrainOptions()
        return {name: value for name, value in vars(self).items() if value != getattr(plain, name)}

    # -- what other modules take ------------------------------------------------------------------

    def read_options(self) -> ReadOptions:
        """How to read the table."""
        return ReadOptions(**{name: getattr(self, name) for name in declared(ReadOptions)})

    def told(self) -> Told:
        """The types and roles of its columns that are set."""
        return Told(
            target=self.target,
            task=self.task,
            kinds=self.types,
            drop=self.drop,
            ids=self.id,
            group=self.group,
            time=self.time,
            weight=self.weight,
            positive=self.positive,
        )

    def split_plan(self) -> SplitPlan:
        """How to split its rows; a part that has its own file gets the share 0."""
        return self.plan(self.seed)


#: All options by name, in the order of ``--help`` and of the TOML file.
OPTIONS: dict[str, Option] = declared(TrainOptions)


def checked(
    values: Mapping[str, Any], *, owner: str = "train", called: Callable[[str], str] = str
) -> dict[str, Any]:
    """Values of some options, each checked by its rule; see :meth:`TrainOptions.of`."""
    return checked_by(OPTIONS, values, owner=owner, called=called)


def to_toml(options: TrainOptions, folder: str | os.PathLike[str], *, title: str = "") -> str:
    """All options as the text of a TOML file; those that are None become comments.

    Args:
        options: The options to write.
        folder: The folder of the file; paths are written relative to it.
        title: A comment for the first line.

    Example:
        >>> text = to_toml(TrainOptions(target="quality", epochs=40), ".")
        >>> print(text[text.index("[Columns]"):].splitlines()[1])
        target = "quality"
        >>> from_toml(text, ".", "wine.toml")["epochs"]
        40
    """
    return option_files.to_toml(OPTIONS, options, folder, title=title)


def from_toml(text: str, folder: str | os.PathLike[str], name: str) -> dict[str, Any]:
    """The options that a TOML text sets, checked, by name.

    Args:
        text: The content of the file.
        folder: The folder of the file; paths in the file are relative to it.
        name: The name of the file, for messages.

    Raises:
        FileFormatError: The text is not TOML.
        InvalidArgument: A key is unknown, or a value breaks its rule.
    """
    values = option_files.from_toml(OPTIONS, text, folder, name)
    return _as_meant(values) if text.startswith(f"# {WRITTEN}") else values


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """:func:`from_toml` for a file.

    Raises:
        FileFormatError: The file cannot be read, or is not TOML.
        InvalidArgument: A key is unknown, or a value breaks its rule.
    """
    return from_toml(option_files.text_of(path), Path(path).parent, str(path))

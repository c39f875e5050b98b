"""Every option of ``train``, once: its name, default, rule, help and group.

The command line's parameters, the keys of the TOML file and the keyword arguments of
:func:`trimtab.train` are made from the fields of :class:`TrainOptions`; nothing else lists them.
"""

from __future__ import annotations

import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.engines import choosing
from trimtab.errors import FileFormatError, InvalidArgument

if TYPE_CHECKING:
    from trimtab.tables.files.read_options import ReadOptions
    from trimtab.tables.splits.plan import SplitPlan

__all__ = ["OPTIONS", "Option", "TrainOptions", "seconds_in"]

#: Judges a value by the option's rule and returns it as it is kept; the first argument is what the
#: one who gave it calls the option.
Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Option:
    """What is known of an option besides its name and default.

    Attributes:
        group: under which it stands in ``--help`` and in the TOML file.
        help: one sentence.
        unset: what happens where nobody sets it; empty where the default says it.
        check: its rule.
        parse: from the text of the command line to the value that the rule judges.
        metavar: what stands for the value in ``--help``.
        flag: its name at the command line, without the dashes.
        switch: whether it is on or off (``--raw``, ``--no-raw``).
        many: whether it is given several times at the command line.
        path: whether a text is the path of a file.
    """

    group: str
    help: str
    unset: str
    check: Check
    parse: Callable[[str], Any]
    metavar: str
    flag: str
    switch: bool
    many: bool
    path: bool


def _option(
    group: str,
    sentence: str,
    check: Check,
    *,
    default: Any = None,
    unset: str = "",
    parse: Callable[[str], Any] = str,
    metavar: str = "TEXT",
    flag: str = "",
    switch: bool = False,
    many: bool = False,
    path: bool = False,
) -> Any:
    """A field of :class:`TrainOptions`."""
    option = Option(group, sentence, unset, check, parse, metavar, flag, switch, many, path)
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"option": option})
    return field(default=default, metadata={"option": option})


# -- rules ----------------------------------------------------------------------------------------


def _optional(check: Check) -> Check:
    return lambda name, value: None if value is None else check(name, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, str) and value:
        return str(value)
    raise InvalidArgument(f"{name} must be a text that is not empty, received {value!r}.")


def _column(name: str, value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise InvalidArgument(f"{name} must be the name of a column, received {value!r}.")


def _among(*known: str) -> Check:
    return lambda name, value: checks.choice(name, value, known)


def _boolean(name: str, value: Any) -> bool:
    return checks.boolean(name, value)


def _count(name: str, value: Any) -> int:
    return checks.positive_integer(name, value)


def _character(name: str, value: Any) -> str:
    if isinstance(value, str):
        character = {"tab": "\t", "space": " ", r"\t": "\t"}.get(value, value)
        if len(character) == 1 and character not in "\r\n\0":
            return character
    raise InvalidArgument(
        f"{name} must be one character, tab or space, received {value!r}. Use {name}=';' where "
        "semicolons stand between fields."
    )


def _quote(name: str, value: Any) -> str:
    if isinstance(value, str) and (len(value) == 1 or value == "none"):
        return str(value)
    raise InvalidArgument(
        f"{name} must be one character or 'none', received {value!r}. Use {name}='none' where "
        "quotes mean nothing."
    )


def _decimal(name: str, value: Any) -> str:
    return checks.choice(name, value, (".", ","))


def _texts(name: str, value: Any) -> tuple[str, ...]:
    """Several texts; one alone may stand without a list."""
    given = [value] if isinstance(value, str) else value
    if isinstance(given, Collection) and not isinstance(given, Mapping):
        found = list(given)
        if all(isinstance(each, str) for each in found):
            return tuple(dict.fromkeys(found))
    raise InvalidArgument(f"{name} must be a list of texts, received {value!r}.")


def _columns(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_column(name, each) for each in _texts(name, value))


def _kinds(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f"{name} must say the kind of each column it names, received {value!r}. "
            "Use {'year': 'category'}."
        )
    if not value:
        return {}
    from trimtab.tables.columns.column import parse_kind

    for column, kind in value.items():
        parse_kind(column, kind)
    return {_column(name, column): str(kind) for column, kind in value.items()}


def _share(smallest: str) -> Check:
    """A share of the rows, or the path of a file that holds them."""

    def check(name: str, value: Any) -> float | str:
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, str) and value:
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and (0 < value < 1 or (value == 0 and smallest == "at least 0")):
            return float(value)
        raise InvalidArgument(
            f"{name} must be a share of the rows, {smallest} and below 1, or the path of a file, "
            f"received {value!r}."
        )

    return check


def _folds(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=2, maximum=1000)


def _seed(name: str, value: Any) -> int:
    # scikit-learn's splitters take 32 bits.
    return checks.integer(name, value, minimum=0, maximum=2**32 - 1)


def _rate(name: str, value: Any) -> float:
    hint = f"Use {name}=0.3 to drop 30 % of the units."
    number = checks.probability(name, value, hint=hint)
    if number == 1:
        raise InvalidArgument(f"{name} must be below 1, received {value!r}. {hint}")
    return number


def _positive(name: str, value: Any) -> float:
    return checks.positive_number(name, value)


def _non_negative(name: str, value: Any) -> float:
    return checks.non_negative_number(name, value)


def _layers(name: str, value: Any) -> str:
    from trimtab.predictor import notation

    return notation.canonical(value, name=name)


def _loss(name: str, value: Any) -> str:
    from trimtab.nn import losses

    _text(name, value)
    losses.get(value)
    return str(value)


def _metrics(name: str, value: Any) -> tuple[str, ...]:
    from trimtab.nn import metrics

    found = _texts(name, value)
    for each in found:
        metrics.get(each)
    return found


def _engine(name: str, value: Any) -> str:

    choosing.check_choice(value)
    return str(value)


_DURATION = re.compile(
    r"\s*(?:(?P<h>\d+(?:\.\d*)?)\s*h)?\s*(?:(?P<m>\d+(?:\.\d*)?)\s*m(?:in)?)?"
    r"\s*(?:(?P<s>\d+(?:\.\d*)?)\s*s?)?\s*",
)


def seconds_in(name: str, value: Any) -> float:
    """Seconds from a number, or from a text such as ``90s``, ``10m`` or ``1h30m``.

    >>> from trimtab.predictor.options import seconds_in
    >>> seconds_in("time_limit", "1h30m")
    5400.0
    >>> seconds_in("time_limit", "soon")
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: time_limit must be a time above 0 in seconds, or with units \
(90s, 10m, 1h30m), received 'soon'.
    """
    seconds: Any = value
    if isinstance(value, str):
        parts = _DURATION.fullmatch(value)
        seconds = math.nan
        if parts is not None and any(parts.groups()):
            hours, minutes, rest = (float(part or 0) for part in parts.groups())
            seconds = 3600 * hours + 60 * minutes + rest
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if number and 0 < seconds < math.inf:
        return float(seconds)
    raise InvalidArgument(
        f"{name} must be a time above 0 in seconds, or with units (90s, 10m, 1h30m), "
        f"received {value!r}."
    )


# -- texts of the command line --------------------------------------------------------------------


def _number_in(text: str) -> Any:
    """A number where the text is one; else the text, for the rule to refuse."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _kind_in(text: str) -> Any:
    """``year=category`` as a pair."""
    column, sign, kind = text.rpartition("=")
    if not sign:
        raise InvalidArgument(
            f"--type must be COLUMN=KIND, received {text!r}. Use --type {text}=category."
        )
    return column, kind


# -- the options ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrainOptions:
    """How a table is read, divided and prepared, and how the network on it is made and trained.

    The fields are the keyword arguments of :func:`trimtab.train`, the keys of the TOML file and the
    parameters of ``trimtab train``. None means that trimtab decides: what a file looks like by its
    content, the network and how it is trained in :mod:`trimtab.defaults`.

    Errors: ``InvalidArgument`` for a value that breaks its option's rule, and where two options
    contradict each other.

    >>> from trimtab.predictor.options import TrainOptions
    >>> TrainOptions(valid=0.2, time_limit="10m").time_limit
    600.0
    >>> TrainOptions(valid=20)
    Traceback (most recent call last):
        ...
    trimtab.errors.InvalidArgument: valid must be a share of the rows, above 0 and below 1, or the \
path of a file, received 20.
    """

    format: str | None = _option(
        "Reading",
        "What the file is: csv (with any delimiter), parquet, feather, excel or jsonl.",
        _optional(_text),
        unset="told by its content",
        metavar="FORMAT",
    )
    delimiter: str | None = _option(
        "Reading",
        "Character between the fields of a row.",
        _optional(_character),
        unset="told by its content",
        metavar="CHAR",
    )
    decimal: str | None = _option(
        "Reading",
        "Decimal mark of numbers, a point or a comma.",
        _optional(_decimal),
        unset="told by its content",
        metavar="CHAR",
    )
    encoding: str | None = _option(
        "Reading",
        "Encoding of the text, such as utf-8 or cp1252.",
        _optional(_text),
        unset="told by its content",
        metavar="NAME",
    )
    compression: str | None = _option(
        "Reading",
        "gzip, bz2, xz, zip, zstd or none.",
        _optional(_text),
        unset="told by its content",
        metavar="NAME",
    )
    quote: str | None = _option(
        "Reading",
        "Character around fields that hold a delimiter, or none.",
        _optional(_quote),
        unset="told by its content",
        metavar="CHAR",
    )
    sheet: str | None = _option(
        "Reading",
        "Sheet of an Excel file.",
        _optional(_text),
        unset="the first",
        metavar="NAME",
    )
    missing: tuple[str, ...] = _option(
        "Reading",
        "A spelling of missing values, beyond the usual ones. Several: repeat it.",
        _texts,
        default=(),
        metavar="TEXT",
        many=True,
    )

    target: str | None = _option(
        "Columns",
        "Column to predict.",
        _optional(_column),
        unset="the usual one of a table that comes with trimtab",
        metavar="COLUMN",
    )
    task: str | None = _option(
        "Columns",
        "regression, binary or multiclass.",
        _optional(_among("regression", "binary", "multiclass")),
        unset="told by the target",
        metavar="TASK",
    )
    types: Mapping[str, str] = _option(
        "Columns",
        "Kind of a column: numeric, integer, boolean, category, datetime or text. "
        "Several: repeat it.",
        _kinds,
        default={},
        parse=_kind_in,
        metavar="COLUMN=KIND",
        flag="type",
        many=True,
    )
    drop: tuple[str, ...] = _option(
        "Columns",
        "A column to leave out. Several: repeat it.",
        _columns,
        default=(),
        metavar="COLUMN",
        many=True,
    )
    id: tuple[str, ...] = _option(
        "Columns",
        "A column that names the rows: no input, passed through to predictions. "
        "Several: repeat it.",
        _columns,
        default=(),
        metavar="COLUMN",
        many=True,
    )
    weight: str | None = _option(
        "Columns",
        "Column of row weights.",
        _optional(_column),
        unset="all rows weigh the same",
        metavar="COLUMN",
    )

    valid: float | str = _option(
        "Splitting",
        "Share of the rows to validate on, or a file that holds them.",
        _share("above 0"),
        default=0.25,
        parse=_number_in,
        metavar="SHARE|FILE",
        path=True,
    )
    test: float | str = _option(
        "Splitting",
        "Share of the rows that nothing looks at before the end, or a file that holds them.",
        _share("at least 0"),
        default=0.0,
        parse=_number_in,
        metavar="SHARE|FILE",
        path=True,
    )
    group: str | None = _option(
        "Splitting",
        "Column whose groups of rows stay together, on one side of the split.",
        _optional(_column),
        unset="rows are divided one by one",
        metavar="COLUMN",
    )
    time: str | None = _option(
        "Splitting",
        "Column of times: train on the past, validate on what came later.",
        _optional(_column),
        unset="rows are divided at random",
        metavar="COLUMN",
    )
    fold: int | None = _option(
        "Splitting",
        "Folds of a cross-validation, which scores what a last fit to all rows can do.",
        _optional(_folds),
        unset="no cross-validation",
        parse=_number_in,
        metavar="K",
    )
    stratify: bool | None = _option(
        "Splitting",
        "Keep the shares of the classes on both sides of the split.",
        _optional(_boolean),
        unset="for classes, where rows are divided at random",
        switch=True,
    )
    copies: str = _option(
        "Splitting",
        "Rows that repeat another one: together on one side of the split, apart like any others, "
        "or auto: together, unless most rows have a copy.",
        _among("auto", "together", "apart"),
        default="auto",
        metavar="WAY",
    )

    raw: bool = _option(
        "Preparing",
        "Leave numbers as they are; a batch normalization in front scales them.",
        _boolean,
        default=False,
        switch=True,
    )
    scaling: str = _option(
        "Preparing",
        "Scaling of numbers: auto (by the tails of each column), standard, robust, quantile, none.",
        _among("auto", "standard", "robust", "quantile", "none"),
        default="auto",
        metavar="NAME",
    )
    target_scaling: bool = _option(
        "Preparing",
        "Train on a standardized target; scores are in its own units either way.",
        _boolean,
        default=True,
        switch=True,
    )
    class_weight: str | None = _option(
        "Preparing",
        "balanced: each class counts as much as any other.",
        _optional(_among("balanced")),
        unset="each row counts as much as any other",
        metavar="balanced",
    )

    layers: str | None = _option(
        "Network",
        'Hidden layers, as in "256 bn relu dropout:0.2, 128 relu".',
        _optional(_layers),
        unset="two of 256; see trimtab.defaults",
        metavar="LAYERS",
    )
    dropout: float | None = _option(
        "Network",
        "Rate of dropout in the default layers.",
        _optional(_rate),
        unset="0.1; 0.3 for classes",
        parse=_number_in,
        metavar="RATE",
    )
    batch_norm: bool | None = _option(
        "Network",
        "Batch normalization in the default layers.",
        _optional(_boolean),
        unset="for classes and raw numbers",
        switch=True,
    )

    epochs: int | None = _option(
        "Training",
        "Epochs at most.",
        _optional(_count),
        unset="by the number of rows",
        parse=_number_in,
        metavar="N",
    )
    batch_size: int | None = _option(
        "Training",
        "Rows of a step.",
        _optional(_count),
        unset="by the number of rows",
        parse=_number_in,
        metavar="N",
    )
    lr: float | None = _option(
        "Training",
        "Learning rate at the top; it falls along a cosine.",
        _optional(_positive),
        unset="0.002; 0.0005 for classes",
        parse=_number_in,
        metavar="RATE",
    )
    weight_decay: float | None = _option(
        "Training",
        "Decoupled weight decay of AdamW.",
        _optional(_non_negative),
        unset="0.01",
        parse=_number_in,
        metavar="RATE",
    )
    loss: str | None = _option(
        "Training",
        "What training minimizes: mae or mse for numbers.",
        _optional(_loss),
        unset="mae, or cross-entropy for classes",
        metavar="NAME",
    )
    metric: tuple[str, ...] = _option(
        "Training",
        "A metric to follow beside the loss. Several: repeat it.",
        _metrics,
        default=(),
        metavar="NAME",
        many=True,
    )
    patience: int | None = _option(
        "Training",
        "Epochs without a better validation loss after which training stops.",
        _optional(_count),
        unset="a quarter of them, at least 10",
        parse=_number_in,
        metavar="N",
    )
    seed: int = _option(
        "Training",
        "Seed of the split, the weights, the row orders and dropout.",
        _seed,
        default=0,
        parse=_number_in,
        metavar="N",
    )
    committee: int = _option(
        "Training",
        "Networks that are trained from different seeds and predict as one.",
        _count,
        default=1,
        parse=_number_in,
        metavar="K",
    )
    time_limit: float | None = _option(
        "Training",
        "Time after which training stops, in seconds or as in 90s, 10m, 1h30m.",
        _optional(seconds_in),
        unset="none",
        parse=_number_in,
        metavar="TIME",
    )
    threads: int | None = _option(
        "Training",
        "Threads at most; results are the same bits for any number.",
        _optional(_count),
        unset="all cores",
        parse=_number_in,
        metavar="N",
    )
    engine: str = _option(
        "Training",
        "native, jax (of trimtab[jax]), or auto: what TRIMTAB_ENGINE says, else native.",
        _engine,
        default="auto",
        metavar="ENGINE",
    )

    def __post_init__(self) -> None:
        for name, option in OPTIONS.items():
            object.__setattr__(self, name, option.check(name, getattr(self, name)))
        self._check_together()

    def _check_together(self) -> None:
        """What no option can know alone."""
        for name in ("dropout", "batch_norm"):
            value = getattr(self, name)
            if self.layers is not None and value is not None:
                word = f"dropout:{value:g}" if name == "dropout" else "bn"
                raise InvalidArgument(
                    f"{name} is about the default layers, and layers says others, received "
                    f"{name}={value!r} and layers={self.layers!r}. Write {word} into the layers "
                    f"where you want it, and leave {name} out."
                )
        if self.raw and self.scaling not in ("auto", "none"):
            raise InvalidArgument(
                f"raw leaves numbers as they are, received scaling={self.scaling!r} too. "
                "Leave one of them out."
            )
        if self.fold is not None and isinstance(self.valid, str):
            raise InvalidArgument(
                f"fold divides the rows of one table, received valid={self.valid!r} too. "
                "Leave one of them out."
            )
        if self.stratify and (self.group or self.time):
            other = "group" if self.group else "time"
            raise InvalidArgument(
                f"stratify divides rows at random, received {other}={getattr(self, other)!r} too. "
                "Leave one of them out."
            )
        if self.copies == "together" and (self.group or self.time):
            other = "group" if self.group else "time"
            raise InvalidArgument(
                "copies='together' is about rows that are divided at random, received "
                f"{other}={getattr(self, other)!r} too. Leave one of them out."
            )

    @classmethod
    def of(
        cls,
        values: Mapping[str, Any],
        *,
        owner: str = "train",
        called: Callable[[str], str] = str,
    ) -> TrainOptions:
        """From some of the options by their names.

        Args:
            values: name -> value.
            owner: who has the options, for the message about an unknown one.
            called: from an option's name to what messages call it.

        Raises:
            InvalidArgument: an unknown name, with the nearest known one; a value that breaks its
                rule; options that contradict each other.

        >>> from trimtab.predictor.options import TrainOptions
        >>> TrainOptions.of({"epoch": 3})
        Traceback (most recent call last):
            ...
        trimtab.errors.InvalidArgument: train has no argument 'epoch'. Did you mean 'epochs'?
        """
        return cls(**checked(values, owner=owner, called=called))

    def record(self) -> dict[str, Any]:
        """All options as plain data; :meth:`from_record` reads it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> TrainOptions:
        """The inverse of :meth:`record`.

        Raises:
            ValueError: nonsense.
        """
        if not isinstance(record, Mapping):
            raise InvalidArgument(f"options must be a mapping of names, received {record!r}.")
        return cls.of(record)

    def changed(self) -> dict[str, Any]:
        """The options that are not at their defaults."""
        plain = TrainOptions()
        return {name: value for name, value in vars(self).items() if value != getattr(plain, name)}

    # -- what other modules take ------------------------------------------------------------------

    def read_options(self) -> ReadOptions:
        """How to read the table."""
        from trimtab.tables.files.read_options import ReadOptions

        return ReadOptions(**{name: getattr(self, name) for name in _group("Reading")})

    def split_plan(self) -> SplitPlan:
        """How to divide its rows; parts that lie in files of their own have the share 0."""
        from trimtab.tables.splits.plan import SplitPlan

        valid, test = (0.0 if isinstance(v, str) else v for v in (self.valid, self.test))
        return SplitPlan(
            valid=valid,
            test=test,
            group=self.group,
            time=self.time,
            folds=self.fold,
            stratify=self.stratify,
            copies=self.copies,
            seed=self.seed,
        )


#: Name -> what is known of it, in the order of ``--help`` and of the TOML file.
OPTIONS: dict[str, Option] = {
    each.name: Option(
        **{
            **vars(each.metadata["option"]),
            "flag": each.metadata["option"].flag or each.name.replace("_", "-"),
        }
    )
    for each in fields(TrainOptions)
}


def _group(group: str) -> Iterable[str]:
    return [name for name, option in OPTIONS.items() if option.group == group]


def checked(
    values: Mapping[str, Any], *, owner: str = "train", called: Callable[[str], str] = str
) -> dict[str, Any]:
    """Some of the options by their names, each judged by its rule; see :meth:`TrainOptions.of`."""
    checks.unknown_arguments(owner, [name for name in values if name not in OPTIONS], OPTIONS)
    return {name: OPTIONS[name].check(called(name), value) for name, value in values.items()}


# -- the TOML file --------------------------------------------------------------------------------


def to_toml(options: TrainOptions, folder: str | os.PathLike[str], *, title: str = "") -> str:
    """All options as the text of a TOML file; those that nobody decided stand there as comments.

    Args:
        options: to write.
        folder: that the file will lie in; paths are written relative to it.
        title: a first line.

    >>> from trimtab.predictor.options import TrainOptions, from_toml, to_toml
    >>> text = to_toml(TrainOptions(target="quality", epochs=40), ".")
    >>> print(text[text.index("[Columns]"):].splitlines()[1])
    target = "quality"
    >>> from_toml(text, ".", "wine.toml")["epochs"]
    40
    """
    lines = [f"# {title}"] if title else []
    group = ""
    for name, option in OPTIONS.items():
        if option.group != group:
            group = option.group
            lines += ["", f"[{group}]"]
        value = getattr(options, name)
        if value is None:
            lines.append(f"# {name} is not set: {option.unset}")
            continue
        if option.path and isinstance(value, str):
            value = _relative(value, folder)
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def from_toml(text: str, folder: str | os.PathLike[str], name: str) -> dict[str, Any]:
    """The options that a TOML file sets, judged, by their names.

    Args:
        text: of the file.
        folder: that it lies in; paths in it are relative to that.
        name: of the file, for messages.

    Raises:
        FileFormatError: the text is no TOML.
        InvalidArgument: an unknown key or a value that breaks a rule.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise FileFormatError(f"{name} is no TOML file: {problem}.") from None
    groups = dict.fromkeys(option.group for option in OPTIONS.values())
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key in groups:
            if not isinstance(value, dict):
                raise InvalidArgument(
                    f"{key} in {name} must be a section, received {value!r}. Write [{key}]."
                )
            _merge(values, value, name)
        elif key in OPTIONS:
            _merge(values, {key: value}, name)
        else:
            hint = checks.nearest(key, [*groups, *OPTIONS])
            raise InvalidArgument(
                f"{name} has a section or key {key!r} that nobody knows. "
                + (hint or f"Sections are {checks.listing(groups)}.")
            )
    values = checked(values, owner=name, called=lambda option: f"{option} in {name}")
    for key, value in values.items():
        if OPTIONS[key].path and isinstance(value, str):
            values[key] = os.path.normpath(os.path.join(folder, value))
    return values


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """:func:`from_toml` of a file.

    Raises:
        FileFormatError: it cannot be read, or is no TOML.
        InvalidArgument: as :func:`from_toml`.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise FileFormatError(f"{path}: there is no such file.") from None
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise FileFormatError(f"{path} cannot be read: {reason}.") from None
    return from_toml(text, path.parent, str(path))


def _merge(values: dict[str, Any], more: Mapping[str, Any], name: str) -> None:
    for key, value in more.items():
        if key in values:
            raise InvalidArgument(f"{name} sets {key} twice. Keep one of them.")
        values[key] = value


def _relative(path: str, folder: str | os.PathLike[str]) -> str:
    if os.path.isabs(path):
        return path
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return os.path.abspath(path)


def _toml(value: Any) -> str:
    """Plain data as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but that DEL has to be escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        inner = ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)

"""Every remedy that a message names, typed as it stands there.

Each case is a command that says something; the flags in what it says are appended to the command,
which then has to work (or, for one that is refused for another reason, to get past this message).
"""

import re
import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from trimtab.errors import TrimtabError
from trimtab.predictor.training.own_words import own_words
from trimtab.tables import infer_schema, read

ROWS = 60
#: A flag and its value, in the quotes that a shell needs.
FLAG = re.compile(
    r"(--[a-z][a-z-]*)(?:[ =]('[^']*'(?:\"'\"'[^']*')*|(?!--)[\w.%:+=/-]*[\w%/]))?(?![\w-])"
)
#: Flags without a value.
SWITCHES = {"--overwrite", "--resume", "--proba", "--all-columns", "--no-raw", "--raw"}
#: Words behind a flag that are none of its value.
PROSE = {
    *("must", "keeps", "validates", "if", "gives", "weighs", "to", "on", "out", "at", "for"),
    *("is", "reads"),
}  # fmt: skip


def flags_in(message):
    """The flags in a message with their values, each as a list of arguments."""
    found = []
    for flag, value in FLAG.findall(message):
        plain = flag in SWITCHES or not value or value in PROSE
        found.append([flag] if plain else [flag, *shlex.split(value)])
    return found


class Case(NamedTuple):
    name: str
    files: dict
    command: str
    said: str
    #: What stands for words in capitals.
    stands_for: Mapping[str, str] = MappingProxyType({})
    #: Flags that are named for another purpose.
    other: tuple = ()
    #: The command that the flags are for, if it is another.
    then: str = ""


def table(**columns):
    frame = pd.DataFrame({"x": np.arange(ROWS) % 7 + 0.5, "y": np.arange(ROWS) * 1.5, **columns})
    return frame.to_csv(index=False)


WORDS = ["a b"] * (ROWS - 1)
CODES = [f"k{row % 20}" for row in range(ROWS)]
FAST = "--effort quick --epochs 1 --layers '4 relu'"
CASES = [
    Case(
        "a bad cell",
        {"a.csv": table(**{"size in m": [*map(str, range(ROWS - 1)), "n.a. yet"]})},
        f"train a.csv --target y {FAST}",
        "is not a number",
    ),
    Case(
        "a bad cell that inspect names",
        {"a.csv": table(**{"it's": [*map(str, range(ROWS - 1)), "it's none"]})},
        "inspect a.csv --target y",
        "is not a number and counts as missing",
    ),
    Case(
        "groups",
        {"a.csv": table(**{"shop no": [f"shop {row // 3}" for row in range(ROWS)]})},
        f"train a.csv --target y {FAST}",
        "keeps rows that belong together",
    ),
    Case(
        "a leak",
        {"a.csv": table(**{"y = 2": np.arange(ROWS) * 3.0 + 1})},
        f"train a.csv --target y {FAST}",
        "if it is not known beforehand",
    ),
    Case(
        "rows in the order of a date",
        {"a.csv": table(**{"sold at": pd.date_range("2024-01-01", periods=ROWS)})},
        "inspect a.csv --target y",
        "validates on the latest ones",
    ),
    Case(
        "ambiguous dates",
        {
            "a.csv": table(
                **{"sold at": [f"{row % 9 + 1:02}/{row % 11 + 1:02}/2024" for row in range(ROWS)]}
            )
        },
        f"train a.csv --target y --type 'sold at=datetime' {FAST}",
        "day and month are ambiguous",
    ),
    Case(
        "no target",
        {"a.csv": table()},
        f"train a.csv {FAST}",
        "needs the column to predict",
        {"COLUMN": "y"},
    ),
    Case(
        "classes for a binary task",
        {"a.csv": table(kind=["abc"[row % 3] for row in range(ROWS)])},
        f"train a.csv --target kind --task binary {FAST}",
        "A binary task needs two",
    ),
    Case(
        "whole numbers as classes",
        {"a.csv": table(mark=np.arange(ROWS) % 5)},
        f"train a.csv --target mark {FAST}",
        "is predicted as a number",
    ),
    Case(
        "a type without its kind",
        {"a.csv": table(**{"a b": CODES})},
        f"train a.csv --target y --type 'a b' {FAST}",
        "--type must be COLUMN=KIND",
        other=("--type COLUMN=KIND", "--type"),
    ),
    Case(
        "nothing left to learn from",
        {
            "a.csv": pd.DataFrame({"the row": range(ROWS), "y": np.arange(ROWS) % 7 / 2}).to_csv(
                index=False
            )
        },
        f"train a.csv --target y {FAST}",
        "no column is left to learn from",
    ),
    Case(
        "a delimiter of two signs",
        {"a.csv": table().replace(",", ";")},
        f"train a.csv --target y --delimiter ;; {FAST}",
        "must be one character",
        other=("--delimiter",),
    ),
    Case(
        "an unknown encoding",
        {"a.csv": table()},
        f"train a.csv --target y --encoding wibble {FAST}",
        "encoding must be one that Python knows",
    ),
    Case(
        "text of another encoding",
        {"a.csv": table(kind=["ä", "b"] * (ROWS // 2)).encode("cp1252")},
        f"train a.csv --target y --encoding utf-8 {FAST}",
        "not utf-8 text",
    ),
    Case(
        "a share in percent",
        {"a.csv": table()},
        f"train a.csv --target y --test 20 {FAST}",
        "must be a share",
        other=("--test",),
    ),
    Case(
        "a column of names to order by",
        {
            "a.csv": table(
                **{"the day": [f"{row % 28 + 1}/{row % 12 + 1}/2024" for row in range(ROWS)]}
            )
        },
        f"train a.csv --target y --type 'the day=category' --time 'the day' {FAST}",
        "neither a date nor a number",
    ),
    Case(
        "another table's model",
        {"a.csv": table(), "b.csv": table()},
        f"train b.csv --target y --out a.trimtab {FAST}",
        "already exists and holds a model",
        {"--out": "--out c.trimtab"},
    ),
    Case(
        "a target as a word",
        {"a.csv": table()},
        f"train a.csv y {FAST}",
        "To predict a column of that name",
    ),
]


NEW = {"a.csv": table(), "new.csv": table()}
CASES += [
    Case(
        "a rare class",
        {"a.csv": table(kind=["rare"] + ["a", "b"] * 29 + ["a"])},
        "inspect a.csv --target kind",
        "gives every class the same weight",
        then=f"train a.csv --target kind {FAST}",
    ),
    Case(
        "a target with outliers",
        {"a.csv": table(price=[*range(ROWS - 1), 1e9])},
        "inspect a.csv --target price",
        "weighs all rows alike",
        then=f"train a.csv --target price {FAST}",
    ),
    Case(
        "a column with the name of a prediction",
        {**NEW, "new.csv": table(prediction=CODES)},
        "predict a.trimtab new.csv --all-columns",
        "and so have the predictions",
        {"COLUMN": "x"},
    ),
    Case(
        "an interval that is none",
        NEW,
        "predict a.trimtab new.csv --interval 900",
        "must be a level between 0 and 1",
        other=("--interval",),
    ),
    Case(
        "a score of rows that were trained on",
        NEW,
        "train a.csv --target y --out b.trimtab --effort quick --epochs 9 --layers '4 relu'",
        "slightly optimistic",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_the_remedy_works(trimtab, case):
    for name, data in case.files.items():
        (trimtab.folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    if "a.trimtab" in case.command:  # a model of a.csv comes first
        assert trimtab(*shlex.split(f"train a.csv --target y {FAST}")).status == 0
    typed = shlex.split(case.command)
    first = trimtab(*typed)
    said = first.out + first.err
    sentence = next(line for line in said.splitlines() if case.said in line)
    remedies = [
        flag
        for flag in flags_in(sentence)
        if " ".join(flag) not in (*case.other, "--type COLUMN=KIND")
    ]
    assert remedies, sentence
    typed = shlex.split(case.then) or typed
    for remedy in remedies:
        words = [case.stands_for.get(word, word) for word in remedy]
        words = (
            shlex.split(" ".join(map(shlex.quote, words)))
            if len(words) > 1
            else shlex.split(words[0])
        )
        again = without(typed, words, said)
        result = trimtab(*again, *words, *(["--overwrite"] if typed[0] == "train" else []))
        assert result.status == 0, (again, words, result.err)
        assert case.said not in result.out + result.err, words


def test_a_sheet_by_its_name(trimtab):
    pytest.importorskip("openpyxl")
    frame = pd.DataFrame({"x": np.arange(ROWS) % 7 + 0.5, "y": np.arange(ROWS) * 1.5})
    with pd.ExcelWriter(trimtab.folder / "a.xlsx") as book:
        frame.to_excel(book, sheet_name="May 1", index=False)
        frame.head(30).to_excel(book, sheet_name="June", index=False)
        pd.DataFrame().to_excel(book, sheet_name="Empty", index=False)
    said = trimtab("inspect", "a.xlsx").out
    assert "others: 'June' with 30 rows (--sheet NAME)" in said
    assert trimtab("inspect", "a.xlsx", "--sheet", "June").out.startswith("a.xlsx: 30 rows")
    message = trimtab.refuses("inspect", "a.xlsx", "--sheet", "Empty")
    assert "Name another one: --sheet NAME. There is 'May 1', 'June'." in message
    assert trimtab("inspect", "a.xlsx", "--sheet", "May 1").status == 0


def test_what_is_asked_of_a_number_can_be_left_out(trimtab):
    for name, data in NEW.items():
        (trimtab.folder / name).write_text(data)
    assert trimtab(*shlex.split(f"train a.csv --target y {FAST}")).status == 0
    message = trimtab.refuses("predict", "a.trimtab", "new.csv", "--proba")
    assert "Leave out proba (--proba), or ask for an interval." in message
    assert trimtab("predict", "a.trimtab", "new.csv", "--interval", "0.5").status == 0


def test_a_column_of_lists_can_be_dropped(trimtab):
    import json

    rows = [{"my tags": ["a"], "x": row % 7, "y": row * 1.5} for row in range(ROWS)]
    (trimtab.folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    typed = shlex.split(f"train a.jsonl --target y {FAST}")
    message = trimtab(*typed, "--type", "my tags=category").err
    (remedy,) = flags_in(message)
    assert remedy == ["--drop", "my tags"]
    assert trimtab(*typed, *remedy).status == 0


def test_a_folder_of_several_formats(trimtab):
    folder = trimtab.folder / "my sales"
    folder.mkdir()
    (folder / "a.csv").write_text(table())
    (folder / "b.jsonl").write_text('{"x": 1}\n')
    message = trimtab.refuses("inspect", "my sales")
    pattern = shlex.split(re.search(r"'[^']*\*[^']*'", message)[0])[0]
    assert trimtab("inspect", pattern).status == 0


def test_an_unfinished_run_resumes(trimtab):
    (trimtab.folder / "a.csv").write_text(table())
    typed = shlex.split("train a.csv --target y --epochs 100000 --layers '4 relu'")
    stopped = trimtab(*typed, "--time-limit", "0.5s")
    assert "Resume it with --resume." in stopped.out
    shown = trimtab("show", "a.trimtab").out
    assert "resume with trimtab train DATA --resume --out FILE" in shown
    for command in (
        [*typed, "--resume", "--time-limit", "0.3s"],
        shlex.split("train a.csv --resume --out a.trimtab --time-limit 0.3s"),
    ):
        assert trimtab(*command).status == 0


def without(typed, words, said):
    """The command without what the remedy stands for."""
    kept, skip = [], False
    for at, word in enumerate(typed):
        if skip:
            skip = False
            continue
        same = word == words[0] and word.startswith("--")
        column = words[-1].partition("=")[0]
        if words[0] == "--id" and word == "--all-columns":
            continue
        if same and (words[0] != "--type" or typed[at + 1].partition("=")[0] == column):
            skip = True
            continue
        if words[0] == "--target" and word == words[-1] and typed[at - 1] != "--target":
            continue
        kept.append(word)
    return kept


def test_a_finished_sentence_of_flags():
    assert flags_in("Use --missing 'n.a. yet' if so, or --type 'a b=category'.") == [
        ["--missing", "n.a. yet"],
        ["--type", "a b=category"],
    ]
    assert flags_in("Choose another file (--out), or replace it (--overwrite).") == [
        ["--out"],
        ["--overwrite"],
    ]


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("Use decimal=','.", "Use --decimal ','."),
        (
            "Use encoding='utf-8' or encoding='cp1252'.",
            "Use --encoding utf-8 or --encoding cp1252.",
        ),
        ("needs target='COLUMN' (--target COLUMN).", "needs --target COLUMN."),
        ("Resume it with resume=True (--resume).", "Resume it with --resume."),
        ("Choose another file: out=, --out.", "Choose another file: --out."),
        ("--id COLUMN (ids=[...]).", "--id COLUMN."),
        ("Use valid=0.2, test=0.2.", "Use --valid 0.2, --test 0.2."),
        ("a cell 'epochs=5' stays", "a cell 'epochs=5' stays"),
        ("types={'a b': 'category'}", "--type 'a b=category'"),
        ("Use missing=('NA',).", "Use --missing NA."),
        ("learning_rate=0.1", "learning_rate=0.1"),
    ],
)
def test_python_in_the_words_of_the_command_line(python, typed):
    assert own_words(python) == typed


def test_extras_that_messages_name_exist():
    """``pip install 'trimtab[files]'`` brings the packages that the message is about."""
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    names = {name: " ".join(extras[name]) for name in ("files", "jax")}
    assert "openpyxl" in names["files"] and "pyarrow" in names["files"] and "jax" in names["jax"]


# The same from Python.


def python_call(message):
    """The arguments of ``train`` that a message names, as Python reads them."""
    found = re.findall(r"\b(types|missing|task)=(\{[^}]*\}|\[[^\]]*\]|'[^']*')", message)
    return [{name: eval(value)} for name, value in found]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"d": ["01/02/2024", "03/04/2024"] * (ROWS // 2)}, {"kinds": {"d": "datetime"}}),
    ],
)
def test_python_arguments_in_messages_work(columns, told):
    from trimtab.tables import ReadOptions

    source = {"x": np.arange(ROWS) % 7 + 0.5, "y": np.arange(ROWS) * 1.5, **columns}
    with pytest.raises(TrimtabError) as refused:
        infer_schema(_looked_at(source), "y", **told)
    calls = python_call(str(refused.value))
    assert calls
    for call in calls:
        options = ReadOptions(missing=tuple(call.get("missing", ())))
        schema = infer_schema(_looked_at(source, options), "y", kinds=call.get("types"))
        assert schema.features


def _looked_at(source, options=None):
    """Text from a file, where numbers with a bad cell are found."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        pd.DataFrame(source).to_csv(path, index=False)
        return read(path, options)


def test_groups_whose_digits_would_be_lost_are_refused_and_the_remedy_keeps_them(trimtab):
    rows = [f"{1234567890123456700 + row // 2},{row % 17}.5,{row}" for row in range(240)]
    (trimtab.folder / "a.csv").write_text("\n".join(["g,x,y", *rows, "0.5,3.5,7"]) + "\n")
    typed = shlex.split(f"train a.csv --target y --group g {FAST}")
    said = trimtab.refuses(*typed, "--quiet")
    assert "would be merged" in said
    assert "--type g=category" in said
    assert "90 and 31 groups" in trimtab(*typed, "--type", "g=category").out.replace(
        "91 and 30", "90 and 31"
    )


def test_a_level_that_few_rows_allow_is_named_and_works(trimtab):
    (trimtab.folder / "a.csv").write_text(table(c=CODES))
    trimtab.does(*shlex.split(f"train a.csv --target y --quiet {FAST}"))
    said = trimtab.refuses("predict", "a.trimtab", "a.csv", "--interval", "0.99")
    (level,) = re.findall(r"Use (--interval 0\.\d+)", said)
    assert trimtab("predict", "a.trimtab", "a.csv", *level.split()).status == 0

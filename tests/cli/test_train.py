"""``trimtab train``: what it prints to whom, what it writes, and what it refuses."""

import inspect
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import typer

import trimtab as package
from tests.tables.bad_inputs import BAD_INPUTS
from trimtab.cli.app import app
from trimtab.cli.train import default_out
from trimtab.predictor.training import defaults, events
from trimtab.predictor.training.listeners import People
from trimtab.predictor.training.options import OPTIONS, TrainOptions, read_toml
from trimtab.tables import datasets

PNG = b"\x89PNG\r\n\x1a\n"

#: A network and a training that take no time.
QUICK = ("--layers", "8 relu", "--epochs", "2", "--effort", "quick")


@pytest.fixture
def table(trimtab):
    """The name of a small table with a column of each kind."""
    rng = np.random.default_rng(1)
    size = rng.normal(size=120)
    colour = rng.choice(["red", "green", "blue"], size=120)
    lines = ["key,size,colour,shop,price,kind"]
    lines += [
        f"k{row * 7},{each:.4f},{tint},s{row // 4},{3 * each + (tint == 'red'):.3f},"
        f"{'big' if each > 0 else 'small'}"
        for row, (each, tint) in enumerate(zip(size, colour, strict=True))
    ]
    (trimtab.folder / "things.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return "things.csv"


def files(trimtab):
    return sorted(path.name for path in trimtab.folder.iterdir())


# -- what it does ---------------------------------------------------------------------------------


def test_a_table_that_comes_with_trimtab(trimtab):
    result = trimtab("train", "red-wine", "--epochs", "3")
    assert (result.status, result.err) == (0, "")
    assert "\x1b" not in result.out
    labels = re.findall(r"^(\w[\w ]{0,8}\w)  ", result.out, re.MULTILINE)
    assert labels == [
        *("table", "target", "features", "rows", "inputs", "network", "trained"),
        *("model", "picture", "options", "report"),
    ]
    decided = defaults.decide(TrainOptions(), task="regression", rows=1599)
    assert f"network   {decided.layers}\n" in result.out
    assert "epoch 1/" not in result.out
    *_, empty, sentence, also = result.out.splitlines()
    assert re.fullmatch(
        r"Also: root mean squared error 0\.\d+ ± \S+, R² 0\.\d+ ± \S+ for one network, "
        r"about 0\.\d+ and 0\.\d+ for the average\.",
        also,
    )
    assert empty == ""
    assert "240 rows repeat another; a row and its copies stay on one side.\n" in result.out
    folds = defaults.folds(1599)
    assert re.match(
        rf"On 1,599 rows in {folds}-fold cross-validation its mean absolute error is \S+ ± \S+ "
        rf"for one network, about \S+ for the average of the {folds}; ",
        sentence,
    )
    assert sentence.endswith("less error.")
    assert files(trimtab) == [f"red-wine.{ending}" for ending in ("html", "png", "toml", "trimtab")]
    assert (trimtab.folder / "red-wine.png").read_bytes().startswith(PNG)
    predictor = package.load(trimtab.folder / "red-wine.trimtab")
    assert predictor.predict(datasets.load_red_wine().head(3)).shape == (3,)


@pytest.mark.parametrize(
    ("loader", "classes"),
    [("load_breast_cancer", 2), ("load_wine", 3), ("load_digits", 10), ("load_iris", 3)],
)
def test_classes(trimtab, loader, classes):
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, loader)(as_frame=True)
    frame = bunch.data.assign(what=np.asarray(bunch.target_names)[bunch.target].astype(str))
    frame["what"] = "is " + frame["what"]
    frame.to_csv(trimtab.folder / "table.csv", index=False)
    result = trimtab("train", "table.csv", "--target", "what", "--epochs", "8")
    assert (result.status, result.err) == (0, "")
    task = "binary" if classes == 2 else "multiclass"
    decided = defaults.decide(TrainOptions(), task=task, rows=len(frame))
    assert f"network   {decided.layers}\n" in result.out
    assert "the most frequent class" in result.out
    assert f"{defaults.folds(len(frame))} networks: " in result.out
    predictor = package.load(trimtab.folder / "table.trimtab")
    assert len(predictor.classes) == classes
    assert np.mean(predictor.predict(frame) == frame["what"]) >= 0.8


def test_raw_numbers(trimtab):
    result = trimtab("train", "concrete", "--raw", "--epochs", "12", "--json", "--valid", "0.2")
    assert (result.status, result.err) == (0, "")
    said = [json.loads(line) for line in result.out.splitlines()]
    (network,) = [event for event in said if event["event"] == "network"]
    assert network["layers"].startswith(f"{defaults.BATCH_NORM} ")
    scores = package.load(trimtab.folder / "concrete.trimtab").scores["valid"]
    assert scores.metrics["mae"].value <= 0.7 * scores.baseline["mae"].value


def test_options_at_the_command_line(trimtab, table):
    result = trimtab(
        *("train", table, "--target", "kind", "--out", "m", "--id", "key", "--drop", "price"),
        *("--group", "shop", "--type", "colour=category", "--layers", "8 bn relu, 4 tanh"),
        *("--epochs", "2", "--valid", "0.5", "--class-weight", "balanced", "--no-stratify"),
        *("--metric", "accuracy", "--metric", "logloss", "--batch-size", "7"),
    )
    assert (result.status, result.err) == (0, "")
    assert "network   8 bn relu, 4 tanh\n" in result.out
    assert "group     shop (not an input)\n" in result.out
    options = TrainOptions.of(read_toml(trimtab.folder / "m.toml"))
    assert (options.drop, options.id, options.group) == (("price",), ("key",), "shop")
    assert (options.types, options.metric) == ({"colour": "category"}, ("accuracy", "log_loss"))
    assert (options.valid, options.stratify, options.batch_size) == (0.5, False, 7)
    history = package.load(trimtab.folder / "m.trimtab").history.history
    assert set(history) == {"loss", "val_loss", "accuracy", "val_accuracy"}


@pytest.mark.parametrize(
    ("hidden", "parameters", "learned", "parts"),
    [
        # Of a batch normalization that is four numbers a unit, two of them moving statistics.
        ("4 bias bn relu", 69, 61, "8 are moving statistics"),
        # Of 11 columns with 3 bins each 4 edges; the vectors of the bins are learned.
        ("ple:3x2 4 relu", 295, 251, "44 are fixed edges"),
        ("ple:3x2 4 bn relu", 307, 255, "8 are moving statistics and 44 are fixed edges"),
    ],
)
def test_train_and_show_count_the_same_parameters(trimtab, hidden, parameters, learned, parts):
    options = ("--layers", hidden, "--epochs", "1", "--effort", "quick")
    result = trimtab("train", "red-wine", *options)
    size = f"{parameters} parameters (of which {parts})"
    assert f"          {size}, loss mae, " in result.out
    assert f"network     11 inputs, 1 output, {size}\n" in trimtab("show", "red-wine").out
    model = package.load("red-wine.trimtab").model
    assert model.count_params() == parameters
    assert sum(each.size for each in model.trainable_weights) == learned


def test_standard_input(trimtab, table, monkeypatch):
    data = (trimtab.folder / table).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    result = trimtab("train", "-", "--target", "price", *QUICK)
    assert (result.status, result.err) == (0, "")
    assert files(trimtab) == ["model.html", "model.png", "model.toml", "model.trimtab", table]


def test_files_of_their_own_for_validation_and_test(trimtab, table):
    lines = (trimtab.folder / table).read_text("utf-8").splitlines(keepends=True)
    for name, part in (("a.csv", lines[1:81]), ("b.csv", lines[81:101]), ("c.csv", lines[101:])):
        (trimtab.folder / name).write_text("".join([lines[0], *part]), "utf-8")
    result = trimtab(
        *("train", "a.csv", "--target", "price", "--valid", "b.csv", "--test", "c.csv", *QUICK)
    )
    assert (result.status, result.err) == (0, "")
    assert "rows      80 to train on, 20 to validate on, 20 to test on\n" in result.out
    assert "On 20 test rows" in result.out.splitlines()[-2]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("red-wine", "red-wine"),
        ("data/wine.csv", "wine"),
        ("wine.csv.gz", "wine"),
        ("wine.2024.parquet", "wine.2024"),
        ("no.ending", "no.ending"),
        ("-", "model"),
        (".csv", ".csv"),
    ],
)
def test_the_model_is_named_for_the_table(data, name):
    assert default_out(data).name == f"{name}.trimtab"


# -- options in a file ----------------------------------------------------------------------------


def test_the_options_file_makes_the_same_model_again(trimtab, table):
    first = trimtab("train", table, "--target", "price", "--seed", "7", *QUICK)
    toml = (trimtab.folder / "things.toml").read_text("utf-8")
    second = trimtab("train", table, "--config", "things.toml", "--out", "again")
    assert (second.status, second.err) == (0, "")
    assert second.out.splitlines()[-1] == first.out.splitlines()[-1]
    assert (trimtab.folder / "again.toml").read_text("utf-8") == toml
    one, two = (package.load(trimtab.folder / f"{name}.trimtab") for name in ("things", "again"))
    for a, b in zip(one.model.get_weights(), two.model.get_weights(), strict=True):
        assert (a == b).all()


def test_the_command_line_goes_before_the_file_and_the_file_before_defaults(trimtab, table):
    (trimtab.folder / "my.toml").write_text(
        'target = "price"\n[Training]\nepochs = 1\nseed = 3\n[Network]\nlayers = "4 relu"\n',
        "utf-8",
    )
    assert trimtab("train", table, "--config", "my.toml", "--epochs", "2").status == 0
    used = TrainOptions.of(read_toml(trimtab.folder / "things.toml"))
    assert (used.epochs, used.seed, used.layers) == (2, 3, "4 relu")
    assert (used.fold, used.valid) == (defaults.folds(120), None)
    # Validation rows that are typed stand for the folds that the file holds.
    typed = ("--config", "things.toml", "--valid", "0.5", "--out", "one")
    assert "60 to train on, 60 to validate on" in trimtab.does("train", table, *typed).out


def test_refusals_of_an_options_file(trimtab, table):
    def refused(text):
        (trimtab.folder / "my.toml").write_text(text, "utf-8")
        return trimtab.refuses("train", table, "--config", "my.toml")

    assert refused("epoch = 1") == (
        "my.toml has an unknown section or key 'epoch'. Did you mean 'epochs'?"
    )
    assert refused("epochs = 0") == "epochs in my.toml must be a positive integer, received 0."
    assert refused("epochs =").startswith("my.toml is not a TOML file: ")
    message = trimtab.refuses("train", table, "--config", "none.toml")
    assert message == "none.toml does not exist."


# -- what it prints -------------------------------------------------------------------------------


def test_json(trimtab, table):
    result = trimtab("train", table, "--target", "price", "--json", *QUICK)
    assert (result.status, result.err) == (0, "")
    said = [json.loads(line) for line in result.out.splitlines()]
    assert [event["event"] for event in said] == [
        *("read", "understood", "suspected", "divided", "prepared", "network", "epoch", "epoch"),
        *("ended", "saved", "saved", "saved", "saved", "finished"),
    ]
    assert [each["what"] for each in said[2]["suspicions"]] == ["groups"]
    assert said[-1]["caveat"].startswith("The best epoch was picked on these rows")
    assert (said[0]["source"], said[0]["rows"]) == ("things.csv", 120)
    assert said[-1]["scores"]["metrics"]["mae"][0] > 0


def test_quiet_advises_in_words_that_can_be_typed(trimtab):
    words = ("--epochs", "5000", "--time-limit", "1", "--out", "t", "--quiet")
    out = trimtab.does("train", "red-wine", *words).out
    assert out.endswith("Resume it with --resume.\n") and "resume=" not in out


def test_quiet(trimtab, table):
    result = trimtab("train", table, "--target", "price", "--quiet", *QUICK)
    assert (result.status, result.err) == (0, "")
    assert re.match(r"On \d+ validation rows its mean absolute error is ", result.out)
    assert len(result.out.splitlines()) <= 3


def test_members_stand_under_one_label(trimtab, table):
    result = trimtab("train", table, "--target", "price", "--committee", "2", *QUICK)
    assert (result.status, result.err) == (0, "")
    assert re.search(
        r"^trained   network 1 of 2: .*\n          network 2 of 2: .*\nmodel     things\.trimtab$",
        result.out,
        re.MULTILINE,
    )


def test_a_terminal_that_lacks_signs(trimtab, table):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "trimtab", "train", table, "--target", "price", "-q", *QUICK],
        cwd=trimtab.folder,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert re.search(rb"mean absolute error is \S+ \? \S+;", done.stdout)


def test_help_has_every_option_under_its_group(trimtab):
    text = trimtab("train", "--help").out
    sections = re.split(r"^(\w+):\n", text, flags=re.MULTILINE)
    by_group = dict(zip(sections[1::2], sections[2::2], strict=True))
    for name, option in OPTIONS.items():
        assert re.search(
            rf"^  --(\[no-\])?{option.flag}\b", by_group[option.group], re.MULTILINE
        ), name
    assert "Exit status: 0 done, 2 refused (nothing written), 130 ended by Ctrl-C" in text
    assert "[default: 0.25, or none with folds]" in by_group["Splitting"]


def test_every_option_is_a_parameter_a_keyword_and_a_key(trimtab):
    command = typer.main.get_command(app).commands["train"]
    parameters = {parameter.name for parameter in command.params}
    assert set(OPTIONS) <= parameters
    own = {"data", "config", "out", "overwrite", "resume", "quiet", "json"}
    own |= {"report", "baselines", "private", "coach", "coach_time", "live", "live_port"}
    assert parameters - set(OPTIONS) - {"help"} == own
    keywords = inspect.signature(package.train).parameters
    own = {"data", "target", "y", "out", "overwrite", "resume", "verbose", "listener", "options"}
    own |= {"report", "baselines", "private", "coach", "live"}
    assert set(keywords) == own


# -- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", BAD_INPUTS, ids=lambda case: case.name.replace(" ", "-"))
def test_files_that_cannot_be_read(trimtab, case):
    (trimtab.folder / case.file).write_bytes(case.data)
    message = trimtab.refuses("train", case.file, "--target", "weight")
    for part in case.message:
        assert part in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "prize"), "Did you mean 'price'?"),
        ((), "--target COLUMN. things.csv has 'key', 'size'"),
        (("--target", "price", "--drop", "price"), "price"),
        (
            ("--target", "price", "--epochs", "0"),
            "--epochs must be a positive integer, received 0.",
        ),
        (("--target", "price", "--epochs", "many"), "received 'many'"),
        (("--target", "price", "--epochs="), "--epochs must be a positive integer, received ''."),
        (("--target", "price", "--lr", "nan"), "--lr must be a number above 0, received nan."),
        (("--target", "price", "--type", "shop"), "--type must be COLUMN=KIND, received 'shop'."),
        (("--target", "price", "--type", "shop=cat"), "must be one of 'numeric',"),
        (
            ("--target", "price", "--time-limit", "soon"),
            "--time-limit must be a positive number of seconds",
        ),
        (("--target", "price", "--loss", "bce"), "loss must be one of 'mae', 'mse'"),
        (("--target", "price", "--group", "artist"), "artist"),
        (("--target", "price", "--valid", "none.csv"), "none.csv"),
        (("--target", "price", "--engine", "gpu"), "engine must be 'auto' or one of native, jax"),
        (("--target", "price", "--out", "no/where.trimtab"), "there is no folder no."),
        (("--target", "price", "--out", "things.csv"), "things.csv is one of the tables to read"),
        (("--target", "price", "--resume", "--out", "x.trimtab"), "x.trimtab"),
        (("--target", "price", "--bogus"), "--bogus"),
        (("--target",), "--target"),
    ],
)
def test_refusals(trimtab, table, arguments, message):
    assert message in trimtab.refuses("train", table, "--quiet", *arguments)


def test_no_table_at_all(trimtab):
    assert "DATA" in trimtab.refuses("train")
    assert "none.csv" in trimtab.refuses("train", "none.csv", "--target", "y")


def test_a_place_in_the_layers_is_shown(trimtab, table):
    result = trimtab("train", table, "--target", "price", "--layers", "8 relu, 8 drpout:0.1")
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "Error: --layers has an unknown word. Did you mean 'dropout'?\n"
        "    8 relu, 8 drpout:0.1\n"
        "              ^^^^^^\n"
    )
    assert files(trimtab) == [table]


def test_a_model_is_replaced_by_one_of_the_same_table_only(trimtab, table):
    arguments = ("--target", "price", "--quiet", *QUICK)
    assert trimtab("train", table, *arguments).status == 0
    before = (trimtab.folder / "things.trimtab").read_bytes()
    assert trimtab("train", table, *arguments, "--seed", "5").status == 0
    other = (trimtab.folder / "things.trimtab").read_bytes()
    assert other != before
    message = trimtab.refuses("train", "red-wine", "--out", "things.trimtab", "--quiet", *QUICK)
    assert "holds a model of 'things.csv' for 'price'" in message
    assert (trimtab.folder / "things.trimtab").read_bytes() == other
    replaced = trimtab("train", "red-wine", "--out", "things.trimtab", "--overwrite", *QUICK)
    assert replaced.status == 0


def test_files_of_others_beside_the_model_are_left_alone(trimtab, table):
    (trimtab.folder / "things.png").write_bytes(PNG + b"holidays")
    (trimtab.folder / "things.toml").write_text("# mine\n", "utf-8")
    result = trimtab("train", table, "--target", "price", *QUICK)
    assert result.status == 0
    assert result.out.splitlines()[-2:] == [
        "things.png was not written by train and is left unchanged.",
        "things.toml was not written by train and is left unchanged.",
    ]
    assert (trimtab.folder / "things.png").read_bytes() == PNG + b"holidays"
    assert (trimtab.folder / "things.toml").read_text("utf-8") == "# mine\n"
    assert "picture   " not in result.out
    first = trimtab("train", table, "--target", "price", "--out", "other", *QUICK)
    before = (trimtab.folder / "other.png").read_bytes()
    again = trimtab("train", table, "--target", "price", "--out", "other", "--seed", "4", *QUICK)
    assert "picture   other.png" in first.out and "picture   other.png" in again.out
    assert (trimtab.folder / "other.png").read_bytes() != before


# -- Ctrl-C and terminals -------------------------------------------------------------------------


def test_ctrl_c_before_there_is_a_model(trimtab, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("trimtab.predictor.training.train.train", interrupted)
    result = trimtab("train", "red-wine")
    assert (result.status, result.out) == (130, "")
    assert result.err == "Interrupted before there was a model; nothing was written.\n"
    assert files(trimtab) == []


def test_ctrl_c_twice_after_a_state_was_saved(trimtab, monkeypatch):
    show = People.show

    def press(self, event):
        show(self, event)
        if isinstance(event, events.Epoch) and event.epoch == 3:
            raise KeyboardInterrupt  # as the second Ctrl-C does

    monkeypatch.setattr("trimtab.predictor.training.watch.STATE_PERIOD", 0.0)
    monkeypatch.setattr(People, "show", press)
    result = trimtab("train", "concrete", "--layers", "8 relu", "--epochs", "6")
    assert result.status == 130
    assert result.err == "Interrupted; concrete.trimtab holds the last saved state. Use --resume.\n"
    assert files(trimtab) == ["concrete.trimtab"]
    monkeypatch.setattr(People, "show", show)
    assert trimtab("train", "concrete", "--resume").status == 0


def test_ctrl_c_while_it_trains_and_going_on(trimtab, monkeypatch):
    show = People.show

    def press(self, event):
        show(self, event)
        if isinstance(event, events.Epoch) and event.epoch == 3:
            signal.raise_signal(signal.SIGINT)

    arguments = ("train", "concrete", "--layers", "8 relu", "--epochs", "6", "--fold", "0")
    whole = trimtab(*arguments, "--out", "whole")
    monkeypatch.setattr(People, "show", press)
    left = trimtab(*arguments)
    assert (left.status, left.err) == (130, "")
    assert "interrupted" in left.out
    monkeypatch.setattr(People, "show", show)
    rest = trimtab("train", "concrete", "--resume")
    assert (rest.status, rest.err) == (0, "")
    assert rest.out.splitlines()[-1] == whole.out.splitlines()[-1]
    one, two = (package.load(trimtab.folder / f"{n}.trimtab") for n in ("whole", "concrete"))
    for a, b in zip(one.model.get_weights(), two.model.get_weights(), strict=True):
        assert (a == b).all()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_gets_a_live_line_that_fits(tmp_path, columns):
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "trimtab", "train", "red-wine", "--epochs", "400"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment,
    )  # fmt: skip
    os.close(theirs)
    shown, pressed = b"", False
    end = time.monotonic() + 120
    try:
        while time.monotonic() < end:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux' way to say that nobody is there any more
                break
            if not piece:
                break
            shown += piece
            if not pressed and b"epoch 5/400" in shown:
                pressed = True
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    lines = [line for line in re.split(r"[\r\n]+", text) if line]
    assert max(map(len, lines)) <= columns
    networks = f"{defaults.folds(1599)} networks, "
    live = [line for line in lines if line.startswith(f"{networks}epoch ")]
    best = r"  best \S+ at " if columns > 80 else ""  # what does not fit is left out
    assert any(re.search(rf"\d:\d\d left  loss \S+  val_loss \S+{best}", x) for x in live)
    assert any(line.startswith(f"trained   {networks[:-2]}: interrupted ") for line in lines)
    assert (tmp_path / "red-wine.trimtab").exists()

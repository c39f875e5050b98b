"""What people type first is understood, or answered in the command line's own words."""

import pytest

import trimtab as package
from trimtab.cli.predict import level_in
from trimtab.errors import InvalidArgument


@pytest.fixture
def house(trimtab):
    """A table and a model of it."""
    rows = [f"{size}.5,{size % 5},{size * 3}" for size in range(1, 101)]
    (trimtab.folder / "a.csv").write_text("\n".join(["size,rooms,price", *rows]) + "\n")
    trimtab.does("train", "a.csv", "--target", "price", "--epochs", "2", "--quiet")
    return trimtab


@pytest.mark.parametrize("typed", ["version", "-V", "--version", "version -h", "version --json"])
def test_version(trimtab, typed):
    assert trimtab.does(*typed.split()).out == f"trimtab {package.__version__}\n"


@pytest.mark.parametrize("typed", [["-h"], ["help"], ["--help"]])
def test_help(trimtab, typed):
    assert "Usage: trimtab" in trimtab.does(*typed).out


@pytest.mark.parametrize("typed", [["help", "train"], ["train", "-h"], ["train", "--help"]])
def test_help_of_a_command(trimtab, typed):
    assert "Usage: trimtab train DATA" in trimtab.does(*typed).out


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("fit a.csv --target price", "No such command 'fit'. Use trimtab train."),
        ("Train a.csv", "No such command 'Train'. Did you mean 'train'?"),
        ("info a.trimtab", "No such command 'info'. Use trimtab show."),
        (
            "wibble",
            "No such command 'wibble'. The commands are inspect, train, coach, compare, predict, "
            "serve, evaluate, explain, report, card, show, diff, export, lesson, play.",
        ),
        (
            "a.csv",
            "No such command 'a.csv'. Name a command first: trimtab train a.csv --target COLUMN",
        ),
        (
            "train a.csv --target price --drop size,rooms",
            "a.csv has no column 'size,rooms' (drop). Name each by itself: --drop size --drop "
            "rooms.",
        ),
        ("train", "train needs DATA: trimtab train DATA.csv --target COLUMN"),
        ("inspect", "inspect needs DATA: trimtab inspect DATA.csv"),
        (
            "predict a.trimtab",
            "predict needs MODEL and FILE: trimtab predict MODEL.trimtab NEW.csv",
        ),
        (
            "train a.csv price",
            "there is no file 'price'. To predict a column of that name, use --target price.",
        ),
        ("train a.csv -t price", "No such option: -t. Use --target."),
        (
            "train a.csv -target price",
            "No such option: -target. Options have two dashes: --target.",
        ),
        ("train a.csv --traget price", "No such option: --traget. Did you mean --target?"),
        (
            "train a.csv --target price --learning-rate 1",
            "No such option: --learning-rate. Use --lr.",
        ),
        ("train a.csv --target price --gpu", "No such option: --gpu. Use --engine."),
        (
            "train a.csv --target price --xyzzy",
            "No such option: --xyzzy. trimtab train -h lists them.",
        ),
        ("predict a.trimtab a.csv --output b.csv", "No such option: --output. Use --out."),
        (
            "predict --model a.trimtab a.csv",
            "No such option: --model. Leave --model out: trimtab predict MODEL.trimtab NEW.csv",
        ),
        (
            "inspect a.trimtab",
            "a.trimtab is a model, not a table. See what it holds with: trimtab show a.trimtab",
        ),
        (
            "train a.trimtab --target price",
            "a.trimtab is a model, not a table. See what it holds with: trimtab show a.trimtab",
        ),
        (
            "train a.csv --target Price",
            "a.csv has no column 'Price' (target). Did you mean 'price'?",
        ),
        (
            "train a.csv --target price --test 20",
            "--test must be a share of the rows, at least 0 and below 1, or a file, received 20. "
            "Use --test 0.2 for 20 %.",
        ),
    ],
)
def test_refused_with_what_to_type(house, typed, answer):
    result = house(*typed.split())
    assert result.status == 2
    assert result.err.splitlines()[-1] == f"Error: {answer}"


@pytest.mark.parametrize("command", ["predict", "evaluate", "explain"])
def test_swapped_arguments_are_understood(house, command):
    right = house(command, "a.trimtab", "a.csv")
    swapped = house(command, "a.csv", "a.trimtab")
    assert right.status == swapped.status == 0
    assert swapped.out == right.out
    assert "Note: a.trimtab is the model, so a.csv is read as the table." in swapped.err


def test_the_words_of_show_are_a_command_that_works(house):
    said = house.refuses("inspect", "a.trimtab")
    assert house.does(*said.rpartition(": trimtab ")[2].split()).out


def test_levels_of_intervals(house):
    outputs = {
        house("predict", "a.trimtab", "a.csv", "--interval", level).out
        for level in ("0.9", "90", "90%", "90 %")
    }
    assert len(outputs) == 1
    assert outputs.pop().startswith("prediction,lower,upper")
    for wrong in ("1", "1.5", "9", "0", "100%", "100", "-5", "nan", "high"):
        with pytest.raises(InvalidArgument, match=r"Use --interval 0\.9 or --interval 90%"):
            level_in(wrong)


@pytest.mark.parametrize("slip", ["1.5", "2", "9.9"])
def test_a_slip_is_no_percentage(house, slip):
    """``--threshold 2`` would predict the class almost always, without a word."""
    said = house.refuses("train", "a.csv", "--target", "price", "--threshold", slip)
    assert said.startswith("--threshold must be ") and f"{slip}" in said
    said = house.refuses("evaluate", "a.trimtab", "a.csv", "--threshold", slip)
    assert said == f"--threshold must be a float between 0 and 1, received {slip}."
    said = house.refuses("predict", "a.trimtab", "a.csv", "--interval", slip)
    assert said.startswith("--interval must be a level between 0 and 1, received ")


def test_percentages_are_shares(house):
    typed = ("train", "a.csv", "--target", "price", "--epochs", "2", "--quiet", "--overwrite")
    percent = house.does(*typed, "--test", "20%", "--valid", "20 %", "--dropout", "10%").out
    share = house.does(*typed, "--test", "0.2", "--valid", "0.2", "--dropout", "0.1").out
    assert percent == share
    assert percent.startswith("On 20 test rows")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("--verbose",), "Leave it out; --quiet prints less."),
        (("--optimizer", "adam"), "It is AdamW: set --lr and --weight-decay."),
        (("--type", "x:category"), "Use --type x=category."),
        (("--test", "120%"), "below 1, or a file, received 1.2.\n"),
        (("--loss", "rmse"), "Use --loss mae or --loss mse for numbers"),
    ],
)
def test_options_of_other_tools_have_a_way_out(trimtab, typed, says):
    (trimtab.folder / "a.csv").write_text("x,y\n" + "1,2\n" * 30)
    result = trimtab("train", "a.csv", "--target", "y", *typed)
    assert result.status == 2 and says in result.err
    assert "overwrite" not in result.err and "--time" not in result.err

"""docs/keras.md names every name of the installed Keras, and is what the modules say."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    import_keras()
    spec = importlib.util.spec_from_file_location("keras_page", ROOT / "tools" / "keras_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["keras_page"] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules["keras_page"]


def test_the_page_is_what_the_tool_writes(tool):
    text = tool.PAGE.read_text("utf-8")
    assert tool.page(text) == text, "run python tools/keras_page.py"


def test_every_name_of_keras_is_on_it(tool):
    text = tool.PAGE.read_text("utf-8")
    sections = dict(part.split("\n", 1) for part in text.split("\n### ")[1:])
    count = 0
    for name, theirs, ours in tool.modules():
        there, missing, _ = tool.parts(name, theirs, ours)
        for each in (*there, *missing):
            assert f"`{each}`" in sections[name], f"{name}.{each}"
            count += 1
    assert count > 500


def module(name, **names):
    made = ModuleType(name)
    vars(made).update(names)
    made.__all__ = [*names]
    return made


def test_a_row_goes_once_the_name_is_there(tool):
    theirs = module("theirs", Huber=1, CTC=2)
    assert tool.parts("losses", theirs, module("ours", Huber=1)) == (["Huber"], ["CTC"], [])
    ours = module("ours", Huber=1, CTC=2, Own=int, TABLE=3)
    assert tool.parts("losses", theirs, ours) == (["CTC", "Huber"], [], ["Own"])


def test_arguments_are_compared(tool):
    def theirs(a, b=1, c=0, *rest, name="theirs", **more):
        pass

    def ours(a, c=0.0, name=None, d=2):
        pass

    found = [*tool.differences("module.thing", theirs, ours)]
    assert found == [tool.Difference("module.thing", "b")]

    def other(a, b=2, c=0, name="other"):
        pass

    found = [*tool.differences("module.thing", theirs, other)]
    assert [(each.argument, each.theirs, each.ours) for each in found] == [
        ("b", "1", "2"),
        ("name", "'theirs'", "'other'"),
    ]


def test_a_difference_without_a_reason_is_an_error(tool):
    reasons = tool.Reasons()
    assert reasons.of(tool.Difference("layers.deserialize", "custom_objects"))
    assert_refused(
        LookupError,
        "losses.Huber: why does delta differ? Add a row to [arguments] of tools/keras_page.toml.",
        lambda: reasons.of(tool.Difference("losses.Huber", "delta")),
    )
    assert_refused(
        LookupError,
        "Sequential.wobble: why is it missing? Add it to [model] of tools/keras_page.toml.",
        lambda: reasons.of_model("wobble"),
    )
    assert_refused(
        LookupError,
        "losses.Wobble: what to use instead? Add it to core/instead.py.",
        lambda: tool.in_place_of("losses", "Wobble"),
    )


def test_another_page_is_refused_and_written_anew(tool, tmp_path, monkeypatch, capsys):
    text = tool.PAGE.read_text("utf-8")
    page = tmp_path / "keras.md"
    page.write_text(text.replace("`Huber`", "`Hubert`"), "utf-8")
    monkeypatch.setattr(tool, "PAGE", page)
    for arguments, status in ((["--check"], 1), ([], 0), (["--check"], 0)):
        monkeypatch.setattr(sys, "argv", ["keras_page.py", *arguments])
        assert tool.main() == status
    assert "Run python tools/keras_page.py" in capsys.readouterr().err
    assert page.read_text("utf-8") == text
    page.write_text("no marks", "utf-8")
    with pytest.raises(SystemExit, match="lacks the marks"):
        tool.main()

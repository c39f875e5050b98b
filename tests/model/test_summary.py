"""The table of a model."""

import numpy as np

from trimtab import Sequential
from trimtab.nn import layers


def model():
    made = Sequential(name="m")
    made.add(layers.Dense(4, input_shape=[3], name="hidden"))
    made.add(layers.BatchNormalization(name="norm"))
    made.add(layers.Residual([layers.Dense(4, name="inner")], name="block"))
    made.add(layers.Dense(1, name="out"))
    return made


def lines_of(made, **options):
    lines = []
    made.summary(print_fn=lines.append, **options)
    return lines


def test_table():
    lines = lines_of(model())
    assert lines[0] == 'Model: "m"'
    assert lines[2].split() == ["Layer", "(type)", "Output", "Shape", "Param", "#"]
    assert [line.split() for line in lines[4:8]] == [
        ["hidden", "(Dense)", "(None,", "4)", "16"],
        ["norm", "(BatchNormalization)", "(None,", "4)", "16"],
        ["block", "(Residual)", "(None,", "4)", "20"],
        ["out", "(Dense)", "(None,", "1)", "5"],
    ]
    assert lines[9:] == [
        "Total params: 57 (228.00 B)",
        "Trainable params: 49 (196.00 B)",
        "Non-trainable params: 8 (32.00 B)",
    ]
    assert len({len(lines[i]) for i in (1, 3, 8)}) == 1


def test_prints(capsys):
    made = model()
    made.summary()
    assert capsys.readouterr().out.splitlines() == lines_of(made)


def test_line_length_and_positions():
    assert {len(lines_of(model(), line_length=80)[i]) for i in (1, 3)} == {80}
    lines = lines_of(model(), line_length=60, positions=[0.5, 0.8, 1.0])
    assert lines[2].index("Output") == 30


def test_blocks_and_trainability():
    made = model()
    made.layers[0].trainable = False
    lines = lines_of(made, expand_nested=True, show_trainable=True)
    assert "Trainable" in lines[2]
    assert [line.split()[-1] for line in lines[4:9]] == ["N", "Y", "Y", "Y", "Y"]
    assert lines[7].startswith("└ inner (Dense)")


def test_optimizer_and_unbuilt():
    made = Sequential([layers.Dense(2, name="d")], name="m")
    assert lines_of(made)[4].split() == ["d", "(Dense)", "?", "0", "(unbuilt)"]
    made.compile("adam", "mse")
    made.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    assert lines_of(made)[-1] == "Optimizer params: 16 (64.00 B)"


def test_large_numbers():
    made = Sequential([layers.Dense(3000, input_shape=[3000])])
    assert "9,003,000" in lines_of(made)[4]
    assert lines_of(made)[-3] == "Total params: 9,003,000 (34.34 MB)"

"""What is on the screen as Python, and as a command."""

from __future__ import annotations

import textwrap
from shlex import quote

from trimtab.insight.coach import source
from trimtab.play.choices import Choices
from trimtab.play.data import MOST_ROWS, VALID, Data
from trimtab.play.network import LOSSES, METRICS, MOMENTUM, stack
from trimtab.predictor.batches import LAST_BATCH

__all__ = ["command", "python"]


def python(choices: Choices, data: Data, epochs: int) -> str:
    """Code that makes the same data and network, and trains it.

    Args:
        choices: what is chosen.
        data: of these.
        epochs: to train for.
    """
    imports = ["Sequential", "layers", "optimizers"] + ([] if data.toy else ["tables"])
    made = stack(choices, data, dropout=choices.dropout > 0)
    layers = [
        f"layers.Input(({data.x.shape[1]},))",
        *(source.constructor(layer, named=False) for layer in made),
    ]
    inner = textwrap.indent("".join(f"{line},\n" for line in layers), " " * 8)
    rows = "x, y" if data.toy else "x[train], y[train]"
    held = f"validation_split={VALID}" if data.toy else "validation_data=(x[valid], y[valid])"
    lines = [
        f"from trimtab import {', '.join(imports)}",
        *(["from trimtab.play import toy"] if data.toy else []),
        "",
        *(_toy(choices) if data.toy else _table(choices, data)),
        "",
        "model = Sequential(",
        "    [",
        f"{inner}    ],",
        f"    seed={choices.seed},",
        ")",
        "model.compile(",
        f"    optimizer={_optimizer(choices)},",
        f'    loss="{LOSSES[data.task]}",',
        f'    metrics=["{METRICS[data.task]}"],',
        ")",
        "history = model.fit(",
        f"    {rows},",
        f"    {held},",
        f"    epochs={epochs},",
        f"    batch_size={choices.batch_size},",
        f'    last_batch="{LAST_BATCH}",',
        ")",
    ]
    return "\n".join(lines) + "\n"


def _toy(choices: Choices) -> list[str]:
    return [
        f'x, y = toy("{choices.data}", rows={choices.rows}, noise={source.literal(choices.noise)}, '
        f"seed={choices.seed})"
    ]


def _table(choices: Choices, data: Data) -> list[str]:
    some = f"[:{MOST_ROWS}]" if data.cut else ""
    return [
        f"table = tables.read({source.literal(data.source)})",
        f"schema = tables.infer_schema(table, {source.literal(data.target)})",
        f"plan = tables.SplitPlan(valid={VALID}, seed={choices.seed})",
        "split = tables.make_split(table, schema, plan)",
        f"train, valid = split.train{some}, split.valid{some}",
        "prepare = tables.Preprocessor.fit(table, schema, train)",
        "x, y = prepare.transform(table), prepare.targets(table)",
    ]


def _optimizer(choices: Choices) -> str:
    rate = source.literal(choices.learning_rate)
    decay = f"weight_decay={source.literal(choices.weight_decay)}" if choices.weight_decay else ""
    if choices.optimizer == "sgd":
        more = f", {decay}" if decay else ""
        return f"optimizers.SGD({rate}, momentum={MOMENTUM}{more})"
    return f"optimizers.AdamW({rate}, {decay})" if decay else f"optimizers.Adam({rate})"


def command(choices: Choices, data: Data, epochs: int) -> str:
    """The command that trains the same network on the same split; empty for toys.

    Empty, too, for what ``trimtab train`` does not have: SGD, and networks without hidden layers.

    Args:
        choices: what is chosen.
        data: of these.
        epochs: to train for.
    """
    if data.toy or choices.optimizer == "sgd" or not choices.hidden:
        return ""
    words = [
        f"trimtab train {quote(data.source)} --target {quote(data.target)}",
        f"--layers {quote(choices.layers)}",
        f"--epochs {epochs} --patience {epochs} --batch-size {choices.batch_size}",
        f"--lr {choices.learning_rate:g} --schedule constant",
        f"--weight-decay {choices.weight_decay:g} --average-weights 0",
        *(["--loss mse --target-scale standard"] if data.task == "regression" else []),
        f"--effort quick --valid {VALID} --seed {choices.seed}",
    ]
    return " \\\n    ".join(words) + "\n"

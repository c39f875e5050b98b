"""CategoryEmbedding and Embedding: lowering, codes of all kinds, training, files, refusals."""

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from trimtab import Sequential
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import layers, optimizers, regularizers
from trimtab.program import Builder

SIZES, DIMS = (5, 30), (2, 6)


def lowered(layer, width):
    builder = Builder(width)
    layer.build(width)
    return builder.finish(layer.lower(builder, 0))


def table(rows=200, passing=3, sizes=SIZES, seed=0):
    """Numbers, then codes; the target depends on both."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(rows, passing))
    codes = np.stack([generator.integers(0, size, rows) for size in sizes], axis=1)
    effects = [generator.normal(size=size) for size in sizes]
    y = numbers.sum(axis=1) + sum(e[c] for e, c in zip(effects, codes.T, strict=True))
    return np.concatenate([numbers, codes], axis=1), y


def network(engine=None, **options):
    model = Sequential(
        [
            layers.CategoryEmbedding(SIZES, DIMS, **options),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ],
        seed=3,
    )
    model.compile(optimizer="adam", loss="mse", engine=engine or "auto")
    return model


def test_lowering():
    layer = layers.CategoryEmbedding([5, 30], [2, 6], name="c")
    assert str(lowered(layer, 4)) == (
        "%0 = input (4)\n"
        "%1 = embedding(%0, c/embeddings_0, c/embeddings_1, tables=(0, 1), sizes=(5, 30), "
        "dims=(2, 6)) (10)\n"
        "output %1"
    )


def test_lowering_of_one_table_for_all_columns():
    layer = layers.Embedding(7, 3, name="e")
    assert str(lowered(layer, 2)) == (
        "%0 = input (2)\n"
        "%1 = embedding(%0, e/embeddings, tables=(0, 0), sizes=(7,), dims=(3,)) (6)\n"
        "output %1"
    )


def test_flatten_is_nothing():
    assert lowered(layers.Flatten(), 3).ops == ()


@pytest.mark.parametrize(
    ("size", "dim"), [(1, 2), (2, 2), (3, 3), (7, 5), (12, 6), (100, 21), (467, 50), (10**6, 50)]
)
def test_usual_dims(size, dim):
    assert layers.CategoryEmbedding([size]).dims == (dim,)


def test_initial_tables_are_those_of_keras():
    """Uniform on [-0.05, 0.05]."""
    layer = layers.CategoryEmbedding([400], [50])
    layer([[0.0]])
    values = layer.embeddings[0].numpy()
    assert 0.0499 <= np.abs(values).max() <= 0.05 and abs(values.mean()) <= 0.001


@pytest.mark.parametrize("name", ENGINES)
def test_codes_of_all_kinds(name):
    model = Sequential([layers.CategoryEmbedding([4], [3])])
    model.build((None, 2))
    model.compile("sgd", "mse", engine=name)
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    model.set_weights([vectors])
    none = np.full(3, np.nan)
    for code, expected in [
        *((row, vectors[row]) for row in range(4)),
        *((row, vectors[0]) for row in (-0.0, -0.9, 0.4)),
        *((row, vectors[3]) for row in (3.0, 3.999)),
        *((row, none) for row in (4, 4.5, -1, -2, 1e30, -1e30, np.inf, -np.inf, np.nan)),
    ]:
        actual = model.predict(np.array([[7.5, code]]), verbose=0)
        assert_close(actual[0], [7.5, *expected], 0.0, same_nan=True, what=str(code))


@pytest.mark.parametrize("name", ENGINES)
def test_codes_that_float32_just_holds(name):
    size = 2**24
    layer = layers.CategoryEmbedding([size], [1], embeddings_initializer="zeros")
    model = Sequential([layer])
    model.build((None, 1))
    model.compile("sgd", "mse", engine=name)
    vectors = np.zeros((size, 1), np.float32)
    vectors[[-2, -1], 0] = 1, 2
    model.set_weights([vectors])
    codes = np.array([[size - 3], [size - 2], [size - 1], [size]], np.float32)
    expected = np.array([[0], [1], [2], [np.nan]])
    assert_close(model.predict(codes, verbose=0), expected, 0.0, same_nan=True)


@pytest.mark.parametrize("name", ENGINES)
def test_a_code_without_a_row_moves_no_row(name):
    """Its loss is nan, and so is what all rows go through; but no other category's vector."""
    model = network(name)
    x, y = table(rows=8)
    x[:, 3] = [0, 1, 2, 2, 1, 99, 1, 0]
    model.build((None, x.shape[1]))
    before = model.layers[0].get_weights()[0]
    gradients = model.training_engine().probe(rows_of(x, y), training=True).gradients
    program = model.training_engine().program
    assert program.parameters[0].name.endswith("embeddings_0")
    own = gradients[program.parameters[0].place].reshape(before.shape)
    # The loss is nan, and multiplies every gradient that it reaches.
    assert_close(own[3:], np.zeros((2, 2)), 0.0)
    assert np.isfinite(own[[0, 1, 2]]).all()


def rows_of(x, y):
    from trimtab.engines import Rows

    return Rows(x.astype(np.float32), y.astype(np.float32).reshape(-1, 1))


@pytest.mark.parametrize("name", ENGINES)
def test_it_learns(name):
    x, y = table()
    model = network(name)
    model.compile(optimizers.Adam(0.01), "mse", engine=name)
    history = model.fit(x, y, epochs=20, batch_size=20, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]


@pytest.mark.parametrize("name", ENGINES)
def test_categories_that_are_not_there_stay(name):
    """A gradient of 0 is what they get: without momentum of their own nothing moves them."""
    x, y = table()
    x[:, 4] %= 20
    model = network(name)
    model.compile(optimizer="sgd", loss="mse", engine=name)
    model.build((None, x.shape[1]))
    before = model.layers[0].get_weights()[1]
    model.fit(x, y, epochs=2, verbose=0)
    after = model.layers[0].get_weights()[1]
    assert_same_bits(after[20:], before[20:])
    assert (after[:20] != before[:20]).all()


def test_penalties_are_on_all_rows():
    x, y = table()
    x[:, 4] %= 20
    model = network(embeddings_regularizer=regularizers.L2(0.1))
    model.compile(optimizer="sgd", loss="mse")
    model.fit(x, y, epochs=1, verbose=0)
    before = model.layers[0].get_weights()[1]
    model.fit(x, y, epochs=5, verbose=0)
    assert (np.abs(model.layers[0].get_weights()[1][20:]) < np.abs(before[20:])).all()


def test_frozen():
    x, y = table()
    model = network()
    model.build((None, x.shape[1]))
    model.layers[0].trainable = False
    before = model.layers[0].get_weights()
    model.fit(x, y, epochs=1, verbose=0)
    for now, was in zip(model.layers[0].get_weights(), before, strict=True):
        assert_same_bits(now, was)


def test_files(tmp_path):
    x, y = table()
    model = network()
    model.fit(x, y, epochs=1, verbose=0)
    model.save(tmp_path / "model.trimtab")
    loaded = trimtab.load_model(tmp_path / "model.trimtab")
    assert loaded.layers[0].sizes == SIZES and loaded.layers[0].dims == DIMS
    assert_same_bits(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_summary():
    lines = []
    model = network()
    model.build((None, 5))
    model.summary(print_fn=lines.append)
    row = next(line for line in lines if "CategoryEmbedding" in line)
    assert "(None, 11)" in row and "190" in row


def test_the_probe_has_a_row_for_it():
    x, y = table()
    model = network()
    model.fit(x, y, epochs=1, verbose=0)
    row = model.probe(x, y).rows[0]
    assert row.kind == "CategoryEmbedding" and row.units == 11
    assert row.dead is None and row.weight_norm > 0 and row.gradient_norm > 0


def test_code_for_keras_2_may_say_input_length():
    model = Sequential([layers.Embedding(5, 2, input_length=3), layers.Flatten(), layers.Dense(1)])
    assert model.built and model.input_shape == (None, 3)


def test_bfloat16_reads_codes_from_the_table():
    """Beyond 256 a bfloat16 holds no odd numbers."""
    model = Sequential([layers.CategoryEmbedding([1000], [1])])
    model.build((None, 1))
    model.compile("sgd", "mse", engine="jax", precision="mixed_bfloat16")
    model.set_weights([np.arange(1000, dtype=np.float32)[:, None] % 2])
    codes = np.arange(1000, dtype=np.float32)[:, None]
    assert_same_bits(model.predict(codes, verbose=0), codes % 2)


def test_bfloat16_codes_are_refused():
    model = Sequential([layers.Dropout(0.5), layers.CategoryEmbedding([1000], [1])])
    model.build((None, 1))
    model.compile("sgd", "mse", engine="jax", precision="mixed_bfloat16")
    assert_refused(
        Unsupported,
        "an embedding cannot read codes in bfloat16, which does not represent all whole numbers. "
        "Make it the first layer, or compile with precision='float32'.",
        lambda: model.predict(np.zeros((3, 1)), verbose=0),
    )


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: layers.CategoryEmbedding([]),
            InvalidArgument,
            "sizes must hold positive integers, received []. Use the number of categories of each "
            "column of codes, sizes=[3, 12].",
        ),
        (
            lambda: layers.CategoryEmbedding(2.5),
            InvalidArgument,
            "sizes must hold positive integers, received 2.5. Use the number of categories of each "
            "column of codes, sizes=[3, 12].",
        ),
        (
            lambda: layers.CategoryEmbedding([3], dims=[0]),
            InvalidArgument,
            "dims must hold positive integers, received [0]. Use one for each of sizes, "
            "dims=[2, 6].",
        ),
        (
            lambda: layers.CategoryEmbedding([3, 4], dims=[2]),
            InvalidArgument,
            "dims must be as many as sizes, 2, received 1. Leave it out for a rule of thumb.",
        ),
        (
            lambda: layers.CategoryEmbedding([3, 2**24 + 1]),
            InvalidArgument,
            "sizes must be at most 16,777,216, received 16,777,217: codes are held in float32, "
            "which does not have all whole numbers beyond. Merge rare categories.",
        ),
        (
            lambda: layers.CategoryEmbedding([3, 4], name="c").build(1),
            InvalidArgument,
            "c has sizes for 2 columns of codes, receives 1 columns. Give one size for each of the "
            "last columns that hold codes.",
        ),
        (
            lambda: layers.Embedding(5, 2.5),
            InvalidArgument,
            "output_dim must be a positive integer, received 2.5.",
        ),
        (
            lambda: layers.Embedding(2**24 + 1, 2),
            InvalidArgument,
            "input_dim must be at most 16,777,216, received 16,777,217: codes are held in float32, "
            "which does not have all whole numbers beyond. Merge rare categories.",
        ),
        (
            lambda: layers.Embedding(5, 2, mask_zero=True),
            Unsupported,
            "Embedding: mask_zero is not supported, received mask_zero=True. Leave it out.",
        ),
        (
            lambda: layers.Embedding(5, 2, lora_rank=2),
            Unsupported,
            "Embedding: lora_rank is not supported, received lora_rank=2. Leave it out.",
        ),
        (
            lambda: layers.Flatten("channels"),
            InvalidArgument,
            "data_format must be one of 'channels_last', 'channels_first', received 'channels'. "
            "Did you mean 'channels_last'?",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)

from benchmarks.networks import BatchNormalization, Dense, Dropout, Run, step_flops
from benchmarks.runs import hidden_pair


def test_a_step_multiplies_forward_and_for_both_gradients() -> None:
    run = Run("two", (Dense(5, relu=True), Dense(1)), "sgd", 7, 1)
    first, second = 2 * 7 * 3 * 5, 2 * 7 * 5 * 1
    # nobody asks for the gradient of the table itself
    assert step_flops(run, 3) == 2 * first + 3 * second


def test_an_input_below_which_something_learns_needs_its_gradient() -> None:
    plain = Run("plain", (Dense(5),), "sgd", 7, 1)
    normalized = Run("normalized", (BatchNormalization(), Dense(5)), "sgd", 7, 1)
    assert step_flops(normalized, 3) - step_flops(plain, 3) == 2 * 7 * 3 * 5


def test_layers_without_products_cost_none() -> None:
    run = Run("dropped", (Dense(5), Dropout(0.5)), "sgd", 7, 1)
    assert step_flops(run, 3) == 2 * 2 * 7 * 3 * 5


def test_a_cell_of_the_sweep() -> None:
    run = hidden_pair(64, 256, 3)
    assert [layer.units for layer in run.layers if isinstance(layer, Dense)] == [64, 64, 1]
    assert (run.batch_size, run.epochs) == (256, 3)

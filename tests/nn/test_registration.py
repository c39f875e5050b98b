"""Names for a user's own objects: how they are given, found and refused."""

import pytest

import trimtab
from tests.support.refusals import assert_refused
from trimtab import Sequential, keras
from trimtab.errors import InvalidArgument
from trimtab.model.sequential import clone_model
from trimtab.nn import layers, losses, metrics, registration


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch):
    """Each test registers for itself."""
    monkeypatch.setattr(registration, "_objects", {})
    monkeypatch.setattr(registration, "_names", {})


class Halved(layers.Layer):
    """Lowers itself, so that no JAX is needed here."""

    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def lower(self, builder, value):
        return builder.emit("activation", [value], function="relu", negative_slope=self.rate)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


def worst(y_true, y_pred):
    return abs(y_true - y_pred).max()


def other(y_true, y_pred):
    return y_pred


def test_three_ways_to_register():
    assert trimtab.register(Halved) is Halved
    assert trimtab.register(package="mine", name="W")(worst) is worst
    assert trimtab.register(other, package="mine") is other
    assert [registration.registered_name(x) for x in (Halved, worst, other)] == [
        "Custom>Halved",
        "mine>W",
        "mine>other",
    ]
    assert registration.registered_object("mine>W") is worst
    assert registration.registered_object("mine>V") is None
    assert registration.registered_name(max) is None
    assert registration.registered_name([]) is None


def test_a_cell_that_runs_again_takes_the_place_of_its_first_run():
    made = []
    for _ in range(2):

        @trimtab.register
        def cell(y_true, y_pred):
            return y_pred

        made.append(cell)
    assert registration.registered_object("Custom>cell") is made[1]
    assert registration.registered_name(made[0]) == "Custom>cell"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            lambda: trimtab.register("mine"),
            "register takes a class or a function, received 'mine'. Use "
            "@trimtab.register(package=...).",
        ),
        (lambda: trimtab.register(3), "register takes a class or a function, received 3."),
        (
            lambda: trimtab.register(worst, package=""),
            "package must be a text without '>', received ''.",
        ),
        (
            lambda: trimtab.register(worst, name="a>b"),
            "name must be a text without '>', received 'a>b'.",
        ),
        (
            lambda: trimtab.register(lambda y_true, y_pred: y_pred),
            "a lambda has no name. Write def, or use register(..., name=...).",
        ),
        (
            lambda: (trimtab.register(worst), trimtab.register(other, name="worst")),
            "'Custom>worst' is taken by tests.nn.test_registration.worst. "
            "Use register(package=...) or register(name=...) for another name.",
        ),
        (
            lambda: registration.CustomObjectScope(["worst"]),
            "custom_objects must be a dict from name to class or function, received ['worst'].",
        ),
    ],
)
def test_refused(action, text):
    assert_refused(InvalidArgument, text, action)


def test_a_scope_names_things_for_as_long_as_it_lasts():
    with registration.CustomObjectScope({"Halved": Halved}) as scope:
        assert registration.registered_object("Custom>Halved") is Halved
        assert registration.registered_name(Halved) == "Halved"
        with scope, registration.CustomObjectScope({"Halved": worst}):
            assert registration.registered_object("Halved") is worst
        assert registration.registered_object("Halved") is Halved
    assert registration.registered_object("Halved") is None


# -- records --------------------------------------------------------------------------------------


def test_a_layer_as_plain_data():
    layer = Halved(0.25, name="h")
    assert_refused(
        InvalidArgument,
        "Halved is a custom class that is not registered, so a file could not say what it is. "
        "Put @trimtab.register above it (in tests.nn.test_registration).",
        lambda: layers.serialize(layer),
    )
    trimtab.register(Halved, package="mine")
    record = layers.serialize(layer)
    assert record == {
        "module": "tests.nn.test_registration",
        "class_name": "Halved",
        "config": {"name": "h", "trainable": True, "rate": 0.25},
        "registered_name": "mine>Halved",
    }
    again = layers.deserialize(record)
    assert type(again) is Halved and again.rate == 0.25
    block = layers.Residual([Halved(0.3)])
    assert layers.deserialize(layers.serialize(block)).layers[0].rate == 0.3


def test_functions_as_plain_data():
    trimtab.register(package="mine")(worst)
    record = {
        "module": "tests.nn.test_registration",
        "class_name": "function",
        "config": "mine>worst",
        "registered_name": "function",
    }
    for module, wrapper in ((losses, losses.FunctionLoss), (metrics, metrics.MeanMetricWrapper)):
        made = module.get(worst)
        assert type(made) is wrapper and made.name == "worst"
        ours = module.serialize(made)
        assert ours["config"]["fn"] == record
        for again in (ours, record, "mine>worst"):  # Keras writes the function's record alone
            assert module.get(again).fn is worst
        named = module.deserialize(module.serialize(wrapper(worst, name="largest")))
        assert named.name == "largest" and named.fn is worst


def test_classes_of_losses_and_metrics():
    @trimtab.register
    class Weighted(losses.Loss):
        def __init__(self, alpha=0.5, **kwargs):
            super().__init__(**kwargs)
            self.alpha = alpha

        def call(self, y_true, y_pred):
            return self.alpha * (y_true - y_pred) ** 2

        def get_config(self):
            return {**super().get_config(), "alpha": self.alpha}

    @trimtab.register
    class Zero(metrics.Metric):
        def rows(self, y_true, y_pred):
            return 0.0 * losses.mean_absolute_error(y_true, y_pred)

    again = losses.deserialize(losses.serialize(Weighted(0.25, name="w")))
    assert type(again) is Weighted and again.alpha == 0.25 and again.name == "w"
    assert type(losses.get("Custom>Weighted")) is Weighted
    assert type(metrics.deserialize(metrics.serialize(Zero()))) is Zero
    assert type(metrics.get("Custom>Zero")) is Zero


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (
            {"class_name": "Cross", "config": {}, "registered_name": "mine>Cross"},
            "'mine>Cross' is not registered in this process. Run the code that has "
            "@trimtab.register above it first, or pass custom_objects={'Cross': Cross}.",
        ),
        (
            {"class_name": "function", "config": "mine>f", "module": "shop.losses"},
            "'mine>f' is not registered in this process. Import shop.losses first, or pass "
            "custom_objects={'f': f}.",
        ),
        (
            {"class_name": "Halved", "registered_name": "Custom>Halved"},
            "'Custom>Halved' is registered for <class 'tests.nn.test_registration.Halved'>, "
            "which is no loss.",
        ),
        (
            {"class_name": "function", "config": "Custom>Halved"},
            "'Custom>Halved' is registered for <class 'tests.nn.test_registration.Halved'>, "
            "which is no function for a loss.",
        ),
        (
            {"class_name": "function", "config": 3},
            "'None' is not registered in this process. Run the code that has @trimtab.register "
            "above it first, or pass custom_objects={'None': None}.",
        ),
    ],
)
def test_records_that_name_what_is_not_there(record, text):
    trimtab.register(Halved)
    assert_refused(InvalidArgument, text, lambda: losses.deserialize(record))


def test_a_configuration_that_lacks_an_argument():
    @trimtab.register
    class Forgets(layers.Layer):
        def __init__(self, units, rate=0.5, **kwargs):
            super().__init__(**kwargs)
            self.units, self.rate = units, rate

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    assert_refused(
        InvalidArgument,
        "Forgets.get_config lacks 'rate', which __init__ takes, so a file could not hold it. "
        "Return {**super().get_config(), 'rate': self.rate} from get_config.",
        lambda: layers.serialize(Forgets(3)),
    )

    @trimtab.register
    class Child(Forgets):
        """Hands on what its parent takes, which still forgets one."""

        def __init__(self, **kwargs):
            super().__init__(3, **kwargs)

    with pytest.raises(InvalidArgument, match=r"Child[.]get_config lacks 'rate'"):
        layers.serialize(Child())


def test_a_configuration_that_the_constructor_does_not_take():
    @trimtab.register
    class Fixed(Halved):
        def __init__(self, name=None):
            super().__init__(0.125, name=name)

    assert_refused(
        InvalidArgument,
        "Fixed cannot be made again from what its get_config returns, {'name': 'f', 'trainable': "
        "True, 'rate': 0.125} (TypeError: test_a_configuration_that_the_constructor_does_not_take."
        "<locals>.Fixed.__init__() got an unexpected keyword argument 'trainable'). Take **kwargs "
        "in __init__ and hand them to super().__init__(**kwargs), and return every other argument "
        "from get_config.",
        lambda: layers.serialize(Fixed("f")),
    )

    @trimtab.register
    class Its(Fixed):
        """Reads its configuration in its own way."""

        @classmethod
        def from_config(cls, config):
            return cls(name=config["name"])

    assert layers.deserialize(layers.serialize(Its(name="i"))).rate == 0.125


def test_a_configuration_that_is_no_plain_data():
    trimtab.register(Halved)
    assert_refused(
        InvalidArgument,
        "Halved.get_config must hold plain data (numbers, texts, lists, dicts), received "
        f"{worst!r} for 'rate'.",
        lambda: layers.serialize(Halved(worst)),
    )


# -- models ---------------------------------------------------------------------------------------


def test_models_by_their_configuration():
    model = Sequential([layers.Input((3,)), Halved(0.25), layers.Residual([Halved(0.1)])])
    copy = clone_model(model)
    assert [copy.layers[0].rate, copy.layers[1].layers[0].rate] == [0.25, 0.1]
    with pytest.raises(InvalidArgument, match=r"Put @trimtab[.]register above it"):
        model.get_config()
    with registration.CustomObjectScope({"Halved": Halved}):
        config = model.get_config()
    with pytest.raises(InvalidArgument, match="no layer is called 'Halved'"):
        Sequential.from_config(config)
    back = Sequential.from_config(config, custom_objects={"Halved": Halved})
    assert back.layers[0].rate == 0.25


def test_under_keras_names():
    decorated = keras.saving.register_keras_serializable(package="mine")(Halved)
    assert decorated is Halved
    assert keras.saving.get_registered_name(Halved) == "mine>Halved"
    assert keras.utils.get_registered_name(worst) == "worst"
    assert keras.saving.get_registered_object("mine>Halved") is Halved
    assert keras.utils.get_registered_object("w", custom_objects={"w": worst}) is worst
    assert keras.utils.get_registered_object("w", module_objects={"w": worst}) is worst
    assert keras.utils.register_keras_serializable is keras.saving.register_keras_serializable
    with keras.utils.custom_object_scope({"W": worst}):
        assert keras.saving.get_registered_object("W") is worst
    assert keras.saving.custom_object_scope is keras.utils.CustomObjectScope

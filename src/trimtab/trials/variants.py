"""What is compared: names of variants, and how each is made from the base."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.nn.network import Network
from trimtab.trials.edits import changed, is_edits, parse
from trimtab.trials.recipe import Recipe
from trimtab.trials.trial import BASE

__all__ = ["DECIDED", "is_network", "named", "network_variants", "option_variants", "typed_options"]

_OPTION = re.compile(r"([a-z][a-z0-9_-]*)=(\S+)")


def is_network(base: Any) -> bool:
    """Whether what is compared are networks on arrays, not options of ``train``."""
    return isinstance(base, Network) or callable(base)


def named(variants: Any) -> dict[str, Any]:
    """Variants by name.

    Args:
        variants: a mapping from names, a list, or a single one; edits and texts name themselves.

    Raises:
        InvalidArgument: there is none, two have one name, or a model or a mapping has none.

    Example:
        >>> from trimtab.trials import edits
        >>> list(named([edits.dropout(0.2), [edits.units(2), edits.batch_norm("input")]]))
        ['dropout(rate=0.2)', "units(factor=2.0) + batch_norm(place='input')"]
    """
    if isinstance(variants, Mapping) and not _is_options(variants):
        pairs = [(str(name), value) for name, value in variants.items()]
    else:
        several = isinstance(variants, Sequence) and not isinstance(variants, str)
        found = list(variants) if several else [variants]
        pairs = [(_own_name(each), each) for each in found]
    if not pairs:
        raise InvalidArgument(
            "compare needs at least one variant, received none. Use variants=[edits.dropout(0.2)]."
        )
    names = [name for name, _ in pairs]
    for name in names:
        if name == BASE:
            raise InvalidArgument(f"{BASE!r} is what variants are compared with. Rename it.")
        if names.count(name) > 1:
            raise InvalidArgument(
                f"two variants are called {name!r}. Name them: variants={{'a': ..., 'b': ...}}."
            )
    return dict(pairs)


def _is_options(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping is one variant, options of ``train``, and not variants by name."""
    from trimtab.predictor.training.options import OPTIONS

    plain = all(name in OPTIONS for name in value)
    return bool(value) and plain and not any(isinstance(each, Edit) for each in value.values())


def _own_name(variant: Any) -> str:
    if isinstance(variant, Edit | str):
        return str(variant)
    if isinstance(variant, Network):
        return variant.name
    if isinstance(variant, Mapping):
        return " ".join(f"{name}={value}" for name, value in variant.items()) or "defaults"
    if isinstance(variant, Sequence) and all(isinstance(each, Edit) for each in variant):
        return " + ".join(map(str, variant))
    name = getattr(variant, "__name__", "")
    if name and name != "<lambda>":
        return str(name)
    raise InvalidArgument(
        f"a variant without a name needs one, received {brief(variant)}. "
        "Use variants={'wide': ...}."
    )


def _edits_in(variant: Any) -> Sequence[Edit] | None:
    if isinstance(variant, Edit):
        return [variant]
    if isinstance(variant, str) and is_edits(variant):
        return parse(variant)
    listed = isinstance(variant, Sequence) and not isinstance(variant, str)
    if listed and variant and all(isinstance(each, Edit) for each in variant):
        return list(variant)
    return None


def network_variants(
    base: Any, variants: Mapping[str, Any], fit: Mapping[str, Any]
) -> dict[str, Recipe]:
    """The recipe of the base and of each variant.

    Args:
        base: a compiled ``Sequential``, or a function that returns one.
        variants: by name: an edit, several, a compiled model, or a function that returns one.
        fit: arguments of ``fit``.

    Raises:
        InvalidArgument: a variant is none of these, or an edit does not fit.
    """
    recipes = {BASE: Recipe.of(_built(base), fit)}
    for name, variant in variants.items():
        edits = _edits_in(variant)
        if edits is None:
            if not is_network(variant):
                raise InvalidArgument(
                    f"variant {name!r} must be an edit, a list of edits, a compiled Sequential or "
                    f"a function that returns one, received {brief(variant)}. "
                    "Use edits.dropout(0.2)."
                )
            recipes[name] = Recipe.of(_built(variant), fit)
            continue
        recipe = recipes[BASE]
        for edit in edits:
            recipe = changed(recipe, edit)
        recipes[name] = recipe
    return recipes


def _built(network: Any) -> Any:
    make: Callable[[], Any] | None = None if isinstance(network, Network) else network
    return network if make is None else make()


def option_variants(base: Any, variants: Mapping[str, Any], target: Any) -> dict[str, Any]:
    """The options of the base and of each variant, checked.

    Args:
        base: options of ``train``, or hidden layers as text.
        variants: by name: options that replace the base's, hidden layers as text, options as text
            (``"lr=0.001 epochs=40"``), or edits.
        target: the column to predict.

    Raises:
        InvalidArgument: a variant is none of these, breaks a rule, or an edit does not fit.
    """
    own = {**_options(BASE, base if base is not None else {}), "target": target}
    found = {BASE: _checked(BASE, own)}
    for name, variant in variants.items():
        edits = _edits_in(variant)
        options = dict(own)
        if edits is None:
            options |= _options(name, variant)
        else:
            for edit in edits:
                options = changed(options, edit)
        if options.get("layers") is not None and own.get("layers") is None:
            # These belong to the default layers, which the variant does not have.
            options.pop("dropout", None)
            options.pop("batch_norm", None)
        found[name] = _checked(name, options)
    return found


def _options(name: str, variant: Any) -> dict[str, Any]:
    if isinstance(variant, Mapping):
        return dict(variant)
    if isinstance(variant, str):
        return typed_options(variant)
    raise InvalidArgument(
        f"variant {name!r} must be options of train, hidden layers such as '256 bn relu', or an "
        f"edit, received {brief(variant)}. Use {{'layers': '256 bn relu'}}."
    )


def typed_options(text: str) -> dict[str, Any]:
    """Options from text: hidden layers, or options with values as the command line has them.

    Args:
        text: ``256 bn relu``, or ``lr=0.001 epochs=40``.

    Raises:
        InvalidArgument: it mixes the two, or an option is unknown.

    Example:
        >>> typed_options("256 bn relu"), typed_options("lr=0.001 batch-norm=off")
        ({'layers': '256 bn relu'}, {'lr': 0.001, 'batch_norm': False})
    """
    from trimtab.predictor.training.options import OPTIONS

    if "=" not in text:
        return {"layers": text}
    found: dict[str, Any] = {}
    for word in text.split():
        pair = _OPTION.fullmatch(word)
        if pair is None:
            raise InvalidArgument(
                f"{brief(text)} mixes options and layers. Use one of the two, such as "
                "'lr=0.001 epochs=40'."
            )
        name = pair[1].replace("-", "_")
        option = OPTIONS.get(name)
        if option is None:
            raise checks.unknown_argument("train", name, OPTIONS)
        value: Any = option.parse(pair[2])
        if option.switch:
            value = {"true": True, "on": True, "false": False, "off": False}.get(
                pair[2].lower(), pair[2]
            )
        if option.many:
            value = dict([value]) if isinstance(value, tuple) else [value]
        found[name] = value
    return found


#: Options that a comparison decides by itself.
DECIDED = ("seed", "threads", "test", "time_limit")


def _checked(name: str, options: dict[str, Any]) -> dict[str, Any]:
    from trimtab.predictor.training.options import TrainOptions

    for each in DECIDED:
        if each in options:
            raise InvalidArgument(
                f"{name!r} sets {each}, which the comparison decides. Use compare({each}=...)."
                if each != "threads"
                else f"{name!r} sets threads: each trial has one. Use compare(jobs=...)."
            )
    TrainOptions.of(options)
    return options

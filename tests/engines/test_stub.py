"""The extension's stub says what the extension has.

The stub is written by hand, since the binding layer knows no more of a result than ``tuple`` or
``object``; names, arguments and their order are compared with what nanobind itself tells.
"""

import ast
from pathlib import Path

from nanobind.stubgen import StubGen

import trimtab
from trimtab.core import _native

STUB = Path(trimtab.__file__).parent / "core" / "_native.pyi"


def signatures(text: str) -> dict[str, list[str]]:
    """``Network.load`` -> its arguments."""
    found = {}
    for node in ast.parse(text).body:
        functions = [node] if isinstance(node, ast.FunctionDef) else []
        owner = ""
        if isinstance(node, ast.ClassDef):
            owner = f"{node.name}."
            functions = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        for function in functions:
            found[owner + function.name] = [argument.arg for argument in function.args.args]
    return found


def test_stub_matches_the_extension():
    generator = StubGen(_native)
    generator.put(_native)
    assert signatures(STUB.read_text()) == signatures(generator.get())


def test_stub_is_installed():
    assert STUB.exists()
    assert (STUB.parents[1] / "py.typed").exists()

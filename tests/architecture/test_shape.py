"""The shape of the source: sizes, names, public surfaces, docstrings."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hanze"
MODULE_LINES = 500
FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


@pytest.mark.parametrize("path", _modules(SOURCE) + _modules(ROOT / "tests"), ids=_name)
def test_module_should_be_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= MODULE_LINES, f"{lines} lines; at most {MODULE_LINES}, aim at 300"
    for function in _functions(ast.parse(text)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= FUNCTION_LINES, f"{function.name} has {length} lines; aim at 40"


@pytest.mark.parametrize("path", _modules(SOURCE), ids=_name)
def test_module_should_be_named_after_a_concept(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "common", "misc", "functions"}


@pytest.mark.parametrize(
    "path", [p for p in _modules(SOURCE) if p.name == "__init__.py"], ids=_name
)
def test_init_should_be_empty_or_list_what_it_offers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or "__all__" in text or _only_docstring(text)


@pytest.mark.parametrize(
    "path", [p for p in _modules(SOURCE / "ngsild") if p.name != "__init__.py"], ids=_name
)
def test_module_of_the_core_should_list_its_public_names(path: Path) -> None:
    module = importlib.import_module(_dotted(path))
    here = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    listed = set(module.__all__)
    assert here <= listed, f"not in __all__: {sorted(here - listed)}"
    assert listed <= set(vars(module)), f"listed and not there: {listed - set(vars(module))}"


@pytest.mark.parametrize(
    "path",
    [p for package in ("ngsild", "broker") for p in _modules(SOURCE / package) if p.stat().st_size],
    ids=_name,
)
def test_public_functions_of_the_core_should_state_their_contract(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, Function)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert ast.get_docstring(tree), "the module says nothing of itself"
    assert not bare, f"no docstring: {bare}"


def _only_docstring(text: str) -> bool:
    body = ast.parse(text).body
    return len(body) == 1 and ast.get_docstring(ast.parse(text)) is not None

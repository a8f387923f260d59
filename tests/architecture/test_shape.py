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


def _packages(folder: Path) -> list[Path]:
    """List a folder and those in it, one level deep."""
    return [folder, *sorted(p for p in folder.iterdir() if p.is_dir() and any(p.rglob("*.py")))]


def _of_package(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py")) if folder in (SOURCE, ROOT / "tests") else _modules(folder)


def _too_long(path: Path) -> Iterator[str]:
    """Name the module, and its functions, that are too long."""
    text = path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > MODULE_LINES:
        yield f"{_name(path)}: {lines} lines"
    for function in _functions(ast.parse(text)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES:
            yield f"{_name(path)}: {function.name} has {length} lines"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


# A test for each package, not for each of some two thousand modules: these are counted in seconds.
@pytest.mark.parametrize("folder", _packages(SOURCE) + _packages(ROOT / "tests"), ids=_name)
def test_modules_should_be_small(folder: Path) -> None:
    found = [wrong for path in _of_package(folder) for wrong in _too_long(path)]
    assert not found, f"at most {MODULE_LINES} and {FUNCTION_LINES} lines; aim at 300 and 40"


def test_modules_should_be_named_after_a_concept() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "functions"}
    assert [_name(path) for path in _modules(SOURCE) if path.stem in vague] == []


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

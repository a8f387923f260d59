"""What the code imports is what installing it brings."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_imported_packages_should_be_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["collective"], *extras["transit"]]
    declared = {_plain(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in lines}
    distributions = packages_distributions()
    missing = {
        name
        for name in _imported()
        if not declared & {_plain(found) for found in distributions.get(name, [])}
    }
    # An environment of a developer has more than a fresh one: there a node would not start.
    assert missing == set()


def _plain(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def _imported() -> set[str]:
    """Top-level names of other packages that the source imports, wherever it does."""
    names: set[str] = set()
    for path in (ROOT / "src/hanze").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"hanze"}

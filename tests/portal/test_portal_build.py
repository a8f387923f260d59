"""The build hook: without npm the build goes on, and says so."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="hatchling is only there while building")
    spec = importlib.util.spec_from_file_location("hatch_build", _ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_build_without_npm_should_say_why(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hook._fetch(tmp_path) == "npm is not installed"


def test_build_without_packages_should_say_which(hook: ModuleType, tmp_path: Path) -> None:
    assert "maplibre-gl" in hook._assemble(tmp_path)


def test_lock_file_should_hold_no_addresses() -> None:
    assert "resolved" not in (_ROOT / "package-lock.json").read_text(encoding="utf-8")

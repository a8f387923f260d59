"""The pages keep up with the code."""

import re
from pathlib import Path

import pytest

from docs.generate import commands, pages
from hanze.connectors.manifest import manifests
from hanze.settings import describe, load_settings
from hanze.web.api.openapi import openapi_document
from hanze.web.api.router import api_routes
from hanze.web.api.v1_description import described_routes

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


@pytest.mark.parametrize(("name", "page"), pages().items(), ids=pages())
def test_reference_should_be_what_the_code_says(name: str, page: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == page, "`make docs` writes it again"


def test_every_option_should_say_what_it_means() -> None:
    silent = [
        f"hanze {path} {parameter.opts[0]}"
        for path, command in commands()
        for parameter in command.params
        if parameter.param_type_name == "option" and not getattr(parameter, "help", None)
    ]
    assert silent == []


def test_settings_named_on_pages_should_exist() -> None:
    known = {setting.name for setting in describe(load_settings(None, flags={}, environ={}))}
    sections = {name.partition(".")[0] for name in known}
    files = _files_of_a_node()
    for page in PAGES:
        for section, key in re.findall(r"`([a-z]+)\.([a-z_]+)`", page.read_text(encoding="utf-8")):
            if section in sections:
                assert f"{section}.{key}" in known | files, page


def _files_of_a_node() -> set[str]:
    """What the table of the data directory lists: `history.lock` is a file, and no setting."""
    page = (DOCS / "operators.md").read_text(encoding="utf-8")
    table = page.partition("## The data directory")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("name", [manifest.name for manifest in manifests()])
def test_connector_should_have_a_page(name: str) -> None:
    assert (DOCS / "connectors" / f"{name}.md").is_file()


@pytest.mark.parametrize("folder", sorted((ROOT / "src/hanze/connectors").glob("*/")), ids=str)
def test_connector_should_have_a_manifest(folder: Path) -> None:
    assert folder.name == "__pycache__" or (folder / "manifest.toml").is_file()


def test_routes_should_say_what_they_do() -> None:
    silent = [
        f"{method} {path}"
        for path, methods in api_routes().items()
        for method, handler in methods.items()
        if not handler.__doc__
    ]
    silent += [
        f"{route.method} {path}" for path, route in described_routes() if not route.handler.__doc__
    ]
    assert silent == []


def test_routes_of_the_collective_should_be_described_once() -> None:
    described = [(path, route.method) for path, route in described_routes()]
    assert len(set(described)) == len(described)
    paths = openapi_document()["paths"]
    assert isinstance(paths, dict)
    for path, method in described:
        assert method.lower() in paths[path]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_should_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    anchors = {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif "://" not in target:
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("_MAX_QUERY_STRING", "Query string | 64 KB |"),
        ("LONGEST_QUERY", "may send | 4 MB |"),
        ("_BODY_TIMEOUT_S", "to arrive | 30 s,"),
        ("_BYTES_PER_S", "s more for each 64 KB"),
        ("_MAX_BATCH", "in a batch | 100,000 |"),
        ("MAX_LIMIT", "(`limit`) | 1,000;"),
        ("_MAX_IDS", "a query lists | 10,000 |"),
        ("MAX_JOIN_LEVEL", "(`joinLevel`) | 10 levels,"),
        ("MAX_LINKED", "levels, 10,000 entities"),
        ("_MAX_REDIRECTS", "5 redirects"),
        ("_MAX_REFERENCES", "levels; 64 in all"),
    ],
)
def test_limits_should_be_those_of_the_code(name: str, row: str) -> None:
    assert row in (DOCS / "operators.md").read_text(encoding="utf-8")
    told = [
        int(number.replace(",", "")) * {"KB": 1 << 10, "MB": 1 << 20}.get(unit, 1)
        for number, unit in re.findall(r"(\d[\d,]*) ?(KB|MB)?", row)
    ]
    assert _constants(name) & set(told)


def _constants(name: str) -> set[float]:
    """Read what a name stands for, wherever in the source it is set."""
    set_to = re.compile(
        rf"^{name}(?:: Final)? = ([\d_]+)(?: (\*|<<) (\d+))?(?:\.0)?$", re.MULTILINE
    )
    found: set[float] = set()
    for path in (ROOT / "src/hanze").rglob("*.py"):
        for first, operator, second in set_to.findall(path.read_text(encoding="utf-8")):
            number = int(first)
            if operator:
                number = number * int(second) if operator == "*" else number << int(second)
            found.add(number)
    return found


def test_decisions_should_be_listed() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    for decision in DOCS.glob("decisions/[0-9]*.md"):
        assert decision.name in index


def test_pages_should_be_listed() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\(([^)#\s]+)", index))
    folders = [DOCS, DOCS / "connectors", DOCS / "reference"]
    pages_there = {
        str(page.relative_to(DOCS)) for folder in folders for page in folder.glob("*.md")
    }
    assert pages_there - {"README.md"} <= listed


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")

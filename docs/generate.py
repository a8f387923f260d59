"""Writes the reference pages from the code: `make docs`. A test fails when they are out of date."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

import hanze
from hanze.cli.exits import exit_code
from hanze.cli.main import cli
from hanze.connectors.manifest import manifests
from hanze.errors import HanzeError
from hanze.settings import describe, load_settings
from hanze.web.api.router import api_routes
from hanze.web.api.v1_description import described_routes
from hanze.web.problems import problem_of

__all__ = ["commands", "errors", "pages"]

_FOLDER = Path(__file__).resolve().parent / "reference"
_MARK = re.compile(r"mark\.clause\(([^)]*)\)")
_NOTE = "<!-- Written by `make docs`; changes belong in the code. -->\n"


def pages() -> dict[str, str]:
    """Return every page of the reference by file name."""
    return {
        "commands.md": _commands_page(),
        "settings.md": _settings_page(),
        "errors.md": _errors_page(),
        "routes.md": _routes_page(),
        "connectors.md": _connectors_page(),
        "clauses.md": _clauses_page(),
    }


def commands() -> Iterator[tuple[str, click.Command]]:
    """Walk every command that can be called: "token new", not "token"."""
    yield from _below("", cli)


def errors() -> list[type[HanzeError]]:
    """Return every class of errors that the package can raise, by name."""
    for module in pkgutil.walk_packages(hanze.__path__, "hanze."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = {kind for kind in _subclasses(HanzeError) if kind.__module__.startswith("hanze.")}
    public = {kind for kind in ours if not kind.__name__.startswith("_")}
    return sorted(public, key=lambda kind: kind.__name__)


def _below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None:
            yield from _below(f"{path} {name}".strip(), child)


def _subclasses(kind: type[HanzeError]) -> Iterator[type[HanzeError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _commands_page() -> str:
    parts = ["# Commands\n", _NOTE, "Exit codes: 0 done, 1 failed, 2 asked wrongly.\n"]
    for path, command in commands():
        words = ["hanze", path, *_usage(command)]
        parts.append(f"## hanze {path}\n")
        parts.append(f"```sh\n{' '.join(words)}\n```\n")
        parts.append(inspect.cleandoc(command.help or "").replace("\f", "") + "\n")
        rows = [
            (f"`{', '.join(option.opts)}`", _one_line(option.help or ""), _default(option))
            for option in command.params
            if isinstance(option, click.Option)
        ]
        if rows:
            parts.append(_table(("option", "meaning", "default"), rows))
    return "\n".join(parts)


def _usage(command: click.Command) -> list[str]:
    context = click.Context(command)
    return [piece for piece in command.collect_usage_pieces(context) if piece]


def _default(option: click.Option) -> str:
    default = "" if option.is_flag or not option.show_default else f"`{option.default}`"
    variable = f"`{option.envvar}`" if option.envvar else ""
    return ", or ".join(part for part in (default, variable) if part)


def _settings_page() -> str:
    settings = describe(load_settings(None, flags={}, environ={}))
    rows = [(f"`{s.name}`", f"`{s.variable}`", _plain(s.default), s.description) for s in settings]
    intro = (
        "A flag of `hanze serve` counts first, then the environment, then `hanze.toml` in the data "
        "directory, then the default. An unknown name is an error. `hanze config show` tells which "
        "value is in force, and where it comes from.\n\n"
        "```toml\n# hanze.toml\n[server]\nport = 8080\n```\n"
    )
    table = _table(("setting", "environment", "default", "meaning"), rows)
    return "\n".join(["# Settings\n", _NOTE, intro, table])


def _errors_page() -> str:
    rows = [
        (
            f"`{kind.__name__}`",
            _one_line(inspect.getdoc(kind) or ""),
            *_answer(kind),
            str(exit_code(kind.__new__(kind))),
        )
        for kind in errors()
    ]
    intro = (
        "What can go wrong, what a request is answered with then (RFC 9457 problem details; CIM "
        "009, 5.5.2), and the exit code of a command.\n"
    )
    table = _table(("error", "meaning", "status", "problem type", "exit"), rows)
    return "\n".join(["# Errors\n", _NOTE, intro, table])


def _routes_page() -> str:
    rows = [
        (f"`{path}`", method, _one_line(inspect.getdoc(handler) or ""))
        for path, methods in api_routes().items()
        for method, handler in methods.items()
    ]
    ours = [
        (f"`{path}`", route.method, _one_line(inspect.getdoc(route.handler) or ""))
        for path, route in described_routes()
    ]
    intro = (
        "The NGSI-LD API (CIM 009, 6). A trailing slash makes no difference. GET answers HEAD too, "
        "and every path answers OPTIONS.\n"
    )
    about_ours = (
        "\n## The collective\n\nThe node's own API over the records of the collective. "
        "`/openapi.json` describes parameters, bodies and answers; problems are "
        "`application/problem+json` (RFC 9457).\n"
    )
    columns = ("path", "method", "does")
    parts = ["# Routes\n", _NOTE, intro, _table(columns, rows), about_ours, _table(columns, ours)]
    return "\n".join(parts)


def _connectors_page() -> str:
    rows = [
        (
            f"[{m.name}](../connectors/{m.name}.md)",
            m.title,
            m.owner or "as the input says",
            m.license or "as the input says",
            "yes" if m.personal_data else "no",
            m.quality,
            ", ".join(f"`{kind}`" for kind in m.types) or "as the mapping says",
        )
        for m in manifests()
    ]
    columns = ("connector", "reads", "owner", "licence", "about persons", "quality", "makes")
    return "\n".join(["# Connectors\n", _NOTE, _table(columns, rows)])


def _clauses_page() -> str:
    """Tell which clauses the tests cover, by their marks."""
    covered: dict[str, set[str]] = {}
    for path in sorted((_FOLDER.parent.parent / "tests").rglob("test_*.py")):
        name = path.relative_to(_FOLDER.parent.parent).as_posix()
        for mark in _MARK.findall(path.read_text(encoding="utf-8")):
            for clause in re.findall(r'"([^"]+)"', mark):
                covered.setdefault(clause, set()).add(f"`{name}`")
    rows = [
        (clause, "<br>".join(sorted(covered[clause])))
        for clause in sorted(covered, key=_clause_order)
    ]
    intro = "Clauses of ETSI GS CIM 009 V1.9.1 and the tests that are marked with them.\n"
    return "\n".join(["# Clauses\n", _NOTE, intro, _table(("clause", "tests"), rows)])


def _clause_order(clause: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in clause.split(".")]


def _answer(kind: type[HanzeError]) -> tuple[str, str]:
    """Return status and problem type; empty for errors that only commands have."""
    if kind.__module__.startswith("hanze.cli."):
        return "", ""
    problem = problem_of(kind.__new__(kind))
    return str(problem.status), f"`{problem.type}`"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(c.replace('|', '&#124;') for c in row)} |\n" for row in lines)


def _one_line(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def _plain(value: str | float | bool) -> str:
    if value == "":
        return "(empty)"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    _FOLDER.mkdir(exist_ok=True)
    for name, page in pages().items():
        (_FOLDER / name).write_text(page, encoding="utf-8")

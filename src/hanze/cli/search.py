"""`hanze search`: records in three languages by what they are about, and why each is found."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode

import click
import msgspec

from hanze.cli.asking import open_api, send
from hanze.cli.options import data_option, json_option, language_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.cli.stale import kept_by, tell_stale

__all__ = ["search"]

_RECORDS: Final = "/api/v1/records"
#: After this the rest is told to be missing: so much is read in it that a city's records are.
_PATIENCE_S: Final = 300.0
_TITLE_WIDTH: Final = 60
#: What to do where nothing is found.
FEWER: Final = "`hanze record list` without filters shows what there is."


class _Reason(msgspec.Struct, frozen=True):
    label: str
    found: str = ""


class _Named(msgspec.Struct, frozen=True):
    id: str
    title: Mapping[str, str] = {}


class _Found(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    type: str
    title: Mapping[str, str]
    date: str
    source_city: _Named | None = None
    home: Mapping[str, str] | None = None
    matches: tuple[_Reason, ...] = ()


class _Page(msgspec.Struct, frozen=True):
    total: int
    records: tuple[_Found, ...]
    pending: int = 0


@click.command()
@click.argument("text")
@click.option("--type", "types", multiple=True, help="Only records of this type; may be repeated.")
@language_option("titles and reasons")
@click.option(
    "--limit",
    type=click.IntRange(0, 1000),
    default=20,
    show_default=True,
    help="At most so many records.",
)
@url_option
@data_option
@json_option
def search(
    *,
    text: str,
    types: Sequence[str],
    language: Literal["nl", "en", "ko"],
    limit: int,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Find records about TEXT, the best first, in whatever language they are written.

    TEXT is words, a description of a problem, "words in quotes" that must be there literally, or an
    id or code.

    Asks the node at --url; without it, opens the data directory, which no node may be using.
    """
    asked = [("q", text), *(("type", one) for one in types), ("limit", str(limit))]
    answer = asyncio.run(
        _ask(url, data, f"{_RECORDS}?{urlencode([*asked, ('language', language)])}")
    )
    page = msgspec.json.decode(answer, type=_Page)
    if as_json:
        print_json(msgspec.json.decode(answer))
    else:
        rows = [_row(one, language) for one in page.records]
        print_table(("type", "title", "of", "date", "matches", "id"), rows)
        if not page.total:
            click.echo(f"No record is found; {FEWER}", err=True)
        elif page.total > len(rows):
            click.echo(f"{len(rows)} of {page.total}; --limit shows more.", err=True)
        tell_stale(msgspec.json.decode(answer))
    if page.pending:
        click.echo(f"{page.pending} records are still being read; ask again later.", err=True)


async def _ask(url: str | None, data: Path, path: str) -> bytes:
    """Ask once; a data directory's records are read first, since nobody did before."""
    deadline = time.monotonic() + _PATIENCE_S
    async with open_api(url, data) as client:
        while True:
            answer = (await send(client, "GET", path)).content
            pending = msgspec.json.decode(answer, type=_Page).pending
            if url is not None or not pending or time.monotonic() > deadline:
                return answer


def _row(one: _Found, language: str) -> tuple[str, ...]:
    city = _text(one.source_city.title, language) if one.source_city else ""
    city += kept_by(one.home)
    reasons = dict.fromkeys(
        " = ".join(part for part in (reason.label, reason.found) if part) for reason in one.matches
    )
    title = _text(one.title, language)
    if sys.stdout.isatty() and len(title) > _TITLE_WIDTH:  # into a pipe nothing is cut
        title = title[: _TITLE_WIDTH - 1].rstrip() + "…"
    return (one.type, title, city, one.date, ", ".join(reasons), one.id)


def _text(label: Mapping[str, str], language: str) -> str:
    return label.get(language) or label.get("en") or next(iter(label.values()), "")

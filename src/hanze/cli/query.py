"""`hanze query`: entities as a table or as JSON, from a running node or a data directory."""

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
import orjson

from hanze.cli.asking import open_api, send
from hanze.cli.league_sources import cities_of, warnings_in
from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import API_PATH, HANZE_CONTEXT_URL, JSON_LD_REL

__all__ = ["query"]

#: Attributes that a table shows unasked; fewer where a terminal has no room for them.
_COLUMNS = 6
#: Characters that id and type take, and that an attribute takes.
_ID_WIDTH, _WIDTH = 60, 16
#: Instances of an attribute that are shown one by one.
_INSTANCES = 3

_Row = Mapping[str, JsonValue]


@click.command()
@click.argument("types", required=False, metavar="[TYPE]")
@click.option("--id", "ids", help="Ids of entities, separated by commas.")
@click.option("--q", help="Conditions on attributes, e.g. 'fillingLevel>0.8'.")
@click.option("--pick", help="Only these attributes, separated by commas, beside id and type.")
@click.option("--order-by", help="Attributes to order by, e.g. 'name' or 'fillingLevel;desc'.")
@click.option(
    "--limit",
    type=click.IntRange(0, 1000),
    default=20,
    show_default=True,
    help="At most so many entities.",
)
@click.option(
    "--offset",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="How many entities to pass over.",
)
@click.option(
    "--league/--local",
    default=False,
    help="Ask the other nodes too, or this one alone; without it this one alone.",
)
@click.option("--tenant", default="", help="Tenant to ask.")
@click.option(
    "--context",
    default=HANZE_CONTEXT_URL,
    show_default=True,
    help="URL of the @context that the names of types and attributes are from.",
)
@click.option("--purpose", help="What closed data is for, e.g. dpv:ServiceProvision.")
@token_file_option
@url_option
@data_option
@json_option
def query(
    *,
    types: str | None,
    ids: str | None,
    q: str | None,
    pick: str | None,
    order_by: str | None,
    limit: int,
    offset: int,
    league: bool,
    tenant: str,
    context: str,
    purpose: str | None,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Show entities, a page at a time: those of a TYPE, those that meet conditions, or all.

    TYPE may name several, as in the API: 'A,B' or 'A|B' for either, 'A;B' for both. Names are those
    of Hanze's vocabulary, in which imported data is; names that it does not have are taken as they
    are.

    With --league the other nodes of the league and other brokers are asked too, and the table says
    which city each entity is from. Whoever does not answer is named; what it has is missing then.

    Asks the node at --url; without it, opens the data directory, which no node may be using. What
    is closed is shown to whose token (--token-file) may read it for the purpose.
    """
    picked = f"id,type,{pick}" if pick else None
    asked = {"type": types, "id": ids, "q": q, "pick": picked, "orderBy": order_by}
    parameters = {key: value for key, value in asked.items() if value}
    parameters |= {"limit": str(limit), "offset": str(offset), "count": "true"}
    # What this node holds is asked for: 5.7.2.4 wants a type, an attribute, q, or local, and
    # an order is that of one node only.
    parameters |= {"entityMap": "true"} if league else {"local": "true"}
    if not as_json:
        parameters["format"] = "simplified"
    headers = {"NGSILD-Tenant": tenant} if tenant else {}
    headers["Link"] = f'<{context}>; rel="{JSON_LD_REL}"'
    if purpose:
        headers["Hanze-Purpose"] = purpose
    found = asyncio.run(_ask(open_api(url, data, token_file=token_file), parameters, headers))
    for warning in found.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if found.left_out:
        click.echo("Something may be missing that is not open to who asks.", err=True)
    if as_json:
        print_json(found.rows)
        _tell_cities(found.cities)
        return
    _show(found.rows, found.cities, all_columns=bool(pick))
    _tell_cities(found.cities)
    _tell_rest(found, offset, narrowed=bool(types or ids or q))


@dataclass(frozen=True, slots=True)
class _Found:
    """A page of entities.

    Attributes:
        count: How many there are in all.
        cities: Where each is from, by its id, where several nodes were asked.
        warnings: What went wrong with nodes that were asked.
        left_out: Whether something may be missing that who asks may not read.
    """

    rows: Sequence[_Row]
    count: int
    cities: Mapping[str, str]
    warnings: Sequence[str]
    left_out: bool


async def _ask(
    api: AbstractAsyncContextManager[httpx.AsyncClient],
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
) -> _Found:
    async with api as client:
        path = f"{API_PATH}/entities"
        answer = await send(client, "GET", path, parameters=parameters, headers=headers)
        cities = await cities_of(client, answer, headers)
        warnings = await warnings_in(client, answer)
    rows = orjson.loads(answer.content)
    count = int(answer.headers.get("NGSILD-Results-Count", len(rows)))
    return _Found(rows, count, cities, warnings, "Hanze-Left-Out" in answer.headers)


def _tell_cities(cities: Mapping[str, str]) -> None:
    if cities:
        parts = (f"{number} from {name}" for name, number in Counter(cities.values()).items())
        click.echo(f"{', '.join(parts)}.", err=True)


def _tell_rest(found: _Found, offset: int, *, narrowed: bool) -> None:
    """Say what else there is, or why there may be nothing."""
    count, shown = found.count, len(found.rows)
    if not count and narrowed:
        click.echo(
            "No entity; without TYPE and conditions, `hanze query` shows what there is.", err=True
        )
    elif not count:
        click.echo("No entity.", err=True)
        click.echo("Nobody is shown what nobody decided about: `hanze doctor` lists it.", err=True)
    elif count > shown:
        # An offset beyond the end is answered with the last entity (6.3.10).
        first = min(offset, count - 1) + 1
        which = f"{first} to {first + shown - 1}" if shown else "None"
        click.echo(f"{which} of {count}; --offset and --limit show others.", err=True)


def _show(rows: Sequence[_Row], cities: Mapping[str, str], *, all_columns: bool) -> None:
    present = Counter(
        name for row in rows for name in row if name not in ("id", "type", "@context")
    )
    names = [name for name, _ in present.most_common()]
    shown = names if all_columns else names[: _room()]
    table = [
        [
            _cell(row.get("id")),
            _cell(row.get("type")),
            *([cities.get(str(row.get("id")), "")] if cities else []),
            *(_cell(row.get(n)) for n in shown),
        ]
        for row in rows
    ]
    print_table(("id", "type", *(["city"] if cities else []), *shown), table)
    if len(names) > len(shown):
        click.echo(f"{len(names) - len(shown)} more attributes: --pick or --json", err=True)


def _room() -> int:
    """Return how many attributes a table has room for."""
    if not sys.stdout.isatty():
        return _COLUMNS
    return max(1, min(_COLUMNS, (shutil.get_terminal_size().columns - _ID_WIDTH) // _WIDTH))


def _cell(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _structure(value)
    return orjson.dumps(value).decode()


def _structure(value: Mapping[str, JsonValue]) -> str:
    """Show in few words what would fill a screen; `--json` has it all."""
    if "@value" in value:
        return str(value["@value"])
    if "coordinates" in value:
        point = value.get("type") == "Point"
        return orjson.dumps(value["coordinates"]).decode() if point else str(value.get("type"))
    if isinstance(texts := value.get("languageMap"), Mapping):
        return " / ".join(str(text) for text in texts.values())
    if isinstance(instances := value.get("dataset"), Mapping):
        # One for each lane and class of vehicle, for instance.
        if len(instances) > _INSTANCES:
            return f"{len(instances)} values"
        return " / ".join(_cell(instance) for instance in instances.values())
    return orjson.dumps(value).decode()

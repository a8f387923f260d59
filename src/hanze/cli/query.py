"""`hanze query`: entities as a table or as JSON, from a running node or a data directory."""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import httpx
import orjson

from hanze.cli.options import data_option, json_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError, Unavailable
from hanze.ngsild.model import JsonValue
from hanze.settings import load_settings

__all__ = ["NodeUnreachable", "QueryFailed", "QueryRefused", "query"]

_COLUMNS = 6
_TIMEOUT_S = 30.0

_Row = Mapping[str, JsonValue]


class QueryRefused(ConfigurationError):
    """The node does not accept what was asked."""


class NodeUnreachable(Unavailable):
    """No node answers under the URL."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No node answers at {url} ({reason}); `hanze serve` starts one")
        self.url = url


class QueryFailed(Unavailable):
    """The node could not answer."""


@click.command()
@click.argument("name", required=False, metavar="[TYPE]")
@click.option("--type", "types", help="Entity types, as in the API: 'A,B' or 'A;B'.")
@click.option("--id", "ids", help="Ids of entities, separated by commas.")
@click.option("--q", help="Conditions on attributes, e.g. 'fillingLevel>0.8'.")
@click.option("--pick", help="Only these attributes, separated by commas.")
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
@click.option("--tenant", default="", help="Tenant to ask.")
@click.option("--context", help="URL of the @context that the names are from.")
@url_option
@data_option
@json_option
def query(
    *,
    name: str | None,
    types: str | None,
    ids: str | None,
    q: str | None,
    pick: str | None,
    order_by: str | None,
    limit: int,
    offset: int,
    tenant: str,
    context: str | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Show entities of a TYPE, or those that meet conditions.

    Asks the node at --url; without it, opens the data directory, which no node may be using.
    """
    asked = {"type": name or types, "id": ids, "q": q, "pick": pick, "orderBy": order_by}
    parameters = {key: value for key, value in asked.items() if value}
    parameters |= {"limit": str(limit), "offset": str(offset), "count": "true"}
    if not parameters.keys() & {"type", "q"}:
        parameters["local"] = "true"  # 5.7.2.4 wants a type, an attribute, q, or local
    if not as_json:
        parameters["format"] = "simplified"
    headers = {"NGSILD-Tenant": tenant} if tenant else {}
    if context:
        headers["Link"] = f'<{context}>; rel="http://www.w3.org/ns/json-ld#context"'
    rows, count = asyncio.run(_ask(url, data, parameters, headers))
    if as_json:
        print_json(rows)
    else:
        _show(rows, offset, count, all_columns=bool(pick))


async def _ask(
    url: str | None, data: Path, parameters: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[Sequence[_Row], int]:
    if url is not None:
        return await _get(httpx.AsyncHTTPTransport(), url.rstrip("/"), parameters, headers)
    # The same request without a socket: what a node would answer is answered here.
    from hanze.cli.database import idle_database  # noqa: PLC0415  # not when a node is asked
    from hanze.node.node import close_node, open_node  # noqa: PLC0415
    from hanze.web.app import build_app  # noqa: PLC0415

    idle_database(data)
    node = await open_node(load_settings(data, flags={}, environ=os.environ))
    try:
        transport = httpx.ASGITransport(app=build_app(node))
        return await _get(transport, "http://localhost", parameters, headers)
    finally:
        await close_node(node)


async def _get(
    transport: httpx.AsyncBaseTransport,
    url: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
) -> tuple[Sequence[_Row], int]:
    try:
        async with httpx.AsyncClient(transport=transport, timeout=_TIMEOUT_S) as client:
            answer = await client.get(
                f"{url}/ngsi-ld/v1/entities", params=dict(parameters), headers=dict(headers)
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NodeUnreachable(url, str(error) or type(error).__name__) from error
    if answer.status_code == httpx.codes.OK:
        rows = orjson.loads(answer.content)
        return rows, int(answer.headers.get("NGSILD-Results-Count", len(rows)))
    detail = _detail(answer)
    if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND):
        raise QueryRefused(detail)
    raise QueryFailed(detail)


def _detail(answer: httpx.Response) -> str:
    try:
        problem = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return f"The node answers with status {answer.status_code}"
    return str(problem.get("detail") or problem.get("title"))


def _show(rows: Sequence[_Row], offset: int, count: int, *, all_columns: bool) -> None:
    present = Counter(
        name for row in rows for name in row if name not in ("id", "type", "@context")
    )
    names = [name for name, _ in present.most_common()]
    shown = names if all_columns else names[:_COLUMNS]
    table = [
        [_cell(row.get("id")), _cell(row.get("type")), *(_cell(row.get(n)) for n in shown)]
        for row in rows
    ]
    print_table(("id", "type", *shown), table)
    if count > len(rows):
        click.echo(f"{offset + 1} to {offset + len(rows)} of {count}; --offset goes on", err=True)
    if len(names) > len(shown):
        click.echo(f"{len(names) - len(shown)} more attributes: --pick or --json", err=True)


def _cell(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value.get("type") == "Point":
        return f"{orjson.dumps(value.get('coordinates')).decode()}"
    return orjson.dumps(value).decode()

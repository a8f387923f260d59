"""How `hanze record add` makes one record: fields as a table has them, through the node's API."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
import httpx
import orjson

from hanze.cli.asking import AskRefused, ask_json, open_api, send
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.errors import ConfigurationError, InvalidInput
from hanze.ngsild.model import Entity
from hanze.ngsild.terms import API_PATH, HANZE_CONTEXT_URL, JSON_LD_REL

__all__ = ["add_record", "object_of", "told_fields"]

_PAGE: Final = 1000
_LINK: Final = {"Link": f'<{HANZE_CONTEXT_URL}>; rel="{JSON_LD_REL}"; type="application/ld+json"'}


def told_fields(kind: type[Record], given: Sequence[str]) -> dict[str, str]:
    """Read what `--set` says.

    Raises:
        click.BadParameter: It is not FIELD=VALUE, or the type has no such field.
    """
    terms = [field.term for field in fields_of(kind)]
    told: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise click.BadParameter(f"{one} must be FIELD=VALUE", param_hint="--set")
        term = name.partition(".")[0]
        if term not in terms:
            near = get_close_matches(term, terms, n=1)
            meant = f"; is it {near[0]}?" if near else ";"
            raise click.BadParameter(
                f"a {kind.__name__} has no field {term}{meant} "
                f"`hanze record template {kind.__name__} --format toml` lists them",
                param_hint="--set",
            )
        told[name] = value
    return told


def object_of(file: Path) -> dict[str, Any]:
    """Read the JSON object of a file.

    Raises:
        InvalidInput: It is none.
    """
    try:
        told = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{file.name} is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise InvalidInput(f"{file.name} must hold one JSON object")
    return {str(name): value for name, value in told.items()}


async def add_record(
    kind: str,
    told: Mapping[str, Any],
    source: str,
    tenant: str,
    *,
    url: str | None,
    data: Path,
    token: Path | None,
) -> dict[str, Any]:
    """Make an entity of fields as an import does, and create it through the NGSI-LD API.

    Raises:
        InvalidInput: A field is wrong.
        ConfigurationError: No city takes part as this tenant.
        AskRefused: The node does not take it.
    """
    from hanze.collaboration.vocabulary.concept import load_vocabulary  # noqa: PLC0415
    from hanze.connectors.known import REFERRED, Known  # noqa: PLC0415
    from hanze.connectors.record_table.decode import RawRow, decode  # noqa: PLC0415
    from hanze.connectors.record_table.mapping import RecordMapping  # noqa: PLC0415
    from hanze.ngsild.representation.stored import dump  # noqa: PLC0415
    from hanze.ngsild.vocabulary import HANZE  # noqa: PLC0415

    async with open_api(url, data, token_file=token, writes=True) as client:
        if tenant:
            await _check_member(client, tenant)
        present = [one for each in REFERRED for one in await _present(client, each.__name__)]
        decoded = decode(
            [RawRow(told, 1)],
            RECORD_TYPES[kind],
            RecordMapping(source=source),
            Known(present),
            load_vocabulary(),
            source=source,
            provenance="entered",
        )
        if decoded.left_out:
            reason = decoded.left_out[0].reason.removeprefix(f"{kind}: ")
            raise InvalidInput(f"{kind}: {reason.removeprefix('column ')}")
        body = orjson.loads(dump(decoded.entities[0], HANZE)[1])
        headers = _LINK | ({"NGSILD-Tenant": tenant} if tenant else {})
        try:
            await send(client, "POST", f"{API_PATH}/entities", headers=headers, body=body)
        except AskRefused as error:
            if not str(error).endswith("already exists"):
                raise
            raise AskRefused(
                f"{body['id']} is there already; --id gives this one a key of its own"
            ) from error
    return {"id": str(body["id"]), "entity": body}


async def _check_member(client: httpx.AsyncClient, tenant: str) -> None:
    """Refuse a tenant as which nobody takes part: what is in it nobody would find."""
    answer = await ask_json(client, "GET", "/api/v1/members")
    listed = answer.get("members", []) if isinstance(answer, dict) else []
    names = [one.get("tenant") for one in listed] if isinstance(listed, list) else []
    if tenant not in names:
        there = ", ".join(str(name) for name in names) or "none"
        raise ConfigurationError(
            f"No city takes part as tenant {tenant} (there are: {there}); "
            f"`hanze member add {tenant} --city CODE` lets one"
        )


async def _present(client: httpx.AsyncClient, kind: str) -> list[Entity]:
    from hanze.ngsild.representation.parse import parse_entity  # noqa: PLC0415
    from hanze.ngsild.vocabulary import HANZE  # noqa: PLC0415

    found: list[Entity] = []
    while True:
        parameters = {"type": kind, "limit": str(_PAGE), "offset": str(len(found)), "local": "true"}
        answer = await send(
            client, "GET", f"{API_PATH}/entities", parameters=parameters, headers=_LINK
        )
        page = orjson.loads(answer.content)
        found += [parse_entity(json, HANZE) for json in page]
        if len(page) < _PAGE:
            return found

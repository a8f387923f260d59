"""Where entities of a query over several nodes come from, in the words of who asks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlsplit

import httpx
import orjson

from hanze.cli.asking import send
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import API_PATH

__all__ = ["HERE", "cities_of", "warnings_in"]

HERE = "here"
#: How entity maps call the node itself (CIM 009, 5.2.39).
_LOCAL = "@none"
_LEAGUE = "urn:ngsi-ld:ContextSourceRegistration:league:"
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


async def cities_of(
    client: httpx.AsyncClient, answer: httpx.Response, headers: Mapping[str, str]
) -> Mapping[str, str]:
    """Name the city of each entity of an answer, by its id: that of the entity map that it names.

    Args:
        client: Of the node that was asked.
        answer: Of a query that wanted a map.
        headers: Of that query.
    """
    location = answer.headers.get("NGSILD-EntityMap")
    rows = orjson.loads(answer.content)
    if location is None or not rows:
        return {}
    found = orjson.loads((await send(client, "GET", location, headers=headers)).content)
    entries: Mapping[str, Sequence[str]] = found.get("entityMap", {})
    holders = {row["id"]: entries.get(row["id"], (_LOCAL,)) for row in rows}
    names = await _names(client, {one for several in holders.values() for one in several}, headers)
    return {key: ", ".join(names[one] for one in several) for key, several in holders.items()}


async def warnings_in(client: httpx.AsyncClient, answer: httpx.Response) -> list[str]:
    """Give the texts of the warnings that an answer carries (6.3.17), with members by their cities."""
    several = _WARNING.findall(answer.headers.get("NGSILD-Warning", ""))
    texts = [re.sub(r"\\(.)", r"\1", one) for one in several]
    if not any(_LEAGUE in text for text in texts):
        return texts
    for registration_id, city in (await _members(client)).items():
        texts = [text.replace(registration_id, city) for text in texts]
    return texts


async def _names(
    client: httpx.AsyncClient, holders: Iterable[str], headers: Mapping[str, str]
) -> Mapping[str, str]:
    peers = await _members(client)
    return {
        one: HERE if one == _LOCAL else peers.get(one) or await _broker(client, one, headers)
        for one in holders
    }


async def _members(client: httpx.AsyncClient) -> Mapping[str, str]:
    """Name the city of each member, by the id of its registration."""
    told = orjson.loads((await send(client, "GET", "/api/v1/league/peers")).content)
    return {_LEAGUE + one["id"]: one["city"] for one in told["peers"]}


async def _broker(
    client: httpx.AsyncClient, registration_id: str, headers: Mapping[str, str]
) -> str:
    """Name a broker outside the league."""
    path = f"{API_PATH}/csourceRegistrations/{quote(registration_id, safe='')}"
    told: Mapping[str, JsonValue] = orjson.loads(
        (await send(client, "GET", path, headers=headers)).content
    )
    name = told.get("registrationName")
    return name if isinstance(name, str) else urlsplit(str(told.get("endpoint", ""))).netloc

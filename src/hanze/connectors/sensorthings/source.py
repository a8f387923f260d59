"""What a turn asks of a SensorThings service: Things, and by their links what they measure."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

from hanze.connectors import WrongInput
from hanze.connectors.measured import document, member, objects, text
from hanze.connectors.sensorthings.quantities import quantity_of
from hanze.connectors.streaming import Message, Options, Request
from hanze.ngsild.model import JsonValue

__all__ = ["following", "requests"]

_THINGS = "Things"
_DATASTREAMS = "Datastreams"
_OBSERVATIONS = "Observations"
_LINK = "@iot.navigationLink"


def requests(options: Options, now: str) -> Sequence[Request]:
    """Name the first page of Things, with all that belongs to them where the server can do that."""
    del now
    asked = {}
    if options.get("filter"):
        asked["$filter"] = str(options["filter"])
    if options.get("expand"):
        newest = f"$orderby=phenomenonTime desc;$top={options.get('newest', 3)}"
        asked["$expand"] = f"Locations,Datastreams($expand=ObservedProperty,Observations({newest}))"
    base = str(options.get("url", "")).rstrip("/")
    query = f"?{_query(asked)}" if asked else ""
    return [Request(f"{base}/{_THINGS}{query}", topic=_THINGS)]


def following(message: Message) -> Sequence[Request]:
    """Name the next page, and the links of what the answer did not hold itself."""
    try:
        json = document(message.body)
    except WrongInput:
        return ()
    links = _links(json, message)
    return [one for one in links if _of_service(one.url, message.options)]


def _links(json: JsonValue, message: Message) -> Iterator[Request]:
    further = text(member(json, "@iot.nextLink"))
    # Of Observations the newest are asked for, not all that ever were.
    if further and not message.topic.endswith(_OBSERVATIONS):
        yield Request(further, topic=message.topic)
    for one in objects(member(json, "value")):
        name = quote(text(one.get("name")) or "", safe="")
        if not name:
            continue
        if message.topic == _THINGS:
            yield from _of_thing(one, name)
        elif message.topic.endswith(f"/{_DATASTREAMS}"):
            yield from _of_datastream(one, name, message)


def _of_thing(one: Mapping[str, JsonValue], name: str) -> Iterator[Request]:
    for part, query in (("Locations", ""), (_DATASTREAMS, "?$expand=ObservedProperty")):
        link = text(one.get(part + _LINK))
        if link and part not in one:
            yield Request(link + query, topic=f"{_THINGS}/{name}/{part}")


def _of_datastream(one: Mapping[str, JsonValue], name: str, message: Message) -> Iterator[Request]:
    link = text(one.get(_OBSERVATIONS + _LINK))
    if not link or _OBSERVATIONS in one or isinstance(quantity_of(one), str):
        return
    unit = quote(text(member(one, "unitOfMeasurement", "symbol")) or "", safe="")
    newest = {"$orderby": "phenomenonTime desc", "$top": str(message.options.get("newest", 3))}
    measured = text(member(one, "ObservedProperty", "name"))
    alone = {"name": text(one.get("name")), "unitOfMeasurement": one.get("unitOfMeasurement")}
    named = (
        name
        if measured is None or not isinstance(quantity_of(alone), str)
        else quote(measured, safe="")
    )
    yield Request(
        f"{link}?{_query(newest)}", topic=f"{message.topic}/{named}/{unit}/{_OBSERVATIONS}"
    )


def _query(asked: Mapping[str, str]) -> str:
    return urlencode(asked, safe="$,()/'=;", quote_via=quote)


def _of_service(url: str, options: Options) -> bool:
    """Whether a link stays with the service: an answer may not send the node elsewhere."""
    own = urlsplit(str(options.get("url", "")))
    try:
        found = urlsplit(url)
    except ValueError:
        return False
    return (found.scheme, found.netloc) == (own.scheme, own.netloc)

"""What a turn asks of the raw sensor API: the last values of each station."""

from collections.abc import Sequence
from urllib.parse import quote

from hanze.connectors import WrongInput
from hanze.connectors.measured import document, member
from hanze.connectors.streaming import Message, Options, Request

__all__ = ["following", "requests"]

_LISTED = "devices"


def requests(options: Options, now: str) -> Sequence[Request]:
    """Name the stations, or the list of all of them."""
    del now
    named = [one.strip() for one in str(options.get("devices", "")).split(",") if one.strip()]
    if not named:
        return [Request(f"{_base(options)}/{_LISTED}", topic=_LISTED)]
    return [_last(options, one) for one in named]


def following(message: Message) -> Sequence[Request]:
    """Name the stations that a list names, by the last part of their paths."""
    if message.topic != _LISTED:
        return ()
    try:
        paths = member(document(message.body), "devices")
    except WrongInput:
        return ()
    named = [path.rstrip("/").rpartition("/")[2] for path in _texts(paths)]
    return [_last(message.options, one) for one in named if one]


def _texts(json: object) -> list[str]:
    return [one for one in json if isinstance(one, str)] if isinstance(json, list) else []


def _last(options: Options, station: str) -> Request:
    key = quote(station, safe="")
    return Request(f"{_base(options)}/{_LISTED}/{key}/last", topic=f"{_LISTED}/{key}/last")


def _base(options: Options) -> str:
    return str(options.get("url", "")).rstrip("/")

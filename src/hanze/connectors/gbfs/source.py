"""What a turn asks of a GBFS service, and when its answers grow old."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from hanze.connectors.gbfs.decode import feeds, ttl_s
from hanze.connectors.streaming import Message, Options, Request

__all__ = ["following", "pause_s", "requests"]

_WANTED: Final = ("station_information", "station_status")


def requests(options: Options, now: str) -> Sequence[Request]:
    """Name the list of feeds, or the one feed."""
    del now
    return [Request(str(options.get("url", "")), media_types="application/json")]


def following(message: Message) -> Sequence[Request]:
    """Name the feeds of stations that the list names."""
    found = feeds(message)
    # Feeds may stand elsewhere than their list, but not as another kind of address.
    return [
        Request(found[name], topic=name, media_types="application/json")
        for name in _WANTED
        if name in found and urlsplit(found[name]).scheme in {"http", "https"}
    ]


def pause_s(message: Message) -> float | None:
    """Return the time to live of an answer."""
    return ttl_s(message)

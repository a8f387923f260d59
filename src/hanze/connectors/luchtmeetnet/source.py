"""What a turn asks of Luchtmeetnet: pages of measurements, and what the stations are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from hanze.connectors.luchtmeetnet.decode import STATION, listed_stations, next_page
from hanze.connectors.streaming import Message, Options, Request

__all__ = ["following", "requests"]

_STATIONS: Final = "stations"
_MEASUREMENTS: Final = "measurements"

#: The whole country has a hundred stations, each a request: once a day, when nobody waits.
_HOUR_OF_STATIONS: Final = 4
_MINUTES_OF_STATIONS: Final = 10


def requests(options: Options, now: str) -> Sequence[Request]:
    """Name the first pages of a turn: a page for each station, or one for all of them."""
    moment = datetime.fromisoformat(now)
    since = moment - timedelta(hours=int(options.get("hours", 6)))
    named = [one.strip() for one in str(options.get("stations", "")).split(",") if one.strip()]
    window = f"start={since:%Y-%m-%dT%H:%M:%SZ}&end={moment:%Y-%m-%dT%H:%M:%SZ}"
    if named:
        return [
            *(
                _page(options, f"{_MEASUREMENTS}?station_number={quote(one)}&{window}")
                for one in named
            ),
            *(_station(options, one) for one in named),
        ]
    return [_page(options, f"{_MEASUREMENTS}?{window}"), _page(options, f"{_STATIONS}?")]


def following(message: Message) -> Sequence[Request]:
    """Name the next page, and once a day the stations of a page of all of them."""
    page = next_page(message)
    more = [] if page is None else [_page(message.options, message.topic, page)]
    if message.topic.startswith(f"{_STATIONS}?") and _is_time(message.received_at):
        more += [_station(message.options, one) for one in listed_stations(message)]
    return more


def _is_time(received_at: str) -> bool:
    moment = datetime.fromisoformat(received_at)
    return moment.hour == _HOUR_OF_STATIONS and moment.minute < _MINUTES_OF_STATIONS


def _page(options: Options, path: str, page: int = 1) -> Request:
    ordered = "&order_by=timestamp_measured&order_direction=asc" if "measure" in path else ""
    return Request(f"{_base(options)}/{path}&page={page}{ordered}", topic=path)


def _station(options: Options, station: str) -> Request:
    return Request(f"{_base(options)}/{STATION}{quote(station)}", topic=STATION + station)


def _base(options: Options) -> str:
    return str(options.get("url", "")).rstrip("/")

"""The further pages of a search; an export has none."""

from collections.abc import Sequence

from hanze.connectors.parking.decode import next_start
from hanze.connectors.streaming import Message, Request

__all__ = ["following"]


def following(message: Message) -> Sequence[Request]:
    """Name the next page of a search of version 1."""
    start = next_start(message)
    url = str(message.options.get("url", ""))
    if start is None or not url:
        return ()
    joint = "&" if "?" in url else "?"
    return [Request(f"{url}{joint}start={start}", topic=message.topic)]

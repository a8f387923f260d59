"""What a turn asks of KNMI: the last days of the stations, as JSON."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from hanze.connectors.streaming import Options, Request

__all__ = ["requests"]


def requests(options: Options, now: str) -> Sequence[Request]:
    """Name the one question of a turn."""
    url = str(options.get("url", ""))
    today = datetime.fromisoformat(now)
    since = today - timedelta(days=int(options.get("days", 2)))
    # Of hours, the service takes the first and the last hour of each day in the range.
    hours = ("01", "24") if url.rstrip("/").endswith("uurgegevens") else ("", "")
    asked = {
        "stns": str(options.get("stations", "")),
        "start": f"{since:%Y%m%d}{hours[0]}",
        "end": f"{today:%Y%m%d}{hours[1]}",
        "vars": "ALL",
        "fmt": "json",
    }
    return [Request(f"{url}?{urlencode(asked, safe=':')}", media_types="application/json")]

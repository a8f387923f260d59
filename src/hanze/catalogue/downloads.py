"""The ways to the data of an offer: queries, and files where there are any (pure)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from hanze.catalogue.offers import Offer
from hanze.governance.records.dataset import Dataset

__all__ = ["Download", "downloads"]

#: Ending of the node's downloads, media type, code of the EU's file types, name.
_FILES: Final = (
    ("csv", "text/csv", "CSV", "CSV"),
    ("geojson", "application/geo+json", "GEOJSON", "GeoJSON"),
)
#: Of a dataset of more types, the others are asked for with queries.
_MOST_KINDS: Final = 30
_LONG_AGO: Final = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Download:
    """One way to the data of an offer.

    Attributes:
        key: "ngsi-ld", "temporal", "csv" or "geojson", of one of several types "csv-Bin".
        name: For people, in any language.
        file_type: Code of the EU's file types.
        is_file: Whether it is a file, all of it at once.
    """

    key: str
    name: str
    url: str
    media_type: str
    file_type: str
    is_file: bool


def downloads(offer: Offer, base_url: str) -> tuple[Download, ...]:
    """List the ways to an offer's data; those of closed data ask for a purpose on arrival."""
    dataset = offer.dataset
    asked = _selection(dataset, offer.types)
    entities = f"{base_url}/ngsi-ld/v1/entities?{urlencode(asked)}"
    since = {**asked, "timerel": "after", "timeAt": _LONG_AGO}
    past = f"{base_url}/ngsi-ld/v1/temporal/entities?{urlencode(since)}"
    ways = [
        Download("ngsi-ld", "NGSI-LD", entities, "application/ld+json", "JSON_LD", False),
        Download("temporal", "NGSI-LD temporal", past, "application/ld+json", "JSON_LD", False),
    ]
    # Files are made by type alone: of a part of one they would hold more than the dataset.
    is_whole = not (dataset.scopes or dataset.attributes or dataset.sources)
    if offer.is_open and is_whole:
        for kind in offer.kinds[:_MOST_KINDS]:
            ways += _files(kind, base_url, several=len(offer.kinds) > 1)
    return tuple(ways)


def _selection(dataset: Dataset, types: Iterable[str]) -> dict[str, str]:
    """Write a dataset's selection as parameters of a query (CIM 009, 6.4.3.2)."""
    asked = {"type": ",".join(types)} if types else {}
    if dataset.attributes:
        asked["attrs"] = ",".join(dataset.attributes)
    if dataset.scopes:
        asked["scopeQ"] = ",".join(f"{scope},{scope}/#" for scope in dataset.scopes)
    return asked


def _files(kind: str, base_url: str, *, several: bool) -> Iterable[Download]:
    """Give the files of one type; where a dataset has several, each says of which it is."""
    local = re.split(r"[/#:]", kind.rstrip("/#:"))[-1]
    asked = urlencode({"type": kind})
    for ending, media_type, file_type, name in _FILES:
        yield Download(
            key=f"{ending}-{quote(local, safe='')}" if several else ending,
            name=f"{name}: {local}" if several else name,
            url=f"{base_url}/en/download/entities.{ending}?{asked}",
            media_type=media_type,
            file_type=file_type,
            is_file=True,
        )

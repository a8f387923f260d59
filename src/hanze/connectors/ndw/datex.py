"""DATEX II as a stream: what its versions 2 and 3 share, read record by record.

The files are far larger than memory should be (a national minute is 70 MB of XML, the site table
145). They are read from a binary stream that the caller opened, and elements are found by local
name, so that one reader does for the namespaces of both versions.
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import msgspec
from lxml import etree

from hanze.connectors import DamagedInput, WrongInput

__all__ = [
    "ByteStream",
    "Header",
    "child_of",
    "iterate",
    "local_name",
    "number_of",
    "publications",
    "text_at",
    "type_of",
    "utc",
    "whole",
]

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_WHOLE = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,15}|[0-9]{0,15}\.?[0-9]{1,15}([eE][+-]?[0-9]{1,3})?)")

_HEADERS = (
    "payload",
    "payloadPublication",
    "publicationTime",
    "measurementSiteTable",
    "measurementSiteTableReference",
)


class ByteStream(Protocol):
    """What is read from: `read` raises EOFError where the stream breaks off."""

    def read(self, size: int = -1, /) -> bytes: ...


class Header(msgspec.Struct):
    """What a file says about itself; filled while it is read.

    Attributes:
        table_id: Of the site table that the file holds, or to which its values refer.
        table_version: Its version; version 3 files do not always name one.
        published: DateTime text, UTC.
        publications: Kinds of publication found, e.g. "MeasuredDataPublication".
    """

    table_id: str | None = None
    table_version: str | None = None
    published: str | None = None
    publications: list[str] = []


def iterate(
    stream: ByteStream, names: frozenset[str], header: Header
) -> Iterator[tuple[int, etree._Element]]:
    """Yield the elements with these local names, each with its number; forget them afterwards.

    Entities and DTDs of the document are not loaded and nothing is fetched.

    Raises:
        WrongInput: The stream is not XML, or no DATEX II publication.
        DamagedInput: It breaks off, or is not well-formed from some line on.
    """
    record = 0
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in (*names, *_HEADERS)],
        resolve_entities=False,
        no_network=True,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for event, element in events:
            name = local_name(str(element.tag))
            if event == "start":
                _note_start(header, name, element)
            elif name in names:
                record += 1
                yield record, element
                _forget(element)
            elif name == "publicationTime" and header.published is None:
                header.published = utc(element.text)
    except etree.XMLSyntaxError as error:
        if not header.publications:
            raise WrongInput(f"The file is not a DATEX II publication: {error.msg}") from error
        line = error.lineno
        raise DamagedInput(
            f"The XML is damaged: {error.msg}", line=line, record=record + 1
        ) from error
    except EOFError as error:
        raise DamagedInput(f"The file breaks off: {error}", record=record + 1) from error


def publications(header: Header) -> str:
    """What a file turned out to hold, in words."""
    return ", ".join(header.publications) or "no DATEX II publication"


def _note_start(header: Header, name: str, element: etree._Element) -> None:
    """Keep what the attributes of a header element say; its content is not there yet."""
    if name in {"payload", "payloadPublication"}:
        header.publications.append(type_of(element) or name)
    elif name in {"measurementSiteTable", "measurementSiteTableReference"}:
        header.table_id = element.get("id")
        header.table_version = element.get("version")


def _forget(element: etree._Element) -> None:
    """Free a record and what stands before it: the tree must not grow with the file."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


@lru_cache(maxsize=512)
def local_name(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def child_of(element: etree._Element, name: str) -> etree._Element | None:
    """The first child with a local name."""
    for child in element:
        if local_name(str(child.tag)) == name:
            return child
    return None


def text_at(element: etree._Element, *path: str) -> str | None:
    """Text of the first element along a path of local names, without blanks around it."""
    found: etree._Element | None = element
    for name in path:
        found = None if found is None else child_of(found, name)
    return (found.text or "").strip() or None if found is not None else None


def type_of(element: etree._Element) -> str | None:
    """The xsi:type without its prefix."""
    name = element.get(_XSI_TYPE)
    return name.rpartition(":")[2] if name else None


@lru_cache(maxsize=4096)
def number_of(text: str) -> int | float | None:
    """A number as it was sent; `None` for what is none, NaN and infinity among them."""
    if not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None


@lru_cache(maxsize=4096)
def utc(text: str | None) -> str | None:
    """A DateTime in UTC; `None` without one, and for one without a zone: nothing is guessed."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        if moment.tzinfo is None:
            return None
        plain = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):  # the second: before the year 1 or after 9999 in UTC
        return None
    return (plain.rstrip("0") if "." in plain else plain).rstrip(".") + "Z"


def whole(text: str | None) -> int | None:
    """A count or an index; `None` for what is none."""
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None

"""The demand calendar as feeds that others follow: iCalendar (RFC 5545) and Atom (RFC 4287)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from lxml import etree

from hanze.collaboration.demand_calendar import EVENT_TEXTS, CalendarEvent
from hanze.collaboration.feeds import FeedEntry, feed
from hanze.collaboration.records.record import text_of

__all__ = ["as_atom", "as_icalendar"]

_ATOM: Final = "http://www.w3.org/2005/Atom"
_EPOCH: Final = "1970-01-01T00:00:00Z"
#: Characters that have no place in XML 1.0.
_NOT_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))


def as_icalendar(
    events: Sequence[CalendarEvent], *, name: str, language: str, link: Callable[[str], str]
) -> bytes:
    """Write events as an iCalendar feed.

    Args:
        events: To be told.
        name: Of the calendar, as people see it in theirs.
        language: Of titles and descriptions.
        link: Makes the address of a record's page of its id.
    """
    return feed(
        (
            FeedEntry(
                uid=one.uid,
                starts=one.starts,
                ends=_last(one),
                summary=_title(one, language),
                description=text_of(one.record.record.description, language),
                url=_page(one, link),
                categories=(one.kind,),
                modified_at=one.record.modified_at,
            )
            for one in events
        ),
        name=name,
        product="Demand calendar",
    )


def as_atom(
    events: Sequence[CalendarEvent],
    *,
    name: str,
    language: str,
    address: str,
    link: Callable[[str], str],
) -> bytes:
    """Write events as an Atom feed, the latest changed first.

    Args:
        events: To be told.
        name: Title of the feed.
        language: Of titles and summaries.
        address: Of the feed itself.
        link: Makes the address of a record's page of its id.
    """
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # its stubs forget the default namespace
    root.set("{http://www.w3.org/XML/1998/namespace}lang", language)
    _add(root, "id", address)
    _add(root, "title", name)
    etree.SubElement(root, f"{{{_ATOM}}}link", href=address, rel="self")
    ordered = sorted(events, key=lambda one: (one.record.modified_at, one.uid), reverse=True)
    _add(root, "updated", ordered[0].record.modified_at if ordered else _EPOCH)
    for one in ordered:
        entry = etree.SubElement(root, f"{{{_ATOM}}}entry")
        _add(entry, "id", one.uid)
        _add(entry, "title", _title(one, language))
        _add(entry, "updated", one.record.modified_at)
        author = etree.SubElement(entry, f"{{{_ATOM}}}author")
        _add(author, "name", one.record.city or "unknown")
        etree.SubElement(entry, f"{{{_ATOM}}}link", href=_page(one, link))
        days = one.starts.isoformat()
        if one.ends is not None and one.ends != one.starts:
            days += f"/{one.ends.isoformat()}"
        _add(entry, "summary", days)
        for theme in one.record.record.themes:
            etree.SubElement(entry, f"{{{_ATOM}}}category", term=theme.translate(_NOT_XML))
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _title(event: CalendarEvent, language: str) -> str:
    kind = text_of(EVENT_TEXTS[event.kind], language)
    title = text_of(event.record.record.title, language)
    return f"{kind}: {title}".translate(_NOT_XML)


def _page(event: CalendarEvent, link: Callable[[str], str]) -> str:
    return (event.url or link(event.record.record.id)).translate(_NOT_XML)


def _last(event: CalendarEvent) -> date:
    return event.ends if event.ends is not None else event.starts


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = text.translate(_NOT_XML)

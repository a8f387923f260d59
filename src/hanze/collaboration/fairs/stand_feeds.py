"""The programme of a shared stand in the calendars of visitors, and as linked data (schema.org)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hanze.collaboration.collective import Collective
from hanze.collaboration.fairs.stands import Fair, FairSession
from hanze.collaboration.feeds import FeedEntry
from hanze.collaboration.records.record import Label, text_of
from hanze.ngsild.model import JsonValue

__all__ = ["FAIR_MEDIA_TYPE", "fair_entries", "fair_linked"]

FAIR_MEDIA_TYPE: Final = "application/ld+json"
_SCHEMA: Final = "https://schema.org"


def fair_entries(
    fair: Fair,
    collective: Collective,
    *,
    language: str,
    link: Callable[[str], str],
    city: str | None = None,
) -> tuple[FeedEntry, ...]:
    """Make the entries of a feed: the fair as a whole, and each session of which the day is known.

    Args:
        fair: The stand.
        collective: Where the names of cities are.
        language: Of all texts.
        link: Makes the address of a stand's page of its id.
        city: Only the sessions of this city (id).
    """
    stand = fair.held.record
    page = link(stand.id)
    entries = []
    if fair.event is not None:
        event = fair.event.record
        entries.append(
            FeedEntry(
                uid=f"{stand.id}#fair",
                starts=event.starts,
                ends=event.ends,
                summary=text_of(stand.title, language),
                description=text_of(stand.description, language),
                location=_where(fair, language),
                url=page,
                categories=(event.kind,),
                modified_at=max(fair.held.modified_at, fair.event.modified_at),
            )
        )
    entries += [
        _session_entry(fair, one, collective, language, page)
        for one in fair.sessions
        if one.day is not None and city in (None, one.story.record.city)
    ]
    return tuple(entries)


def _session_entry(
    fair: Fair, one: FairSession, collective: Collective, language: str, page: str
) -> FeedEntry:
    story, session = one.story.record, one.session
    where = (text_of(session.room, language), _where(fair, language))
    said = (text_of(story.track, language), text_of(session.speakers, language))
    return FeedEntry(
        uid=f"{story.id}#{session.key}",
        starts=one.starts or one.day,  # type: ignore[arg-type]  # the caller saw to the day
        ends=one.ends,
        summary=f"{_name(collective, story.city, language)}: {text_of(session.title, language)}",
        description="\n".join(text for text in said if text),
        location=", ".join(text for text in where if text),
        url=page,
        categories=(_name(collective, story.city, language),),
        modified_at=one.story.modified_at,
    )


def fair_linked(
    fair: Fair, collective: Collective, *, link: Callable[[str], str]
) -> dict[str, JsonValue]:
    """Tell a stand and its programme in the words of schema.org, in all languages that it has.

    Args:
        fair: The stand.
        collective: Where the names of cities are.
        link: Makes the address of a stand's page of its id.
    """
    stand = fair.held.record
    told: dict[str, JsonValue] = {
        "@context": _SCHEMA,
        "@id": stand.id,
        "@type": "ExhibitionEvent",
        "name": _texts(stand.title),
        "description": _texts(stand.description),
        "url": link(stand.id),
        "location": _location(fair),
        "organizer": _place(collective, stand.source_city) if stand.source_city else None,
        "contributor": [_place(collective, city) for city in fair.cities],
        "license": stand.license,
        "subEvent": [_session(fair, one, collective) for one in fair.sessions],
    }
    if fair.event is not None:
        event = fair.event.record
        told |= {
            "startDate": event.starts.isoformat(),
            "endDate": event.ends.isoformat(),
            "superEvent": _said(
                {
                    "@id": event.id,
                    "@type": "BusinessEvent",
                    "name": _texts(event.title),
                    "startDate": event.starts.isoformat(),
                    "endDate": event.ends.isoformat(),
                    "url": event.website,
                }
            ),
        }
    return _said(told)


def _session(fair: Fair, one: FairSession, collective: Collective) -> JsonValue:
    story, session = one.story.record, one.session
    starts, ends = one.starts or one.day, one.ends
    return _said(
        {
            "@id": f"{story.id}#{session.key}",
            "@type": "Event",
            "name": _texts(session.title),
            "startDate": starts.isoformat() if starts is not None else None,
            "endDate": ends.isoformat() if ends is not None else None,
            "location": _said({"@type": "Place", "name": _texts(session.room)})
            if session.room
            else _location(fair),
            "organizer": _place(collective, story.city),
            "performer": _said({"@type": "Organization", "name": _texts(session.speakers)})
            if session.speakers
            else None,
            "keywords": _texts(story.track),
            "workFeatured": [{"@id": project} for project in story.projects],
        }
    )


def _location(fair: Fair) -> JsonValue:
    if fair.event is None:
        return None
    event = fair.event.record
    country = event.country.rpartition(":")[2] if event.country is not None else None
    return _said(
        {
            "@type": "Place",
            "name": _texts(event.venue),
            "address": _said({"@type": "PostalAddress", "addressCountry": country})
            if country
            else None,
        }
    )


def _place(collective: Collective, place_id: str) -> JsonValue:
    held = collective.find(place_id)
    title = held.record.title if held is not None else {}
    return _said({"@id": place_id, "@type": "AdministrativeArea", "name": _texts(title)})


def _texts(label: Label) -> JsonValue:
    """Write a text by language, as JSON-LD marks it."""
    return [{"@value": text, "@language": tag} for tag, text in sorted(label.items())]


def _said(told: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Leave out what says nothing."""
    return {name: value for name, value in told.items() if value not in (None, [], {})}


def _where(fair: Fair, language: str) -> str:
    stand = fair.held.record
    venue = text_of(fair.event.record.venue, language) if fair.event is not None else ""
    parts: Sequence[str] = (text_of(stand.stand, language), stand.stand_number or "", venue)
    return ", ".join(text for text in parts if text)


def _name(collective: Collective, place_id: str, language: str) -> str:
    held = collective.find(place_id)
    return text_of(held.record.title, language) if held is not None else place_id.rpartition(":")[2]

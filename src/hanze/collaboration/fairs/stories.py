"""A city writes its own story at a shared stand, and the sessions of its track."""

import hashlib
import secrets
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.held import RecordElsewhere
from hanze.collaboration.members import tenant_of
from hanze.collaboration.records.gatherings import CityStory, JointPresentation, Session
from hanze.collaboration.records.record import Label, text_of
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import NotFound
from hanze.identity.caller import Caller

__all__ = ["NoSuchSession", "new_session_key", "put_session", "remove_session", "story_of", "tell"]


class NoSuchSession(NotFound):
    """A story has no session of this key."""

    def __init__(self, story: str, key: str) -> None:
        super().__init__(f"{story} has no session {key[:40]}")
        self.field = "key"
        self.value = key[:100]


def story_of(collective: Collective, presentation_id: str, city: str) -> Held[CityStory] | None:
    """Find a city's own story at a stand; `None` where it tells none."""
    stories = collective.naming(presentation_id, CityStory, "presentation")
    return next((one for one in stories if one.city == one.record.city == city), None)


async def tell(
    store: Store,
    caller: Caller,
    collective: Collective,
    presentation: Held[JointPresentation],
    city: str,
    *,
    track: Label,
    description: Label,
    projects: Sequence[str] = (),
    now: str,
) -> CityStory:
    """Write a city's story, or write it anew; its sessions stay.

    Args:
        city: Id of the city, region or country.
        track: Name of its track, by language; without one it only tells.
        description: The story, by language.
        projects: Ids of what it shows.

    Raises:
        RecordElsewhere: Another node keeps the story, or the city itself: it is written there.
        SpeaksForAnother: The caller speaks for another organisation.
    """
    held = story_of(collective, presentation.record.id, city)
    if held is not None:

        def change(before: CityStory) -> CityStory:
            return replace(before, track=track, description=description, projects=tuple(projects))

        return await _changed(store, caller, held, change, now=now)
    place = collective.find(city)
    if place is not None and place.home is not None:
        raise RecordElsewhere(city, place.home)
    tenant = tenant_of(store.registers, city) or ""
    stand = presentation.record
    name = place.record.title if place is not None else {"en": city.rpartition(":")[2]}
    story = CityStory(
        id=_story_id(stand.id, city),
        title={
            language: f"{text_of(name, language)}: {text_of(stand.title, language)}"
            for language in stand.title
        },
        description=description,
        source_city=city,
        themes=stand.themes,
        provenance="entered",
        simulated=stand.simulated,
        presentation=stand.id,
        city=city,
        track=track,
        projects=tuple(projects),
    )
    return await create_record(store, caller.in_tenant(tenant), story, now=now)


async def put_session(
    store: Store, caller: Caller, story: Held[CityStory], session: Session, *, now: str
) -> CityStory:
    """Add a session to a story, or put the one of the same key right; they stand in order of time.

    Raises:
        RecordElsewhere: Another node keeps the story.
        WrongTime: A time does not exist.
    """

    def change(before: CityStory) -> CityStory:
        others = [one for one in before.sessions if one.key != session.key]
        # What has no day yet stands last; the order of those on one day is that of their times.
        ordered = sorted((*others, session), key=lambda one: one.starts or "9999")
        return replace(before, sessions=tuple(ordered))

    return await _changed(store, caller, story, change, now=now)


async def remove_session(
    store: Store, caller: Caller, story: Held[CityStory], key: str, *, now: str
) -> CityStory:
    """Take a session out.

    Raises:
        RecordElsewhere: Another node keeps the story.
        NoSuchSession: There is none of this key.
    """

    def change(before: CityStory) -> CityStory:
        left = tuple(one for one in before.sessions if one.key != key)
        if len(left) == len(before.sessions):
            raise NoSuchSession(before.id, key)
        return replace(before, sessions=left)

    return await _changed(store, caller, story, change, now=now)


def new_session_key() -> str:
    """Make the key of a new session: it stays the same while everything else of it changes."""
    return secrets.token_hex(4)


async def _changed(
    store: Store,
    caller: Caller,
    story: Held[CityStory],
    change: Callable[[CityStory], CityStory],
    *,
    now: str,
) -> CityStory:
    return await change_record(
        store, caller.in_tenant(story.tenant), story.record.id, CityStory, change, now=now
    )


def _story_id(presentation_id: str, city: str) -> str:
    """A city has one story at a stand: asked for twice at the same time, there is one."""
    digest = hashlib.sha256(f"{presentation_id}\n{city}".encode()).hexdigest()[:16]
    return f"urn:ngsi-ld:CityStory:{city.rpartition(':')[2]}:{digest}"

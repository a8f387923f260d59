"""The report of a mission, made from the records of the league.

What a person wrote for a section stands before what the records say; all else is made anew each
time, so that a report also tells what became of its follow-ups since.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.missions import (
    REPORT_SECTIONS,
    Mission,
    MissionReport,
    TravelPermission,
)
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.reporting.document import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Phrase,
    Report,
    Section,
    Source,
    Table,
)
from hanze.collaboration.reporting.outcome import costs, follow_ups, results
from hanze.collaboration.reporting.texts import SECTION_TITLES
from hanze.collaboration.reporting.travelled import (
    Subject,
    facts,
    goal,
    participants,
    programme,
    visits,
)
from hanze.collaboration.reporting.wording import Words

__all__ = ["Report", "report_of", "reports_of"]


#: By section: what the records say about it; nothing where only people know.
_MAKERS: Final[Mapping[str, Callable[[Subject], Iterator[Block]]]] = {
    "goal": goal,
    "participants": participants,
    "programme": programme,
    "visits": visits,
    "results": results,
    "follow-ups": follow_ups,
    "costs": costs,
}


def report_of(collective: Collective, mission_id: str, language: str, today: date) -> Report:
    """Make the report of a mission from the records of the league.

    Args:
        collective: Up to date.
        mission_id: Of whichever node.
        language: "nl", "en" or "ko".
        today: Decides what is late.

    Raises:
        RecordNotFound: There is no such mission.
    """
    held = collective.get(mission_id, Mission)
    mission, words = held.record, Words(collective, language)
    permissions = collective.naming(mission_id, TravelPermission, "mission")
    subject = Subject(collective, mission, permissions, words, today)
    written = next(iter(reports_of(collective, mission_id)), None)
    sections = tuple(_sections(subject, written.record if written else None))
    head = tuple(facts(subject))
    author = words.name(written.record.author) if written and written.record.author else None
    named = [phrase for _, phrase in head]
    named += [author] if author else []
    named += [phrase for section in sections for phrase in section.phrases()]
    sources = _sources(collective, words, named, (mission_id, *_ids(written), *_ids(*permissions)))
    status = written.record.status if written else "draft"
    published_on = written.record.published_on if written else None
    return Report(
        mission=mission_id,
        language=language,
        title=words.name(mission_id),
        kind=words.own("kind"),
        facts=head,
        sections=sections,
        status=status,
        status_text=_status_text(words, status, published_on),
        published_on=published_on,
        author=author,
        report=written.record.id if written else None,
        made_on=today,
        made_text=words.own("made", words.day(today)),
        sources=sources,
        sources_title=words.own("sources"),
        simulated=words.own("simulated") if _is_simulated(collective, sources) else "",
    )


def reports_of(collective: Collective, mission_id: str) -> tuple[Held[MissionReport], ...]:
    """List what people wrote for reports of a mission.

    A published one stands before drafts, and the one kept with the mission before those of others.

    Raises:
        RecordNotFound: There is no such mission.
    """
    home = collective.get(mission_id, Mission).home
    found = collective.naming(mission_id, MissionReport, "mission")
    return tuple(
        sorted(
            found,
            key=lambda held: (held.record.status != "published", held.home != home, held.record.id),
        )
    )


def _sections(subject: Subject, written: MissionReport | None) -> Iterator[Section]:
    words = subject.words
    for key in REPORT_SECTIONS:
        title = SECTION_TITLES[key][subject.words.language]
        made = tuple(_MAKERS[key](subject)) if key in _MAKERS else ()
        blocks = (*_written(words, written, key), *made)
        if key == "conclusion" and written is not None and written.documents:
            names = (words.said(one.title, written.id) for one in written.documents)
            blocks += (Heading(words.plain(words.own("documents"))), Bullets(tuple(names)))
        if blocks:
            yield Section(key, title, tuple(_lean(block) for block in blocks))


def _written(words: Words, written: MissionReport | None, key: str) -> Iterator[Paragraph]:
    for section in written.sections if written is not None else ():
        if section.key != key or written is None:
            continue
        text = words.said(section.text, written.id)
        for part in text.text.replace("\r\n", "\n").split("\n\n"):
            if part.strip():
                yield Paragraph(Phrase(part.strip(), text.language, text.records), written=True)


def _lean(block: Block) -> Block:
    return block.without_empty() if isinstance(block, Table) else block


def _status_text(words: Words, status: str, published_on: date | None) -> str:
    if status != "published":
        return words.own("draft")
    return words.own("published", words.day(published_on)).strip()


def _sources(
    collective: Collective, words: Words, phrases: Iterable[Phrase], more: Iterable[str]
) -> tuple[Source, ...]:
    ids = {record for phrase in phrases for record in phrase.records} | set(more)
    found = (collective.find(record_id) for record_id in sorted(ids))
    return tuple(_source(words, held) for held in found if held is not None)


def _source(words: Words, held: Held[Record]) -> Source:
    record = held.record
    return Source(
        name=words.name(record.id),
        kind=type(record).__name__,
        kind_text=words.kind(type(record).__name__),
        day=held.date,
        day_text=words.partly_known(held.date),
        node=held.home.name if held.home is not None else "",
        origin=record.source or "",
    )


def _ids(*several: Held[Record] | None) -> tuple[str, ...]:
    return tuple(held.record.id for held in several if held is not None)


def _is_simulated(collective: Collective, sources: Iterable[Source]) -> bool:
    found = (collective.find(one.name.records[0]) for one in sources)
    return any(
        held is not None
        and bool(held.record.simulated)
        and not isinstance(held.record, Theme | Municipality | Region | Country)
        for held in found
    )

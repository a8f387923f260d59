"""Sections of a report about what came of the journey: results, follow-up, costs."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from hanze.collaboration.cooperating.accords import accord_state
from hanze.collaboration.funding.settlement import PartTotal, Settlement, settle
from hanze.collaboration.missions.outcomes import Tracked, tracked
from hanze.collaboration.records.cooperation import Accord, WorkingGroup
from hanze.collaboration.records.missions import Mission, TravelPermission
from hanze.collaboration.records.record import Record
from hanze.collaboration.reporting.document import Block, Heading, Paragraph, Phrase, Table
from hanze.collaboration.reporting.travelled import Subject
from hanze.collaboration.reporting.wording import Words

__all__ = ["costs", "follow_ups", "present_state", "results"]

#: Follow-ups of earlier missions that a report lists, the most urgent ones.
_MOST_EARLIER: Final = 30


def results(subject: Subject) -> Iterator[Block]:
    """List the results, and the agreement with its working group."""
    words = subject.words
    found = [one for one in _own(subject) if one.held.record.kind == "result"]
    found.sort(key=lambda one: (one.held.record.on, one.held.record.id))
    if found:
        yield Table(
            caption=words.plain(words.own("results")),
            columns=tuple(words.own(key) for key in ("result", "on", "became")),
            rows=tuple(
                (
                    _title(words, one),
                    words.plain(words.day(one.held.record.on)),
                    _became(subject, one),
                )
                for one in found
            ),
        )
    accord = subject.mission.accord
    if accord is not None:
        yield from _agreement(subject, accord)


def follow_ups(subject: Subject) -> Iterator[Block]:
    """List what is to follow, and what became of the follow-ups of earlier missions."""
    words = subject.words
    found = [one for one in _own(subject) if one.held.record.kind == "follow-up"]
    if found:
        yield Table(
            caption=words.plain(words.own("follow-ups", words.day(subject.today))),
            columns=tuple(
                words.own(key) for key in ("follow-up", "owner", "due", "state", "became")
            ),
            rows=tuple(_row(subject, one) for one in found),
        )
    earlier = list(_earlier(subject))
    if earlier:
        yield Table(
            caption=words.plain(words.own("earlier")),
            columns=tuple(words.own(key) for key in ("follow-up", "mission", "state", "became")),
            rows=tuple(
                (
                    _title(words, one),
                    words.name(one.held.record.mission or ""),
                    _state(words, one),
                    _became(subject, one),
                )
                for one in earlier[:_MOST_EARLIER]
            ),
        )
    if len(earlier) > _MOST_EARLIER:
        more = words.number(len(earlier) - _MOST_EARLIER)
        yield Paragraph(words.plain(words.own("more earlier", more)))


def costs(subject: Subject) -> Iterator[Block]:
    """Set costs against the budget, by part and permission; sums are never of two currencies."""
    for held in subject.permissions:
        yield from _costs(subject.words, held.record)


def present_state(subject: Subject, record: Record) -> str:
    """Say in words where a record stands now; "" for types without such a state."""
    words = subject.words
    if isinstance(record, Accord):
        return words.code("accord", accord_state(subject.collective, record, subject.today).state)
    if isinstance(record, WorkingGroup):
        return words.code("became", "ended" if record.ended_on else "running")
    for field in ("stage", "status", "decision", "outcome"):
        code = getattr(record, field, None)
        if isinstance(code, str):
            return words.code("became", code)
    return ""


def _own(subject: Subject) -> tuple[Tracked, ...]:
    return tracked(subject.collective, subject.today, mission=subject.mission.id)


def _earlier(subject: Subject) -> Iterator[Tracked]:
    """Follow-ups of missions before this one: of the same cooperation, accord, or route."""
    this = subject.mission
    for one in tracked(subject.collective, subject.today):
        record = one.held.record
        other = subject.collective.find(record.mission) if record.mission else None
        if other is None or not isinstance(other.record, Mission):
            continue
        before = other.record
        if before.id == this.id or before.ends >= this.starts:
            continue
        same_route = (before.country, before.organiser) == (this.country, this.organiser)
        same_accord = this.accord is not None and before.accord == this.accord
        same_cooperation = this.cooperation is not None and before.cooperation == this.cooperation
        if same_route or same_accord or same_cooperation:
            yield one


def _row(subject: Subject, one: Tracked) -> tuple[Phrase, ...]:
    words, record = subject.words, one.held.record
    return (
        _title(words, one),
        words.name(record.owner) if record.owner else words.plain(""),
        words.plain(words.day(record.due), record.id),
        _state(words, one),
        _became(subject, one),
    )


def _title(words: Words, one: Tracked) -> Phrase:
    return words.name(one.held.record.id)


def _state(words: Words, one: Tracked) -> Phrase:
    record = one.held.record
    day = words.day(record.done_on) if one.state in ("done", "dropped") else ""
    state = words.code("state", one.state)
    return words.plain(f"{state}, {day}" if day else state, record.id)


def _became(subject: Subject, one: Tracked) -> Phrase:
    """Tell what became of it: what was told last, and records with their present state."""
    words, record = subject.words, one.held.record
    told = [words.said(record.description, record.id)] if record.description else []
    if record.updates:
        last = max(record.updates, key=lambda update: update.on)
        text = words.said(last.text, record.id)
        told = [Phrase(f"{words.day(last.on)}: {text.text}", text.language, text.records)]
    return words.joined([*told, *(_named(subject, came) for came in record.became)], "; ")


def _named(subject: Subject, record_id: str) -> Phrase:
    words = subject.words
    held, name = subject.collective.find(record_id), words.name(record_id)
    if held is None:
        return name
    kind = words.code("kind", type(held.record).__name__)
    state = present_state(subject, held.record)
    return Phrase(
        f"{name.text} ({kind}{', ' + state if state else ''})", name.language, name.records
    )


def _agreement(subject: Subject, accord_id: str) -> Iterator[Block]:
    words = subject.words
    held = subject.collective.find(accord_id)
    if held is None or not isinstance(held.record, Accord):
        return
    accord = held.record
    yield Heading(words.plain(words.own("agreement")))
    state = accord_state(subject.collective, accord, subject.today)
    text = words.code("accord", state.state)
    if accord.concluded is not None:
        on_paper = words.own("concluded", words.partly_known(accord.concluded))
        text = f"{text}, {on_paper}"
    elif state.in_force_since is not None:
        text = words.own("since", state=text, day=words.day(state.in_force_since))
    title = words.name(accord.id)
    sentence = words.own("accord state", title=title.text, state=text)
    yield Paragraph(words.plain(sentence, accord.id))
    for group in subject.collective.naming(accord.id, WorkingGroup, "accord"):
        yield from _group(subject, group.record)


def _group(subject: Subject, group: WorkingGroup) -> Iterator[Block]:
    words = subject.words
    title = words.name(group.id)
    yield Paragraph(words.plain(words.own("group", title=title.text), group.id))
    if group.members:
        members = words.names(dict.fromkeys(member.party for member in group.members))
        yield Paragraph(words.plain(words.own("group members", members.text), group.id))
    if group.tasks:
        done = sum(task.done_on is not None for task in group.tasks)
        late = sum(
            task.done_on is None and task.due is not None and task.due < subject.today
            for task in group.tasks
        )
        figures = {"done": done, "all": len(group.tasks), "late": late}
        yield Paragraph(words.plain(words.own("group tasks", **figures), group.id))


def _costs(words: Words, permission: TravelPermission) -> Iterator[Block]:
    settlement = settle(permission)
    if permission.approved_on is not None:
        office = words.said(permission.approved_by)
        day = words.day(permission.approved_on)
        text = (
            words.own("approved", day=day, office=office.text)
            if office.text
            else words.own("approved on", day)
        )
        yield Paragraph(words.plain(text, permission.id))
    if settlement.parts:
        yield _cost_table(words, permission, settlement)
    yield Paragraph(words.plain(_verdict(words, permission, settlement), permission.id))
    for part in settlement.parts_over if permission.budget else ():
        amount = words.money(part.over, settlement.currency)
        name = words.code("part", part.part)
        text = words.own("part over", part=name, amount=amount)
        yield Paragraph(words.plain(text, permission.id))
    if settlement.unconverted:
        amounts = [permission.costs[place] for place in settlement.unconverted]
        listed = ", ".join(words.money(cost.amount, cost.currency) for cost in amounts)
        yield Paragraph(words.plain(words.own("unconverted", listed), permission.id))


def _cost_table(words: Words, permission: TravelPermission, settlement: Settlement) -> Table:
    def row(name: str, people: int | None, figures: Sequence[Decimal]) -> tuple[Phrase, ...]:
        count = words.number(people) if people is not None else ""
        amounts = (words.money(figure, settlement.currency) for figure in figures)
        return tuple(words.plain(text, permission.id) for text in (name, count, *amounts))

    def part_row(part: PartTotal) -> tuple[Phrase, ...]:
        name = words.code("part", part.part)
        if part.numbers:
            name = f"{name} ({', '.join(part.numbers)})"
        return row(name, part.people, (part.budget, part.spent, -part.over))

    people = [part.people for part in settlement.parts]
    known = [count for count in people if count is not None]
    total = row(
        words.own("together"),
        sum(known) if len(known) == len(people) else None,
        (settlement.budget, settlement.spent, -settlement.over),
    )
    return Table(
        caption=words.plain(words.own("permission", settlement.number), permission.id),
        columns=tuple(words.own(key) for key in ("cost part", "number", "budget", "spent", "left")),
        rows=(*(part_row(part) for part in settlement.parts), total),
        numeric=(1, 2, 3, 4),
        totals=1,
    )


def _verdict(words: Words, permission: TravelPermission, settlement: Settlement) -> str:
    if not permission.budget:
        return words.own("no budget")
    if not permission.costs:
        return words.own("no costs")
    if settlement.over == 0:
        return words.own("even")
    amount = words.money(abs(settlement.over), settlement.currency)
    return words.own("over" if settlement.is_over else "under", amount)

"""What an accord says, as its parties sign it, and how far it has come (pure).

A signature covers what counts: kind, parties, topics, terms, days, documents and what the accord
replaces. Its title, its description and where it is listed may change without anybody signing anew.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from hanze.collaboration.claims import canonical
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.ngsild.model import JsonValue

__all__ = [
    "ACCORD_STATES",
    "SIGNED_FIELDS",
    "AccordState",
    "StateName",
    "digest_of",
    "first_day",
    "state_of",
]

StateName = Literal[
    "draft",
    "offered",
    "partly-signed",
    "in-force",
    "not-yet",
    "expired",
    "ended",
    "withdrawn",
    "changed",
]
#: In the order in which an accord goes through them.
ACCORD_STATES: Final[tuple[StateName, ...]] = (
    *("draft", "offered", "partly-signed", "not-yet", "in-force", "changed", "withdrawn"),
    *("expired", "ended"),
)
#: Fields of an accord (names in Python) that a signature covers.
SIGNED_FIELDS: Final = (
    *("kind", "parties", "themes", "terms", "valid_from", "valid_until", "documents"),
    "previous",
)


@dataclass(frozen=True, slots=True)
class AccordState:
    """How far an accord has come.

    Attributes:
        state: "changed": all have signed, but not what it says now.
        signed: Parties that stand by what it says now, in its order.
        missing: Those that do not.
        in_force_since: The first day on which it was in force; `None` where it never was, or will
            be from a later day on that is not known yet. Of what was signed on paper, the first day
            of the month or year that is told.
        outdated: Parties whose signature is of something else than it says now.
        withdrawn: Parties that stand by it no more.
        on_paper: Whether it is in force because somebody tells that it was signed on paper.
    """

    state: StateName
    signed: tuple[str, ...]
    missing: tuple[str, ...]
    in_force_since: date | None
    outdated: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    on_paper: bool = False


def digest_of(accord: Accord) -> str:
    """Return the SHA-256 of what the parties sign, in hexadecimal digits.

    The order of parties, themes, documents and languages makes no difference.
    """
    signed: dict[str, JsonValue] = {
        "kind": accord.kind,
        "parties": sorted(set(accord.parties)),
        "themes": sorted(set(accord.themes)),
        "terms": dict(accord.terms),
        "validFrom": _day(accord.valid_from),
        "validUntil": _day(accord.valid_until),
        "documents": sorted({one.sha256 for one in accord.documents}),
        "previous": accord.previous,
    }
    return hashlib.sha256(canonical(signed)).hexdigest()


def state_of(accord: Accord, signatures: Iterable[AccordSignature], today: date) -> AccordState:
    """Tell how far an accord has come.

    Args:
        signatures: Of any accord and by anybody: only those of this one, by its parties and up to
            today count. Whether a signature is its party's own is for the caller to have looked at.
    """
    parties = tuple(dict.fromkeys(accord.parties))
    words = _words(accord, signatures, today)
    digest = digest_of(accord)
    live = {party: _live(said, today) for party, said in words.items()}
    signed = tuple(one for one in parties if any(s.digest == digest for s in live.get(one, ())))
    outdated = tuple(one for one in parties if one not in signed and live.get(one))
    withdrawn = tuple(one for one in parties if words.get(one) and not live[one])
    since = _since(accord, parties, words, digest)
    on_paper = since is None and accord.concluded is not None
    if on_paper:
        since = first_day(accord.concluded)
    found = _Found(len(parties), signed, outdated, withdrawn, since)
    return AccordState(
        state=_state(accord, found, today),
        signed=signed,
        missing=tuple(one for one in parties if one not in signed),
        in_force_since=since,
        outdated=outdated,
        withdrawn=withdrawn,
        on_paper=on_paper,
    )


class _Found(NamedTuple):
    """What the signatures come to; `parties` is how many there are."""

    parties: int
    signed: tuple[str, ...]
    outdated: tuple[str, ...]
    withdrawn: tuple[str, ...]
    since: date | None


def _state(accord: Accord, found: _Found, today: date) -> StateName:
    """Name the state; what ends an accord goes before what its signatures say."""
    is_draft = accord.status == "draft" and accord.concluded is None
    is_past = accord.valid_until is not None and accord.valid_until < today
    has_changed = bool(found.outdated) and len(found.signed) + len(found.outdated) == found.parties
    has_ended = accord.ended_on is not None and accord.ended_on <= today
    reached: tuple[tuple[bool, StateName], ...] = (
        (accord.status == "ended" or has_ended, "ended"),
        (is_draft, "draft"),
        (bool(found.withdrawn), "withdrawn"),
        (is_past, "expired"),
        (has_changed, "changed"),
        (found.since is not None and found.since > today, "not-yet"),
        (found.since is not None, "in-force"),
        (bool(found.signed), "partly-signed"),
    )
    return next((name for applies, name in reached if applies), "offered")


def _words(
    accord: Accord, signatures: Iterable[AccordSignature], today: date
) -> Mapping[str, Sequence[AccordSignature]]:
    """Sort what the parties have signed up to a day by party."""
    found: defaultdict[str, list[AccordSignature]] = defaultdict(list)
    for one in signatures:
        if one.accord == accord.id and one.party in accord.parties and one.signed_on <= today:
            found[one.party].append(one)
    return found


def _live(said: Iterable[AccordSignature], today: date) -> tuple[AccordSignature, ...]:
    """Keep those that a party stands by: withdrawing ends them on the day itself."""
    return tuple(one for one in said if one.withdrawn_on is None or one.withdrawn_on > today)


def _since(
    accord: Accord,
    parties: Sequence[str],
    words: Mapping[str, Sequence[AccordSignature]],
    digest: str,
) -> date | None:
    """Find the first day on which it was in force: also of what was withdrawn since."""
    if not parties:
        return None
    last: date | None = None
    for party in parties:
        first = min((s.signed_on for s in words.get(party, ()) if s.digest == digest), default=None)
        if first is None:
            return None
        last = first if last is None else max(last, first)
    if last is None or accord.valid_from is None:
        return last
    return max(last, accord.valid_from)


def first_day(told: str | None) -> date | None:
    """Read when an accord was concluded: "2024", "2024-10" or "2024-10-07"; `None` for what is no day."""
    if told is None:
        return None
    parts = [int(part) for part in told.split("-")]
    try:
        return date(parts[0], *[*parts[1:], 1, 1][:2])
    except ValueError:
        return None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

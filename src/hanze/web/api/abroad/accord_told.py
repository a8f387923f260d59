"""An accord as JSON: what it says, how far it has come, and its signatures."""

from collections.abc import Mapping, Sequence
from datetime import date

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.accords import accord_state, signatures_of
from hanze.collaboration.cooperating.groups import groups_of
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.records.cooperation import Accord, Document
from hanze.web.api.collective.league_records import Freshness, HomeNode, home_of_record
from hanze.web.api.collective.records import Named, named
from hanze.web.api.frame import Answer

__all__ = ["AccordTold", "accord_told"]


class SignatureTold(Answer, frozen=True):
    """A party's own signature; `current` where it is of what the accord says now and stands."""

    id: str
    party: Named
    signed_on: date
    digest: str
    current: bool
    signatory: Mapping[str, str] = {}
    withdrawn_on: date | None = None
    home: HomeNode | None = None


class AccordTold(Answer, frozen=True):
    """An accord, and how far it has come.

    Attributes:
        digest: Of what the parties sign.
        state: Follows from signatures and days; no field of the record.
        signed: Parties that stand by what it says.
        missing: Those that do not (yet).
        in_force_since: The first day on which it was in force.
        on_paper: Whether it is in force because it was signed on paper, as `concluded` tells.
    """

    id: str
    kind: str
    title: Mapping[str, str]
    parties: Sequence[Named]
    status: str
    state: str
    digest: str
    signed: Sequence[str]
    missing: Sequence[str]
    in_force_since: date | None = None
    on_paper: bool = False
    concluded: str | None = None
    terms: Mapping[str, str] = {}
    themes: Sequence[str] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    ended_on: date | None = None
    previous: str | None = None
    cooperation: str | None = None
    documents: Sequence[Document] = ()
    signatures: Sequence[SignatureTold] = ()
    groups: Sequence[str] = ()
    home: HomeNode | None = None


def accord_told(
    held: Held[Accord], collective: Collective, today: date, parts: Sequence[Freshness]
) -> AccordTold:
    accord = held.record
    state = accord_state(collective, accord, today)
    digest = digest_of(accord)
    return AccordTold(
        id=accord.id,
        kind=accord.kind,
        title=accord.title,
        parties=[named(one, collective) for one in accord.parties],
        status=accord.status,
        state=state.state,
        digest=digest,
        signed=state.signed,
        missing=state.missing,
        in_force_since=state.in_force_since,
        on_paper=state.on_paper,
        concluded=accord.concluded,
        terms=accord.terms,
        themes=accord.themes,
        valid_from=accord.valid_from,
        valid_until=accord.valid_until,
        ended_on=accord.ended_on,
        previous=accord.previous,
        cooperation=accord.cooperation,
        documents=accord.documents,
        signatures=[
            SignatureTold(
                id=one.record.id,
                party=named(one.record.party, collective),
                signed_on=one.record.signed_on,
                digest=one.record.digest,
                current=one.record.digest == digest and one.record.withdrawn_on is None,
                signatory=one.record.signatory,
                withdrawn_on=one.record.withdrawn_on,
                home=home_of_record(one.home, parts),
            )
            for one in signatures_of(collective, accord)
        ],
        groups=[one.record.id for one in groups_of(collective, accord.id)],
        home=home_of_record(held.home, parts),
    )

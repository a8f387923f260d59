"""On what ground somebody may read a dataset, or why not (pure).

A ground is a purpose of the owner's own, an agreement in force, or that data is about the resident
who asks; consents narrow it. Whatever is not a ground is a reason, the most telling one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from hanze.governance.agreeing import ends_at_us, is_signed
from hanze.governance.policy import (
    holds_in_time,
    is_understood,
    may_hold_later,
    moments_of,
    permits_for,
    prohibits_for,
)
from hanze.governance.reasons import Reason
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.roles import RESIDENT
from hanze.ngsild.moment import format_datetime, parse_datetime

__all__ = ["EVERYBODY", "Ground", "agreed_with", "ground_for", "purposes_bound"]

#: As the recipient of a consent: who consents to publication.
EVERYBODY: Final = "*"

_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Ground:
    """Whether a dataset may be read.

    Attributes:
        reason: Why not, or why some of it not; `None`: all of it may.
        allowed: Whether any of it may.
        only: Data subjects of whom alone; `None`: of all.
        until: Microseconds at which it has to be decided again; `None`: when the rules change.
        agreement: "id#version" of the agreement that it rests on; "" for none.
        is_open: Whether anybody may read all of it, for anything.
    """

    reason: Reason | None = None
    allowed: bool = True
    only: frozenset[str] | None = None
    until: int | None = None
    agreement: str = ""
    is_open: bool = False


def _refused(reason: Reason, until: int | None = None) -> Ground:
    return Ground(reason, allowed=False, until=until)


def ground_for(rules: Rules, dataset: Dataset, caller: Caller, now_us: int) -> Ground:
    """Say on what ground a caller may read a dataset of its tenant, or why not.

    Without a purpose nothing is told about what is closed but that a purpose is needed.
    """
    rights = dataset.access_rights
    if rights is None:
        return _refused(Reason.NO_ACCESS_RIGHTS)
    bound = purposes_bound(rules.datasets, dataset)
    is_open = rights is AccessRights.PUBLIC and bound is None
    ground = Ground(is_open=True) if is_open else _closed(rules, dataset, caller, bound, now_us)
    if dataset.consent and ground.allowed:
        ground = _consented(rules, dataset, ground, caller, now_us)
    return _with_own(dataset, ground, caller)


def purposes_bound(datasets: Mapping[str, Dataset], dataset: Dataset) -> frozenset[str] | None:
    """Intersect the purposes of all that a dataset is derived from, however far back.

    Returns:
        IRIs; `None` where it is derived from nothing that is closed: any purpose will do.
    """
    seen = {dataset.id}
    bound: frozenset[str] | None = None
    new = set(dataset.derived_from) - seen
    while new:
        seen |= new
        inputs = [datasets.get(one) for one in new]
        for one in inputs:
            own = _own_bound(one)
            if own is not None:
                bound = own if bound is None else bound & own
        new = {above for one in inputs if one is not None for above in one.derived_from} - seen
    return bound


def _own_bound(dataset: Dataset | None) -> frozenset[str] | None:
    """Return the purposes that an input itself allows; `None` where it does not say."""
    if dataset is None or dataset.access_rights is None:
        return frozenset()
    if dataset.access_rights is AccessRights.PUBLIC:
        return None
    if not dataset.purposes and dataset.derived_from:
        return None  # It carries what its own inputs allow.
    return frozenset(dataset.purposes)


def _closed(
    rules: Rules,
    dataset: Dataset,
    caller: Caller,
    bound: frozenset[str] | None,
    now_us: int,
) -> Ground:
    purpose = caller.purpose
    if purpose is None:
        return _refused(Reason.PURPOSE_REQUIRED)
    hindrance = _hindrance_of(rules, caller, purpose)
    if hindrance is not None:
        return _refused(hindrance)
    if caller.organisation and caller.organisation == (dataset.owner or rules.own):
        # What is derived and says no purposes of its own carries those of its inputs.
        is_own = purpose in (dataset.purposes or bound or ())
        ground = Ground() if is_own else _refused(Reason.PURPOSE_MISMATCH)
    else:
        ground = _agreeable(rules, dataset, caller.organisation, purpose, now_us)
    if ground.allowed and bound is not None and purpose not in bound:
        return _refused(Reason.PURPOSE_MISMATCH, ground.until)
    return ground


def _agreeable(
    rules: Rules, dataset: Dataset, organisation: str | None, purpose: str, now_us: int
) -> Ground:
    """Say whether others than its owner may use a dataset, whatever that is derived from."""
    if dataset.access_rights is AccessRights.PUBLIC:
        return Ground()
    if not organisation or dataset.access_rights is not AccessRights.RESTRICTED:
        return _refused(Reason.NO_AGREEMENT)
    return _agreed(rules, dataset, organisation, purpose, now_us)


def _hindrance_of(rules: Rules, caller: Caller, purpose: str) -> Reason | None:
    """Say what keeps a caller from using any closed data for its purpose."""
    if caller.purposes and purpose not in caller.purposes:
        return Reason.PURPOSE_NOT_REGISTERED
    if caller.activity is None:
        return None
    activity = rules.activities.get(caller.activity)
    if activity is None or purpose not in activity.purposes:
        return Reason.PURPOSE_NOT_REGISTERED
    if activity.project is not None:
        project = rules.projects.get(activity.project)
        if project is None or not project.active:
            return Reason.PROJECT_NOT_ACTIVE
    return None


class _Standing(NamedTuple):
    """What one agreement says to a purpose now.

    Attributes:
        hindrance: Why it permits nothing now; `None`: it is in force.
        is_meant: Whether a permission is for the purpose, whenever that may be.
        is_prohibited: Whether a prohibition is, now.
        until: The next moment at which that may change.
    """

    agreement: Agreement
    hindrance: Reason | None
    is_meant: bool
    is_prohibited: bool
    until: int | None


#: Why an agreement that would permit does not: the first of these is the most telling.
_HINDRANCES: Final = (
    Reason.NOT_CONFIRMED,
    Reason.REVOKED,
    Reason.EXPIRED,
    Reason.NOT_YET_VALID,
)


def agreed_with(rules: Rules, dataset: Dataset, organisation: str) -> list[Agreement]:
    """Return the agreements that the owner of a dataset and an organisation both signed."""
    owner = dataset.owner or rules.own
    return [
        one
        for one in rules.index.agreements.get((dataset.id, organisation), ())
        if one.assigner == owner and is_signed(one)
    ]


def _agreed(rules: Rules, dataset: Dataset, organisation: str, purpose: str, now_us: int) -> Ground:
    standings = [
        _standing(rules, one, purpose, now_us) for one in agreed_with(rules, dataset, organisation)
    ]
    until = _soonest(one.until for one in standings)
    if any(one.is_prohibited for one in standings):
        return _refused(Reason.PROHIBITED, until)
    for one in standings:
        if one.hindrance is None and one.is_meant:
            agreement = one.agreement
            return Ground(until=until, agreement=f"{agreement.id}#{agreement.version}")
    return _refused(_most_telling(standings), until)


def _most_telling(standings: Sequence[_Standing]) -> Reason:
    meant = {one.hindrance for one in standings if one.is_meant}
    others = {one.hindrance for one in standings}
    for reason in _HINDRANCES:
        if reason in meant:
            return reason
    if None in others:
        return Reason.PURPOSE_MISMATCH
    return next((reason for reason in _HINDRANCES if reason in others), Reason.NO_AGREEMENT)


def _standing(rules: Rules, agreement: Agreement, purpose: str, now_us: int) -> _Standing:
    starts, ends = parse_datetime(agreement.valid_from), ends_at_us(agreement)
    confirmed_until = _confirmed_until(rules, agreement)
    moments = [starts, ends, *([] if confirmed_until is None else [confirmed_until])]
    hindrance: Reason | None = None
    if agreement.revocation is not None:
        hindrance = Reason.REVOKED
    elif now_us >= ends:
        hindrance = Reason.EXPIRED
    elif now_us < starts:
        hindrance = Reason.NOT_YET_VALID
    is_prohibited = False
    for rule in agreement.prohibitions if hindrance is None else ():
        times = moments_of(rule)
        moments += [moment for _, moment in times]
        is_prohibited |= prohibits_for(rule, purpose) and holds_in_time(times, now_us)
    if hindrance is None and confirmed_until is not None and now_us >= confirmed_until:
        hindrance = Reason.NOT_CONFIRMED
    meant = [
        moments_of(rule)
        for rule in agreement.permissions
        if is_understood(rule) and permits_for(rule, purpose, narrower=agreement.opens_narrower)
    ]
    moments += [moment for times in meant for _, moment in times]
    if hindrance is None and meant and not any(holds_in_time(one, now_us) for one in meant):
        is_to_come = any(may_hold_later(times, now_us) for times in meant)
        hindrance = Reason.NOT_YET_VALID if is_to_come else Reason.EXPIRED
    # A moment that is now counts: what holds at it may not hold a microsecond later.
    until = _soonest(moment for moment in moments if moment >= now_us)
    return _Standing(agreement, hindrance, bool(meant), is_prohibited, until)


def _confirmed_until(rules: Rules, agreement: Agreement) -> int | None:
    """Return until when the word of the node that keeps an agreement counts; `None`: it is here."""
    if not agreement.home:
        return None
    confirmed = rules.confirmed.get(agreement.id)
    if confirmed is None:
        return 0
    return parse_datetime(confirmed) + round(rules.confirm_s * _SECOND_US)


def _consented(
    rules: Rules, dataset: Dataset, ground: Ground, caller: Caller, now_us: int
) -> Ground:
    """Narrow a ground to the data subjects who consented to it.

    Who consents to publication does so for whatever purpose.
    """
    purpose = None if ground.is_open else caller.purpose
    subjects: set[str] = set()
    moments: set[str] = set()
    now = _comparable(format_datetime(now_us))
    for recipient in {EVERYBODY, caller.organisation or EVERYBODY}:
        for consent in rules.index.consents.get((dataset.id, recipient), ()):
            if consent.end is not None or (purpose is not None and purpose not in consent.purposes):
                continue
            begins = _comparable(consent.given_at)
            ends = None if consent.expires_at is None else _comparable(consent.expires_at)
            if begins > now:
                moments.add(consent.given_at)
            elif ends is None or ends > now:
                subjects.add(consent.subject)
                moments.update(() if consent.expires_at is None else (consent.expires_at,))
    until = _soonest((ground.until, *(parse_datetime(one) for one in moments)))
    if not subjects or not dataset.subject:
        return _refused(Reason.NO_CONSENT, until)
    only = frozenset(subjects)
    return replace(ground, reason=Reason.NO_CONSENT, only=only, until=until, is_open=False)


def _with_own(dataset: Dataset, ground: Ground, caller: Caller) -> Ground:
    """Let residents read what is about themselves, without agreement, purpose or consent."""
    is_theirs = RESIDENT in caller.roles and caller.subject and dataset.subject
    if not is_theirs or caller.subject is None or dataset.confidential:
        return ground
    if not ground.allowed:
        return replace(ground, allowed=True, only=frozenset({caller.subject}))
    if ground.only is not None:
        return replace(ground, only=ground.only | {caller.subject})
    return ground


def _comparable(moment: str) -> str:
    """Write a DateTime so that texts are in the order of time: reading 10,000 takes 30 ms."""
    return moment[:-1].replace(",", ".")


def _soonest(moments: Iterable[int | None]) -> int | None:
    return min((moment for moment in moments if moment is not None), default=None)

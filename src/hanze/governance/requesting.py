"""Requests of residents: filed, given more time, answered; and who decides for which child."""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hanze.errors import InvalidInput, NotFound, TooMuch
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.erasing import Eraser
from hanze.governance.kept import Kept, RegistersView
from hanze.governance.records.rights import (
    Guardianship,
    RequestAnswer,
    RequestOutcome,
    RightKind,
    RightsRequest,
)
from hanze.governance.residents import ResidentsOnly, own_subject, subjects_of
from hanze.governance.rights import answered, clock_of, extended
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.classes import key_of
from hanze.identity.caller import Caller
from hanze.identity.roles import STEWARD

__all__ = [
    "GuardianshipNotFound",
    "Guardianships",
    "NewGuardianship",
    "NewRequest",
    "RequestNotFound",
    "RightsRequests",
    "TooManyRequests",
]

#: Nobody guesses it: whoever has it may read the request.
_KEY_BYTES: Final = 20
#: So many of its characters are in the log.
_SHOWN: Final = 8
#: Of one data subject; GDPR 12.5: requests that are excessive need not be taken.
_MOST_OPEN: Final = 100

_Text = Annotated[str, Meta(min_length=1, max_length=500)]


class TooManyRequests(TooMuch):
    """So many requests of a data subject wait for an answer that no more are taken."""

    def __init__(self) -> None:
        super().__init__(
            f"At most {_MOST_OPEN} requests of one person wait for an answer at a time"
        )


class RequestNotFound(NotFound):
    """There is no such request, or it is of somebody else: it is not told which."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Request {request_id[:200]} does not exist")
        self.request_id = request_id


class GuardianshipNotFound(NotFound):
    """No such guardianship is kept."""

    def __init__(self, guardianship_id: str) -> None:
        super().__init__(f"Guardianship {guardianship_id[:200]} does not exist")


class NewRequest(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What somebody asks for.

    Attributes:
        kind: The right that is used.
        text: In people's own words.
        subject: What the data calls whom it is about; `None`: whoever asks.
        dataset: Id of the dataset that it is about; `None`: all.
        entity: Id of the entity that it is about: a sensor, above all.
        language: Of the text.
    """

    kind: RightKind
    text: Annotated[str, Meta(max_length=4_000)] = ""
    subject: _Text | None = None
    dataset: _Text | None = None
    entity: _Text | None = None
    language: Annotated[str, Meta(max_length=20)] = ""


class NewGuardianship(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Who decides for which child.

    Attributes:
        parent: What the data calls the parent.
        child: What the data calls the child.
        until: Date text: the day on which the child decides itself.
    """

    parent: _Text
    child: _Text
    until: Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class Guardianships:
    """Who decides for which child."""

    def __init__(self, governance: Governance) -> None:
        self._governance = governance
        self.kept = Kept("governance-guardianship", Guardianship)

    def all(self, caller: Caller) -> list[Guardianship]:
        """List them.

        Raises:
            DutyMissing: The caller is no steward.
        """
        require_duty(caller, STEWARD)
        return sorted(self.kept.all().values(), key=lambda one: one.id)

    async def confirm(self, caller: Caller, new: NewGuardianship, *, now: str) -> Guardianship:
        """Keep that a parent decides for a child, as a steward who saw the proof.

        Raises:
            DutyMissing: The caller is no steward.
            InvalidInput: The child decides itself already, or is the parent.
        """
        require_duty(caller, STEWARD)
        if new.until <= now[:10]:
            raise InvalidInput(
                "The day on which the child decides itself must come",
                field="until",
                value=new.until,
            )
        if new.parent == new.child:
            raise InvalidInput("Nobody is the own parent", field="parent")
        record = Guardianship(
            id=f"urn:ngsi-ld:Guardianship:{key_of(self._governance.rules.own)}:{secrets.token_hex(8)}",
            parent=new.parent,
            child=new.child,
            until=new.until,
            confirmed_by=caller.actor,
            confirmed_at=now,
        )
        await self._keep(caller, record, "guardianship.confirmed", now)
        return record

    async def end(self, caller: Caller, guardianship_id: str, *, now: str) -> Guardianship:
        """End it early.

        Raises:
            DutyMissing: The caller is no steward.
            GuardianshipNotFound: There is none.
        """
        require_duty(caller, STEWARD)
        record = self.kept.get(guardianship_id)
        if record is None:
            raise GuardianshipNotFound(guardianship_id)
        if record.ended_at is None:
            record = msgspec.structs.replace(record, ended_at=now)
            await self._keep(caller, record, "guardianship.ended", now)
        return record

    async def _keep(self, caller: Caller, record: Guardianship, name: str, now: str) -> None:
        account = account_of(caller, name, (record.id,), now=now)
        await self._governance.change(Change(self.kept, record), account=account)


class RightsRequests:
    """The requests of one node.

    Args:
        governance: Keeps what is decided.
        guardianships: Who decides for whom.
        eraser: Carries erasure out.
    """

    def __init__(
        self, governance: Governance, guardianships: Guardianships, eraser: Eraser
    ) -> None:
        self._governance = governance
        self._guardianships = guardianships
        self._eraser = eraser
        self.kept = Kept("governance-request", RightsRequest)
        # Of its own: an erasure takes a while, and nothing else waits for it.
        self._turn = asyncio.Lock()

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self.kept.load(registers)
        self._guardianships.kept.load(registers)

    async def file(self, caller: Caller, new: NewRequest, *, now: str) -> RightsRequest:
        """Take a request: the clock starts.

        Residents ask about themselves and their children; anybody may object to something that is
        named, without telling who they are; stewards file what came by letter.

        Raises:
            ResidentsOnly: Somebody unknown asks for more than to object.
            InvalidInput: It is about somebody else, or says nothing.
            TooManyRequests: Too many of this data subject wait.
        """
        subject = self._subject(caller, new, now)
        waiting = (one for one in self._all(caller) if one.subject == subject and not one.answer)
        if subject and sum(1 for _ in waiting) >= _MOST_OPEN:
            raise TooManyRequests
        if not new.text.strip() and new.kind in (RightKind.RECTIFICATION, RightKind.OBJECTION):
            raise InvalidInput("What is asked must be told in words", field="text")
        key = f"{key_of(self._governance.rules.own)}:{secrets.token_hex(_KEY_BYTES)}"
        request = RightsRequest(
            id=f"urn:ngsi-ld:RightsRequest:{key}",
            kind=new.kind,
            tenant=caller.tenant,
            subject=subject,
            asked_by=caller.actor,
            text=new.text.strip(),
            dataset=new.dataset,
            entity=new.entity,
            language=new.language,
            received_at=now,
        )
        await self._keep(caller, request, "request.received", now)
        return request

    def shown(self, caller: Caller, request_id: str, *, now: str) -> RightsRequest:
        """Return a request to its owner, a steward, or who has the id of one without an owner.

        Raises:
            RequestNotFound: There is none, or it is somebody else's.
        """
        request = self.kept.get(request_id)
        if request is None or request.tenant != caller.tenant:
            raise RequestNotFound(request_id)
        is_own = not request.subject or request.subject in self._of(caller, now)
        if not is_own and not has_duty(caller, STEWARD):
            raise RequestNotFound(request_id)
        return request

    def of(self, caller: Caller, *, now: str) -> list[RightsRequest]:
        """List the requests of the caller and its children, the newest first."""
        subjects = self._of(caller, now)
        found = [one for one in self._all(caller) if one.subject in subjects]
        return sorted(found, key=lambda one: (one.received_at, one.id), reverse=True)

    def all(self, caller: Caller, *, now: str) -> list[RightsRequest]:
        """List all requests: those that run first, by when they are due.

        Raises:
            DutyMissing: The caller is no steward.
        """
        require_duty(caller, STEWARD)

        def order(one: RightsRequest) -> tuple[bool, str, str]:
            return one.answer is not None, clock_of(one, now).due, one.id

        return sorted(self._all(caller), key=order)

    async def extend(
        self, caller: Caller, request_id: str, *, reason: str, now: str
    ) -> RightsRequest:
        """Take two months more, and tell whoever asked why.

        Raises:
            DutyMissing: The caller is no steward.
            RequestNotFound: There is none.
            RequestClosed: It was answered.
            RequestNotExtendable: It was extended, or its first month is over.
            InvalidInput: No reason is given.
        """
        require_duty(caller, STEWARD)
        async with self._turn:
            request = self.shown(caller, request_id, now=now)
            after = extended(request, by=caller.actor, reason=reason, now=now)
            await self._keep(caller, after, "request.extended", now)
        return after

    async def answer(
        self, caller: Caller, request_id: str, *, outcome: RequestOutcome, text: str, now: str
    ) -> RightsRequest:
        """Answer a request; erasure that is granted is carried out before it is said to be.

        Raises:
            DutyMissing: The caller is no steward.
            RequestNotFound: There is none.
            RequestClosed: It was answered.
            InvalidInput: It is refused without reasons, or taken back by somebody else.
        """
        require_duty(caller, STEWARD)
        if outcome is RequestOutcome.WITHDRAWN:
            raise InvalidInput("Only whoever asked takes a request back", field="outcome")
        answer = RequestAnswer(outcome=outcome, by=caller.actor, at=now, text=text)
        async with self._turn:
            request = self.shown(caller, request_id, now=now)
            after = await self._carried_out(caller, request, answer, now)
            await self._keep(caller, after, f"request.{outcome.value}", now)
        return after

    async def _carried_out(
        self, caller: Caller, request: RightsRequest, answer: RequestAnswer, now: str
    ) -> RightsRequest:
        """Do what is granted, and say in the answer how much it was."""
        after = answered(request, answer)
        if request.kind is RightKind.ERASURE and answer.outcome is not RequestOutcome.REFUSED:
            erased = await self._eraser.erase_subject(
                caller, request.subject, dataset=request.dataset, now=now
            )
            answer = msgspec.structs.replace(
                answer, entities=erased.entities, evolutions=erased.evolutions
            )
            after = answered(request, answer)
        return after

    async def withdraw(self, caller: Caller, request_id: str, *, now: str) -> RightsRequest:
        """Take a request back, as whoever asked.

        Raises:
            RequestNotFound: It is none of the caller's.
            RequestClosed: It was answered.
        """
        async with self._turn:
            request = self.shown(caller, request_id, now=now)
            if not request.subject or request.subject not in self._of(caller, now):
                raise RequestNotFound(request_id)
            answer = RequestAnswer(outcome=RequestOutcome.WITHDRAWN, by=caller.actor, at=now)
            after = answered(request, answer)
            await self._keep(caller, after, "request.withdrawn", now)
        return after

    def _all(self, caller: Caller) -> Iterable[RightsRequest]:
        return (one for one in self.kept.all().values() if one.tenant == caller.tenant)

    def _of(self, caller: Caller, now: str) -> tuple[str, ...]:
        return subjects_of(self._guardianships.kept.all(), caller, now)

    def _subject(self, caller: Caller, new: NewRequest, now: str) -> str:
        own = own_subject(caller)
        if new.subject is not None and has_duty(caller, STEWARD):
            return new.subject
        if own is None:
            if new.kind is RightKind.OBJECTION and (new.entity or new.dataset):
                return ""
            raise ResidentsOnly
        subject = new.subject or own
        if subject not in self._of(caller, now):
            raise InvalidInput(
                "Nobody asks for somebody else, but parents for their children", field="subject"
            )
        return subject

    async def _keep(self, caller: Caller, request: RightsRequest, name: str, now: str) -> None:
        # Whoever has the whole id may read a request; who reads the log may not.
        known_by = request.id[: -2 * _KEY_BYTES + _SHOWN]
        account = account_of(caller, name, (known_by,), detail=request.kind.value, now=now)
        await self._governance.change(Change(self.kept, request), account=account)

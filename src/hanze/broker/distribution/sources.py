"""Entities from Context Sources: asked for, read with suspicion, kept for a while (CIM 009, 6.3.17)."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from hanze.broker.distribution.answers import Reply, items_of
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.filling import Filling
from hanze.broker.distribution.narrowing import Portion, kept
from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.requests import Call, asking_of
from hanze.broker.distribution.warnings import stale_warning, warning_of, warnings_in
from hanze.broker.origin import Origin
from hanze.broker.registry import Match
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.query.types import matches_types
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.representation.received import received_entity

__all__ = ["Ask", "Heard", "Sources", "warnings_of"]

#: Entities that are read before others get their turn: about 5 ms of work.
_SLICE: Final = 64
#: Entities that kept answers may hold together, of all sources.
_MOST_KEPT: Final = 20_000
_LONGEST_KEPT_S: Final = 86_400.0


class Ask(msgspec.Struct, frozen=True):
    """One request to a source.

    Attributes:
        portion: What is asked for: what else comes is not let in.
        most: At most so many entities are asked for.
    """

    match: Match
    portion: Portion
    call: Call
    most: int = 1


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request.

    Attributes:
        entities: Those that were asked for, with what is registered of them; each once.
        received: How many came.
        more: Whether the source has more of them than were asked for.
        failure: Why there is no answer, or what is wrong with it.
        stale: It is an earlier answer that is still kept.
        warned: What the source itself warns of: values of `NGSILD-Warning`.
    """

    match: Match
    entities: tuple[Entity, ...] = ()
    received: int = 0
    more: bool = False
    failure: SourceFailed | None = None
    stale: bool = False
    warned: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether nothing of the answer could be used."""
        return self.failure is not None and not self.received


def warnings_of(heard: Sequence[Heard], alias: str) -> list[str]:
    """Write the warnings that an answer made of these carries, each once (6.3.17)."""
    found: dict[str, None] = {}
    for one in heard:
        if one.failure is not None:
            found[warning_of(one.failure, alias)] = None
        if one.stale:
            found[stale_warning(one.match.registration.id, alias)] = None
        found.update(dict.fromkeys(one.warned))
    return list(found)


class Sources:
    """Asks sources for entities.

    Args:
        distributor: The way to them.
        clock: Answers seconds that only grow, by which kept answers grow old.
    """

    def __init__(self, distributor: Distributor, clock: Callable[[], float]) -> None:
        self.distributor = distributor
        self._clock = clock
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._held = 0

    async def ask(self, origin: Origin, ask: Ask) -> Heard:
        """Ask one source; what goes wrong is in the answer."""
        registration = ask.match.registration
        lasting_s = min(registration.management.cache_duration_s, _LONGEST_KEPT_S)
        asking = asking_of(origin.caller, self.distributor.own)
        # What is asked for a purpose is decided about each time: it may be closed.
        if lasting_s <= 0 or ask.call.method != "GET" or asking.purpose:
            return await self._ask(origin, ask)
        key = _key(origin, ask, for_anybody=asking.for_anybody)
        known = self._kept.get(key)
        if known is not None and known.until > self._clock():
            self._kept.move_to_end(key)
            return msgspec.structs.replace(known.heard, stale=True)
        heard = await self._ask(origin, ask)
        if heard.failure is None:
            self._keep(key, _Kept(heard, self._clock() + lasting_s))
        return heard

    async def ask_all(self, origin: Origin, asks: Sequence[Ask]) -> list[Heard]:
        """Ask several at the same time; the answers are in their order.

        Those of more sources than one operation asks are left out, and said to be so.
        """
        ids = dict.fromkeys(one.match.registration.id for one in asks)
        allowed = set(list(ids)[: self.distributor.limits.max_sources])
        return list(
            await asyncio.gather(
                *(
                    self.ask(origin, one)
                    if one.match.registration.id in allowed
                    else self.left_out(one.match)
                    for one in asks
                )
            )
        )

    async def fill(self, origin: Origin, asks: Sequence[Ask], filling: Filling) -> list[Heard]:
        """Ask several like `ask_all`, and read of their answers what a page needs."""
        ids = dict.fromkeys(one.match.registration.id for one in asks)
        allowed = set(list(ids)[: self.distributor.limits.max_sources])
        answers = await asyncio.gather(
            *(
                self._unread(origin, one)
                if one.match.registration.id in allowed
                else self.left_out(one.match)
                for one in asks
            )
        )
        heard: list[Heard] = []
        for ask, answer in zip(asks, answers, strict=True):
            if isinstance(answer, Heard):
                one = answer
            else:
                one = await _read(answer, ask, origin.now, filling)
            filling.take(one.entities, received=one.received, more=one.more)
            heard.append(one)
        return heard

    async def _unread(self, origin: Origin, ask: Ask) -> Heard | Reply:
        """Ask one source for what is read later; answers that are kept are read whole."""
        if ask.match.registration.management.cache_duration_s > 0:
            return await self.ask(origin, ask)
        return await self._reply(origin, ask)

    async def left_out(self, match: Match) -> Heard:
        """Say that a source is one too many."""
        most = self.distributor.limits.max_sources
        return _unheard(match, f"is left out: one operation asks at most {most}")

    def too_slow(self, match: Match) -> Heard:
        """Say that a source takes too long to list what it has."""
        return _unheard(match, "does not list all that it has in time")

    def timeout_s(self, registration: Registration) -> float:
        """How long a source has for one request."""
        wanted = registration.management.timeout_ms
        return self.distributor.limits.timeout_s if wanted is None else wanted / 1000

    def _keep(self, key: "_Key", kept_: "_Kept") -> None:
        replaced = self._kept.pop(key, None)
        self._held -= 0 if replaced is None else replaced.weight
        self._kept[key] = kept_
        self._held += kept_.weight
        while self._held > _MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            self._held -= oldest.weight

    async def _ask(self, origin: Origin, ask: Ask) -> Heard:
        reply = await self._reply(origin, ask)
        return reply if isinstance(reply, Heard) else await _read(reply, ask, origin.now)

    async def _reply(self, origin: Origin, ask: Ask) -> Heard | Reply:
        match = ask.match
        try:
            return await self.distributor.ask(
                origin, match.registration, ask.call, information=match.information
            )
        except SourceFailed as failure:
            return Heard(match=match, failure=failure)


_Key = tuple[object, ...]


class _Kept(msgspec.Struct, frozen=True):
    heard: Heard
    until: float

    @property
    def weight(self) -> int:
        # An empty answer takes room too.
        return len(self.heard.entities) + 1


def _key(origin: Origin, ask: Ask, *, for_anybody: bool) -> _Key:
    """Tell requests apart by all that a source may answer differently to."""
    registration = ask.match.registration
    told = tuple((key, origin.headers.get(key.lower())) for key, _ in registration.source_info)
    return (
        (registration.registered_in, registration.id, registration.modified_at),
        (origin.context, origin.via, for_anybody, told),
        (ask.call.path, tuple(ask.call.query(origin.context))),
    )


async def _read(reply: Reply, ask: Ask, now: str, filling: Filling | None = None) -> Heard:
    """Read an answer; what is no entity, was not asked for, or has expired, is left out of it.

    Args:
        filling: A page: what it does not need is not looked at.
    """
    entities: dict[str, Entity] = {}
    wrong: str | None = None
    received = 0
    for number, (item, context) in enumerate(items_of(reply)):
        received += 1
        if filling is not None and not filling.needs(item):
            continue
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        entity, complaint = _let_in(item, context, ask)
        wrong = wrong or complaint
        living = None if entity is None else unexpired(entity, now)
        if living is not None:
            entities.setdefault(living.id, living)
    return Heard(
        match=ask.match,
        entities=tuple(entities.values()),
        received=received,
        more=received >= ask.most or 'rel="next"' in reply.headers.get("link", ""),
        failure=None if wrong is None else _invalid(ask.match.registration, wrong, reply.status),
        warned=warnings_in(reply.headers.get("ngsild-warning", "")),
    )


def _let_in(item: JsonValue, context: Context, ask: Ask) -> tuple[Entity | None, str | None]:
    """Give what of an item may be used, and what is wrong with it."""
    try:
        entity = received_entity(item, context)
    except InvalidInput as error:
        return None, f"answers with what is no NGSI-LD entity: {error}"
    portion = ask.portion
    if portion.ids and entity.id not in portion.ids:
        return None, "answers with an entity whose id was not asked for"
    if portion.types is not None and not matches_types(portion.types, entity.types):
        return None, "answers with an entity of a type that was not asked for"
    registered = kept(entity, ask.match)
    if registered is None:
        return None, "answers with an entity that it is not registered for"
    if registered.attributes.keys() != entity.attributes.keys():
        return registered, "answers with attributes that it is not registered for"
    return registered, None


def _unheard(match: Match, detail: str) -> Heard:
    registration = match.registration
    failure = SourceFailed(
        f"The source of {registration.id} {detail}",
        registration_id=registration.id,
        kind=FailureKind.TIMEOUT,
        attempted=False,
    )
    return Heard(match=match, failure=failure)


def _invalid(registration: Registration, detail: str, status: int) -> SourceFailed:
    return SourceFailed(
        f"The source of {registration.id} {detail}",
        registration_id=registration.id,
        kind=FailureKind.INVALID,
        status=status,
    )

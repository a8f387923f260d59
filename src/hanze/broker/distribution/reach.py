"""A query with those who may answer it: the node itself, and sources (CIM 009, 5.7.2.4)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from hanze.broker.consumption import TenantNotFound, query_entities
from hanze.broker.distribution.asking import Question, in_chunks, query_call
from hanze.broker.distribution.merging import Version, merge
from hanze.broker.distribution.narrowing import Portion, portions, selectors_of, without_proxied
from hanze.broker.distribution.sources import Ask, Heard, Sources
from hanze.broker.entity_map import LOCAL
from hanze.broker.gate import note_stored, readable
from hanze.broker.origin import Origin
from hanze.broker.ports import Found, Store, StoredEntity
from hanze.broker.registry import Match
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import linked_depth, matches
from hanze.ngsild.query.named import attributes_looked_at, attributes_required
from hanze.ngsild.query.tree import EntityQuery, QueryNode
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.representation.stored import id_of

__all__ = ["Own", "Querying", "Reach"]

_SLICE = 64


@dataclass(frozen=True, kw_only=True)
class Querying:
    """What is asked; clients repeat themselves, so what follows from it is kept with it.

    Attributes:
        query: Expanded, with its page.
        names: IRIs of the only attributes that are shown; `None` for all.
        datasets: The only instances that are shown; `None` for all.
        csf: Only sources whose registrations meet it are asked.
        split: Whether parts of one entity may be at several places: then what is filtered by is
            looked at here, in the whole entity.
        join_level: How many relationships `q` may follow.
        by_body: Whether it came in a body.
        named: Attributes (IRIs) that are named beside the query, with the parameter that does.
    """

    query: EntityQuery
    names: frozenset[str] | None = None
    datasets: frozenset[str | None] | None = None
    csf: QueryNode | None = None
    split: bool = False
    join_level: int = 0
    by_body: bool = False
    named: Mapping[str, str] | None = field(default=None, compare=False)

    @cached_property
    def filtered_here(self) -> bool:
        """Whether sources are asked without filters.

        A source knows the linked entities that it holds itself. So what is asked about linked ones
        is asked here too.
        """
        return self.split or self.is_linked

    @cached_property
    def is_linked(self) -> bool:
        """Whether `q` follows relationships, that may lead to other nodes."""
        return self.query.q is not None and linked_depth(self.query.q) > 0

    @cached_property
    def wanted(self) -> Wanted:
        """What finds the sources that may have something of it (5.12)."""
        query = self.query
        if not self.filtered_here:
            names = attributes_required(query)
        elif self.names is None:
            names = frozenset()
        else:
            names = self.names | attributes_looked_at(query)
        return Wanted(
            ids=query.ids,
            id_pattern=query.id_pattern,
            types=query.types,
            selectors=query.selectors,
            names=names,
            datasets=self.datasets,
        )


class Own(msgspec.Struct, frozen=True):
    """An entity of the node itself.

    Attributes:
        read: Without what exclusive or redirect sources have instead; `None` where it was not
            looked at yet (`Reach.whole`), as they have nothing of it.
        untouched: Whether they have nothing of it.
    """

    stored: StoredEntity
    read: Entity | None
    untouched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A query, and who may answer it.

    Attributes:
        listed: Whether the ids of the node's own entities are wanted too, one by one.
    """

    store: Store
    sources: Sources
    origin: Origin
    asked: Querying
    matches: Sequence[Match]
    listed: bool = False

    @property
    def has_proxied(self) -> bool:
        """Whether sources have something that the node's own entities do not count for."""
        return any(match.registration.mode.is_proxied for match in self.matches)

    def unfiltered(self) -> EntityQuery:
        """Give the query with what selects entities alone."""
        return replace(self.asked.query, attributes=(), q=None, geo=None, scope=None)

    def question(self, names: frozenset[str] | None) -> Question:
        """Say what sources are asked of each entity."""
        return Question(EntityQuery() if self.asked.filtered_here else self.asked.query, names)

    def selects(self, entity: Entity) -> bool:
        """Tell whether an entity is selected: of two patterns a source is asked for one."""
        query = self.asked.query
        if query.id_pattern is None and not query.selectors:
            return True
        return matches(self.unfiltered(), entity, _nobody)

    async def local(self, query: EntityQuery) -> Found:
        """Search the node itself; a tenant may have registrations and no entities.

        Raises:
            AccessDenied: It names what may not be read here, and nobody else is asked.
            PurposeRequired: It is about closed data, and says no purpose.
        """
        try:
            return await query_entities(
                self.store,
                self.origin.caller,
                query,
                local=True,
                join_level=self.asked.join_level,
                names=self.asked.named,
                now=self.origin.now,
            )
        except (AccessDenied, PurposeRequired):
            # What others have they decide about themselves.
            if not self.matches:
                raise
            return Found([], 0 if query.count else None, more=False)
        except TenantNotFound:
            return Found([], 0 if query.count else None, more=False)

    async def own(self, found: Iterable[StoredEntity]) -> dict[str, Own]:
        """Read entities of the node; what sources have instead is left out (4.3.6.3)."""
        own: dict[str, Own] = {}
        may_be_elsewhere = self.has_proxied
        for number, stored in enumerate(found):
            if stored.expires is None and not may_be_elsewhere:
                # Most of them nobody else has: then they are answered as they are stored.
                own[id_of(stored.body)] = Own(stored, None, untouched=True)
                continue
            if number % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            whole = unexpired(self.store.load(stored), self.origin.now)
            left = None if whole is None else without_proxied(whole, self.matches)
            if left is None or (left is not whole and not self._still_matches(left)):
                continue
            own[left.id] = Own(stored, left, left is whole)
        return own

    def whole(self, own: Own) -> Entity:
        """Give an entity of the node, without what sources have instead."""
        return self.store.load(own.stored) if own.read is None else own.read

    def _still_matches(self, entity: Entity) -> bool:
        return self.asked.filtered_here or matches(self.asked.query, entity, _nobody)

    def own_of(self, ids: Iterable[str]) -> list[StoredEntity]:
        """Look up entities of the node by their ids."""
        caller, now = self.origin.caller, self.origin.now
        some = (readable(self.store, caller, one, now=now) for one in ids)
        found = [stored for stored in some if stored is not None]
        note_stored(self.store, caller, found, now=now)
        return found

    def portions(self, match: Match) -> tuple[Portion, ...]:
        """Say what a source may be asked for; ids stay few where it takes no queries in bodies."""
        found = portions(match.information, selectors_of(self.asked.query))
        if Operation.QUERY_BATCH in match.registration.operations:
            return found
        return tuple(part for portion in found for part in in_chunks(portion))

    def ask(
        self, match: Match, portion: Portion, question: Question, *, limit: int, offset: int = 0
    ) -> Ask:
        """Make a request for a page of what a source has."""
        call = query_call(
            match.registration,
            portion,
            question,
            self.origin.context,
            limit=limit,
            offset=offset,
            by_body=self.asked.by_body,
        )
        return Ask(match, portion, call, limit)

    async def by_ids(self, wanted: Iterable[tuple[Match, Sequence[str]]]) -> list[Heard]:
        """Ask sources for entities whose ids are known."""
        question = self.question(self.asked.names)
        asks: list[Ask] = []
        for match, ids in wanted:
            if not ids:
                continue
            selectors = selectors_of(replace(self.asked.query, ids=tuple(ids)))
            for portion in portions(match.information, selectors):
                asks += (
                    self.ask(match, part, question, limit=len(part.ids))
                    for part in in_chunks(portion)
                    if part.ids
                )
        return await self.sources.ask_all(self.origin, asks)

    def assembled(
        self, ids: Iterable[str], own: Mapping[str, Own], heard: Iterable[Heard]
    ) -> list[StoredEntity | Entity]:
        """Make one entity of what all have of it, for each of some ids, in their order.

        Returns:
            Entities as they are stored where only the node has them.
        """
        remote: dict[str, list[Version]] = {}
        for one in heard:
            auxiliary = one.match.registration.mode is Mode.AUXILIARY
            for entity in one.entities:
                remote.setdefault(entity.id, []).append(Version(entity, auxiliary))
        made: list[StoredEntity | Entity] = []
        for entity_id in ids:
            mine, versions = own.get(entity_id), remote.get(entity_id, [])
            if mine is not None and mine.untouched and not versions:
                made.append(mine.stored)
                continue
            first = [] if mine is None else [Version(self.whole(mine))]
            merged = merge([*first, *versions], self.origin.now)
            if merged is not None:
                made.append(merged)
        return made

    def holders(
        self, ids: Iterable[str], own: Mapping[str, Own], heard: Iterable[Heard]
    ) -> dict[str, tuple[str, ...]]:
        """Say who has some of each entity that not the node alone has, as entity maps do."""
        remote: dict[str, dict[str, None]] = {}
        for one in heard:
            for entity in one.entities:
                remote.setdefault(entity.id, {})[one.match.registration.id] = None
        return {
            one: ((LOCAL,) if one in own else ()) + tuple(remote[one])
            for one in ids
            if one in remote
        }


def _nobody(_uri: str) -> Entity | None:
    """Follow no relationship: nothing that is looked at here needs it."""
    return None

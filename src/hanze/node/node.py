"""The assembled node: the only place that picks adapters and hands out what settings say."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from hanze.broker.asking import Askers
from hanze.broker.closing import ClosedRules
from hanze.broker.contexts import Contexts
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.reading import Reading
from hanze.broker.entity_map import EntityMaps
from hanze.broker.notification import SubscriptionIndex
from hanze.broker.opening import OpeningRules
from hanze.broker.ports import TypeRules, UnitOfWork
from hanze.broker.registration import Registrations
from hanze.broker.registration_records import drop_unused_registration_contexts
from hanze.broker.registry import Registry
from hanze.broker.rules import WriteRules
from hanze.broker.snapshot.service import Snapshots
from hanze.broker.snapshot.work import SnapshotWork
from hanze.broker.source_watch import SourceSubscriptionIndex
from hanze.broker.subscription import Subscriptions
from hanze.broker.subscription_records import drop_unused_contexts
from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective
from hanze.collaboration.giving import Giving
from hanze.collaboration.language.wordnet import Wordnets
from hanze.collaboration.language.wordnet_files import load_wordnets
from hanze.collaboration.matchmaking import Matchmaker
from hanze.collaboration.meetings import Meetings
from hanze.collaboration.members import Member
from hanze.collaboration.replicas.keeping import Replicas
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.collaboration.search import Search
from hanze.governance.activation import held_source
from hanze.governance.gate import Gate
from hanze.governance.logs.auditing import Auditing
from hanze.governance.records.rights import Guardianship
from hanze.governance.service import Governance
from hanze.identity.tokens import Tokens
from hanze.insight.service import Insight
from hanze.league.agreeing import AgreementsBetween
from hanze.league.gossip import Gossip
from hanze.league.requests import SignedRequests
from hanze.league.service import League
from hanze.node.asking import grant_of, open_askers
from hanze.node.catalogue import Catalogue, open_catalogue
from hanze.node.classification import classify_records
from hanze.node.clock import utc_now
from hanze.node.closed import Closed, open_closed
from hanze.node.distribution import Distribution, open_distribution
from hanze.node.forwarding import Forwarding, callback_base, open_forwarding
from hanze.node.identity import Entrance, open_entrance
from hanze.node.league_records import (
    AskingPeers,
    OwnCity,
    is_named,
    sources_of,
    staying_members,
)
from hanze.node.live import Live
from hanze.node.residents import Residents, open_residents
from hanze.node.retaining import Retaining
from hanze.node.retention import keeping_rules
from hanze.node.security import Security, open_security
from hanze.node.signing import SIGNING_FILE, SigningKeys
from hanze.node.snapshots import open_snapshots
from hanze.node.sources import Sources
from hanze.node.tokens import open_tokens
from hanze.node.visitors import Visitors, visitors_of
from hanze.settings import Settings
from hanze.store.history.keeping import KeepingRules
from hanze.store.history.stats import HistoryCounts
from hanze.store.store import Store
from hanze.transport.contexts import ContextFetcher
from hanze.transport.peers import HttpPeers

__all__ = ["WORDNETS", "Node", "close_node", "open_node"]

#: In the data directory: wordnets that `hanze vocabulary load` put there.
WORDNETS = Path("vocabulary") / "wordnets"


@dataclass(slots=True)
class Node:
    """The parts of one running node; operations take the parts that they use, not this.

    Attributes:
        subscriptions: Who wants to be told of changes.
        subscription_index: The same, as units of work and deliveries look them up.
        source_subscriptions: Who wants to be told of registrations of Context Sources.
        source_subscription_index: The same, in memory.
        askers: Makes callers of those who subscribed.
        forwarding: How subscriptions reach over nodes.
        registrations: Which Context Sources are registered.
        registry: The same, as operations look them up, and how asking them goes.
        peers: Reaches other nodes.
        distributor: Asks Context Sources for operations.
        reading: Retrieves and queries entities, wherever they are.
        entity_maps: Which sources have the entities of queries that go on from page to page.
        snapshots: What queries found at one time, to be worked with apart from the rest.
        snapshot_work: Prepares them, and takes them away.
        collective: The records of the cities that take part.
        replicas: What other nodes of the league told of theirs.
        giving: Tells them what lives here.
        asking: Asks them for records.
        annotations: What these records are about.
        search: Finds them.
        matchmaker: Who of them fits whom.
        meetings: Which of them are about the same.
        signer: Signs for the host, of pilots for one.
        sources: What streams into the node, and the spool that keeps it.
        visitors: What those without an account may do, and how often.
        live: Tells pages what changes.
        insight: Knows what is usual, and watches for what is not.
        league: Which other nodes it trusts.
        requests: Signs what it asks of them, and finds out which of them asks.
        gossip: Talks with them.
        keeping: How long history is kept.
        history_counts: How much of it there is.
        governance: Who may do what with which data, and why.
        agreements_between: Keeps agreements with other members alike on both nodes.
        retaining: Erases what may no longer be kept.
        auditing: Shows the log to auditors.
        residents: Consents, requests, and the registers that everybody may see.
        entrance: Accounts, API clients, and who is slowed down at it.
        security: Emergencies, and what comes first in one.
        catalogue: What the node offers, and what others do.
        closed: What not everybody sees yet.
        alias: Names the node among others; made once and kept (CIM 009, 5.2.40).
        started_at: DateTime text.
        clock: Answers now as DateTime text (CIM 009, 4.6.3).
        base_url: Under which others reach the node; set once it listens.
    """

    settings: Settings
    store: Store
    contexts: Contexts
    subscriptions: Subscriptions
    subscription_index: SubscriptionIndex
    source_subscriptions: Subscriptions
    source_subscription_index: SourceSubscriptionIndex
    askers: Askers
    forwarding: Forwarding
    registrations: Registrations
    registry: Registry
    peers: HttpPeers
    distributor: Distributor
    reading: Reading
    entity_maps: EntityMaps
    snapshots: Snapshots
    snapshot_work: SnapshotWork
    tokens: Tokens
    entrance: Entrance
    collective: Collective
    replicas: Replicas
    giving: Giving
    asking: AskingPeers
    annotations: Annotations
    search: Search
    matchmaker: Matchmaker
    meetings: Meetings
    signer: SigningKeys
    sources: Sources
    visitors: Visitors
    live: Live
    insight: Insight
    league: League
    requests: SignedRequests
    gossip: Gossip
    keeping: KeepingRules
    history_counts: HistoryCounts
    governance: Governance
    agreements_between: AgreementsBetween
    retaining: Retaining
    residents: Residents
    auditing: Auditing
    security: Security
    catalogue: Catalogue
    closed: Closed
    alias: str
    started_at: str = field(default_factory=utc_now)
    clock: Callable[[], str] = utc_now
    base_url: str = ""

    @property
    def dev(self) -> bool:
        """Whether everyone may write, and loopback addresses may be fetched from."""
        return self.settings.server.dev


async def open_node(settings: Settings) -> Node:
    """Open the data directory and put the parts together.

    Raises:
        StoreFailure: The directory is in use, cannot be written, or is of a newer version.
        RecordFileDamaged: The tokens cannot be read.
        RetentionUnusable: A rule of how long history is kept cannot be followed.
    """
    parts = await _opened(settings, lambda: node)
    node = _assembled(settings, parts, lambda: node)
    return node


@dataclass(frozen=True, slots=True)
class _Opened:
    """The parts of which the others are made."""

    store: Store
    contexts: Contexts
    distribution: Distribution
    subscriptions: Subscriptions
    index: SubscriptionIndex
    about_sources: Subscriptions
    source_index: SourceSubscriptionIndex
    askers: Askers
    governance: Governance
    tokens: Tokens
    signer: SigningKeys
    live: Live
    keeping: KeepingRules
    alias: str


async def _opened(settings: Settings, node: Callable[[], Node]) -> _Opened:
    keeping, tokens = keeping_rules(settings.retention), open_tokens(settings.data)
    live, index, source_index = _live(settings), SubscriptionIndex(), SourceSubscriptionIndex()
    governance = _governance(settings, lambda: store)
    store = await _open_store(settings, index, live, governance)
    await classify_records(store, governance, utc_now())
    source_index.load(store)
    alias = await store.transact(_alias)
    contexts = Contexts(store, _fetcher(settings).fetch, lambda: node().base_url)
    distribution = open_distribution(settings, store, contexts, alias, lambda: node().base_url)
    subscriptions, about_sources = _subscriptions(settings, store, contexts, index, source_index)
    return _Opened(
        store=store,
        contexts=contexts,
        distribution=distribution,
        subscriptions=subscriptions,
        index=index,
        about_sources=about_sources,
        source_index=source_index,
        askers=open_askers(
            store.gate,
            index,
            distribution.league,
            dev=settings.server.dev,
            grant_of=lambda name: grant_of(tokens, node().entrance, name, now=utc_now()),
        ),
        governance=governance,
        tokens=tokens,
        signer=_signer(settings, alias),
        live=live,
        keeping=keeping,
        alias=alias,
    )


def _assembled(settings: Settings, parts: _Opened, node: Callable[[], Node]) -> Node:
    store, distribution, governance = parts.store, parts.distribution, parts.governance
    security = open_security(settings, store, governance, distribution)
    snapshots, snapshot_work = open_snapshots(
        settings, store, distribution, parts.subscriptions, parts.askers
    )
    collective, replicas, giving = _collective(store, lambda: distribution.league)
    annotations = Annotations(collective, lambda: _wordnets(settings.data))
    return Node(
        settings=settings,
        store=store,
        contexts=parts.contexts,
        subscriptions=parts.subscriptions,
        subscription_index=parts.index,
        source_subscriptions=parts.about_sources,
        source_subscription_index=parts.source_index,
        askers=parts.askers,
        forwarding=_forwarding(settings, parts, node),
        registrations=distribution.registrations,
        registry=distribution.registry,
        peers=distribution.peers,
        distributor=distribution.distributor,
        reading=distribution.reading,
        entity_maps=distribution.entity_maps,
        snapshots=snapshots,
        snapshot_work=snapshot_work,
        tokens=parts.tokens,
        entrance=open_entrance(settings, parts.signer, lambda: store, lambda: node().base_url),
        collective=collective,
        replicas=replicas,
        giving=giving,
        asking=AskingPeers(distribution.peers),
        annotations=annotations,
        search=Search(lambda: annotations.annotator, annotations.of),
        matchmaker=Matchmaker(collective, annotations),
        meetings=Meetings(annotations),
        signer=parts.signer,
        sources=_sources(settings, store, governance, security),
        visitors=visitors_of(settings.collective),
        live=parts.live,
        insight=Insight(store, ZoneInfo(settings.portal.timezone)),
        league=distribution.league,
        requests=distribution.requests,
        gossip=distribution.gossip,
        keeping=parts.keeping,
        history_counts=HistoryCounts(store.history),
        governance=governance,
        agreements_between=AgreementsBetween(
            governance, distribution.league, distribution.requests, distribution.peers
        ),
        retaining=Retaining(store, lambda: governance.rules),
        residents=open_residents(store, governance),
        auditing=Auditing(store.log),
        security=security,
        catalogue=open_catalogue(
            store, governance, collective, distribution, settings.portal.title
        ),
        closed=open_closed(store, governance, collective, lambda: _guardianships(node())),
        alias=parts.alias,
    )


def _guardianships(node: Node) -> Mapping[str, Guardianship]:
    return node.residents.guardianships.kept.all()


def _live(settings: Settings) -> Live:
    return Live(
        most=settings.portal.live_listeners,
        most_per_address=settings.portal.live_listeners_per_address,
    )


def _subscriptions(
    settings: Settings,
    store: Store,
    contexts: Contexts,
    index: SubscriptionIndex,
    source_index: SourceSubscriptionIndex,
) -> tuple[Subscriptions, Subscriptions]:
    """Give subscriptions to entities, and those to registrations."""
    most = settings.notifications.max_subscriptions
    return (
        Subscriptions(store, contexts, index, most=most),
        Subscriptions(store, contexts, source_index, most=most, about_sources=True),
    )


def _forwarding(settings: Settings, parts: _Opened, node: Callable[[], Node]) -> Forwarding:
    return open_forwarding(
        parts.store,
        parts.subscriptions,
        parts.index,
        parts.distribution.distributor,
        parts.askers,
        callback=lambda to: callback_base(settings.server.base_url, node().base_url, to),
        clock=lambda: node().clock(),
    )


def _signer(settings: Settings, alias: str) -> SigningKeys:
    return SigningKeys(
        None if settings.data is None else settings.data / SIGNING_FILE,
        issuer=settings.server.base_url or alias,
        clock=utc_now,
    )


def _collective(store: Store, league: Callable[[], League]) -> tuple[Collective, Replicas, Giving]:
    """Open the collective's records: the node's own, and those that other nodes tell it of."""
    own_city = OwnCity(league)

    def staying() -> list[Member]:
        return staying_members(store.registers, sources_of(league()))

    replicas = Replicas(
        lambda: sources_of(league()),
        lambda: own_city.id(collective),
        lambda: [member.city for member in staying()],
        lambda city, name: is_named(collective, city, name),
    )
    replicas.load(store.registers)
    collective = Collective(
        store,
        lambda: ("", *(member.tenant for member in staying())),
        replicas=replicas,
    )
    giving = Giving(
        collective,
        lambda: own_city.id(collective),
        lambda: [member.city for member in staying()],
        utc_now,
    )
    return collective, replicas, giving


def _governance(settings: Settings, store: Callable[[], Store]) -> Governance:
    return Governance(
        store,
        unclassified=settings.server.dev,
        confirm_s=settings.governance.confirm_s,
        own=settings.governance.organisation,
    )


async def _open_store(
    settings: Settings, index: SubscriptionIndex, live: Live, governance: Governance
) -> Store:
    store = await Store.open(
        settings.data,
        cache_mb=settings.store.cache_mb,
        max_tenants=settings.store.max_tenants,
        history_mb=settings.history.memory_mb,
        rules=_type_rules(governance, lambda: store),
        watching=index,
        followers=(live,),
        gate=Gate(lambda: governance.rules, lambda: store.log),
    )
    governance.load(store.registers)
    index.load(store)
    await store.transact(lambda uow: drop_unused_contexts(uow.registers))
    await store.transact(lambda uow: drop_unused_registration_contexts(uow.registers))
    return store


def _fetcher(settings: Settings) -> ContextFetcher:
    limits = settings.contexts
    return ContextFetcher(
        allow_private=limits.allow_private or settings.server.dev,
        max_bytes=limits.max_kb * 1024,
        timeout_s=limits.timeout_s,
    )


def _type_rules(governance: Governance, store: Callable[[], Store]) -> TypeRules:
    """Put together what every write has to pass, whoever writes and from wherever."""
    return WriteRules(
        CollectiveRules(),
        closed=ClosedRules(lambda: governance.rules),
        opening=OpeningRules(lambda: store().gate, lambda: store().history),
        governance=lambda: governance.rules,
        gate=lambda: store().gate,
    )


def _sources(
    settings: Settings, store: Store, governance: Governance, security: Security
) -> Sources:
    def held(name: str, personal: bool) -> str:
        personal = personal and not settings.server.dev
        return held_source(governance.rules, name, personal=personal) or security.held(name)

    sources = Sources(
        data=settings.data,
        settings=settings.sources,
        listed=settings.source,
        store=store,
        clock=utc_now,
        allow_private=settings.sources.allow_private or settings.server.dev,
        held=held,
    )
    governance.followers.append(sources.changed.set)
    return sources


def _wordnets(data: Path | None) -> Wordnets | None:
    """Read the wordnets that the operator loaded, if any."""
    folder = data / WORDNETS if data is not None else None
    if folder is None or not any(folder.glob("*.tab")):
        return None
    return load_wordnets(folder)


def _alias(uow: UnitOfWork) -> str:
    known = uow.registers.get("node", "alias")
    if known is None:
        known = f"hanze-{secrets.token_hex(6)}".encode()
        uow.registers.put("node", "alias", known)
    return known.decode()


async def close_node(node: Node) -> None:
    """Commit what waits, and let go of the data directory."""
    node.live.close()
    await node.giving.end()
    await node.forwarding.copies.close()
    await node.peers.close()
    await node.search.close()
    await node.sources.close()
    try:
        await node.registrations.flush()
    finally:
        await node.store.close()

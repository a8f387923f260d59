"""The node's way to other nodes, put together: registrations, the league, and what asks them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hanze.broker.contexts import Contexts
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.limits import Limits
from hanze.broker.distribution.reading import Reading
from hanze.broker.entity_map import EntityMaps
from hanze.broker.registration import Registrations
from hanze.broker.registry import Change, Registry
from hanze.league.gossip import Gossip
from hanze.league.requests import SignedRequests
from hanze.league.service import League
from hanze.node.clock import utc_now
from hanze.node.league import open_league
from hanze.settings import Settings
from hanze.store.store import Store
from hanze.transport.peers import Endpoint, HttpPeers

__all__ = ["Distribution", "open_distribution"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """What operations need that reach over nodes; the node says what each part is for."""

    registrations: Registrations
    registry: Registry
    peers: HttpPeers
    distributor: Distributor
    reading: Reading
    entity_maps: EntityMaps
    league: League
    requests: SignedRequests
    gossip: Gossip


def open_distribution(
    settings: Settings, store: Store, contexts: Contexts, alias: str, url: Callable[[], str]
) -> Distribution:
    """Put the parts together.

    Args:
        settings: Of the whole node.
        store: Keeps registrations and what the league needs to know.
        contexts: Resolves the @contexts of sources.
        alias: Names the node among others.
        url: Under which others reach the node, once it listens.
    """
    registry = Registry()
    registry.load(store)
    registrations = Registrations(store, registry, most=settings.distribution.max_registrations)
    league = open_league(settings, store, registrations, registry, alias=alias, url=url)
    requests = SignedRequests(league)
    limits = _limits(settings)
    peers = HttpPeers(
        allow_private=limits.allow_private,
        max_bytes=limits.max_answer_mb << 20,
        clock=utc_now,
        signer=requests.sign,
    )
    registry.listeners.append(partial(_try_at_once, peers))
    own = settings.governance.organisation
    distributor = Distributor(registry, peers, contexts, alias=alias, limits=limits, own=own)
    return Distribution(
        registrations=registrations,
        registry=registry,
        peers=peers,
        distributor=distributor,
        reading=Reading(store, distributor, time.monotonic),
        entity_maps=EntityMaps(most_entities=limits.max_map_entities),
        league=league,
        requests=requests,
        gossip=Gossip(league, requests, peers),
    )


def _try_at_once(peers: HttpPeers, change: Change) -> None:
    """Ask a source that somebody has just registered, or mended the registration of."""
    if change.after is not None:
        peers.forgive(Endpoint(change.after.endpoint, change.after.tenant))


def _limits(settings: Settings) -> Limits:
    given = settings.distribution
    return Limits(
        timeout_s=given.timeout_s,
        cooldown_s=given.cooldown_s,
        max_answer_mb=given.max_answer_mb,
        max_hops=given.max_hops,
        max_sources=given.max_sources,
        split_entities=given.split_entities,
        max_map_entities=given.max_map_entities,
        allow_private=given.allow_private or settings.server.dev,
    )

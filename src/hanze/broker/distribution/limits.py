"""How far a node goes with others."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator set.

    Attributes:
        timeout_s: For a request to a source, where its registration says nothing.
        cooldown_s: For which a source that failed is left alone, likewise; longer each time.
        max_answer_mb: Largest answer.
        max_hops: Nodes that a request may have passed.
        max_sources: Sources that one operation asks.
        split_entities: Whether parts of one entity may be at several sources, where a query does
            not say so (4.3.6.7).
        max_map_entities: Entities that an entity map may hold (4.5.25).
        allow_private: Whether sources may be at private and loopback addresses.
    """

    timeout_s: float = 5.0
    cooldown_s: float = 2.0
    max_answer_mb: int = 16
    max_hops: int = 10
    max_sources: int = 256
    split_entities: bool = False
    max_map_entities: int = 100_000
    allow_private: bool = False

"""The collective of the demo: the strategy's cities and projects, and a life made up around them."""

from hanze.connectors.strategy.seeding import DemoCity, Part, cities_with_nodes, seed, sign_accords
from hanze.connectors.strategy.source import read_world

__all__ = ["DemoCity", "Part", "cities_with_nodes", "read_world", "seed", "sign_accords"]

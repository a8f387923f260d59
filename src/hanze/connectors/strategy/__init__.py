"""The collective of the demo: the strategy's cities and projects, and a life made up around them."""

from hanze.connectors.strategy.seeding import seed

__all__ = ["seed"]

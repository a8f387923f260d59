"""A fictional city that lives in the node: the demo, and a source of plausible data for tests."""

from hanze.connectors.simulation.governed import classify_open, govern
from hanze.connectors.simulation.live import run, seed

__all__ = ["classify_open", "govern", "run", "seed"]

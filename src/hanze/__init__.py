"""Hanze: an open urban platform for a city, and a league of cities without a centre."""

__version__ = "0.1.0"
__all__ = ["__version__"]

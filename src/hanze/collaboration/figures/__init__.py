"""Figures of cooperation across borders: what is counted, and what it is divided by."""

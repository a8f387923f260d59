"""Snapshots: what queries found is kept, and worked with, apart from everything else (5.5.15, 5.16)."""

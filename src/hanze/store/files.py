"""The names of the databases within a data directory."""

from typing import Final

__all__ = ["ARCHIVE", "DATABASE"]

#: The record: what there is, and what was journaled of what there was.
DATABASE: Final = "hanze.db"
#: The archive of the history; DuckDB keeps a log beside it.
ARCHIVE: Final = "history.duckdb"

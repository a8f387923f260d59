"""The data of a node as commands find it, which read it and do not make it."""

from pathlib import Path

from hanze.errors import Conflicting, NotFound
from hanze.store.files import DATABASE
from hanze.store.lock import holder_of

__all__ = ["NoDataThere", "NodeRunning", "existing_database", "holds_data", "idle_database"]


class NoDataThere(NotFound):
    """The directory holds no data of a node."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"{data} holds no data of a node; --data names the directory that does")
        self.data = data


class NodeRunning(Conflicting):
    """A node runs on the data directory, so that no other process can open it."""

    def __init__(self, data: Path, holder: str) -> None:
        super().__init__(f"A node, process {holder}, runs on {data}; --url asks that node instead")
        self.data = data
        self.holder = holder


def holds_data(data: Path) -> bool:
    """Tell whether a directory holds the data of a node."""
    return (data / DATABASE).is_file()


def existing_database(data: Path) -> Path:
    """Return the database file of a data directory.

    Raises:
        NoDataThere: There is none.
    """
    database = data / DATABASE
    if not database.is_file():
        raise NoDataThere(data)
    return database


def idle_database(data: Path) -> Path:
    """Return the database file of a data directory that no process has open.

    Raises:
        NoDataThere: There is none.
        NodeRunning: A node runs on it.
    """
    database = existing_database(data)
    holder = holder_of(data)
    if holder is not None:
        raise NodeRunning(data, holder)
    return database

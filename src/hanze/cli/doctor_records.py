"""What `hanze doctor` tells of the collective: records and concepts that count for nothing, extras."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import apsw
import orjson

from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.registry import type_of
from hanze.collaboration.records.themes import Concept
from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.collaboration.vocabulary.entities import concept_of
from hanze.collaboration.vocabulary.extend import adopt
from hanze.errors import HanzeError
from hanze.ngsild.model import Entity
from hanze.ngsild.representation.stored import load
from hanze.store.catalog import context_of
from hanze.store.schema import connect_reader

__all__ = ["missing_extras", "wrong_records"]

#: What the extra `collective` brings: the package, and what is worse without it.
_EXTRAS: Final[Mapping[str, str]] = {
    "ortools": "no programme is planned optimally, only stably",
    "kiwipiepy": "Korean is read by rules, which is less precise",
}
#: How many are named one by one.
_NAMED: Final = 3


def missing_extras() -> str:
    """Say which optional packages are not installed; "" when all are."""
    missing = [name for name in _EXTRAS if find_spec(name) is None]
    told = "; ".join(f"without {name} {_EXTRAS[name]}" for name in missing)
    how = "`pip install -c constraints.txt '.[collective]'` adds what is missing"
    return f"{told}; {how}" if told else ""


def wrong_records(database: Path) -> tuple[int, str]:
    """Read the records of a database, which a node may be using.

    Returns:
        How many records can be read, and what is wrong with the others and with cities' concepts;
        "" when nothing is.

    Raises:
        apsw.Error: The database cannot be read.
    """
    read = 0
    concepts: list[Concept] = []
    unreadable: list[str] = []
    for entity in _entities(database):
        try:
            record = read_record(entity)
        except HanzeError as error:
            unreadable.append(f"{entity.id} ({error})")
            continue
        read += 1
        if isinstance(record, Concept):
            concepts.append(record)
    _, faults = adopt(load_vocabulary(), map(concept_of, concepts))
    told = []
    if unreadable:
        number = f"{len(unreadable)} cannot be read and are shown nowhere: {_some(unreadable)}"
        told.append(f"{number}; correct or delete them through the NGSI-LD API")
    if faults:
        number = f"{len(faults)} concepts of cities do not fit: {_some([*map(str, faults)])}"
        told.append(f"{number}; `hanze vocabulary check` on their file tells more")
    return read, "; ".join(told)


def _entities(database: Path) -> Iterator[Entity]:
    """Give the entities of a type of record, of all tenants."""
    reader = connect_reader(database)
    try:
        kinds = [
            number
            for number, types in _select(reader, "SELECT typeset_id, types FROM typeset")
            if type_of(tuple(orjson.loads(types))) is not None
        ]
        contexts = {
            number: context_of(content)
            for number, content in _select(reader, "SELECT context_id, content FROM context")
        }
        marks = ", ".join("?" * len(kinds))
        rows = reader.execute(
            f"SELECT body, system, context_id FROM entity WHERE typeset_id IN ({marks})",  # noqa: S608  # question marks only
            kinds,
        )
        for body, system, number in rows:
            yield load(bytes(body), bytes(system), contexts[number])
    finally:
        reader.close()


def _select(reader: apsw.Connection, sql: str) -> list[tuple[int, bytes]]:
    return [(int(one), other) for one, other in reader.execute(sql)]


def _some(named: Sequence[str]) -> str:
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more

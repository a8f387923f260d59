"""What `hanze doctor` tells of data that nobody may read, because nobody decided about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import orjson

from hanze.broker.hidden import is_hidden
from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.governance.records.dataset import Dataset
from hanze.governance.stewarding.classes import Unclassified, unclassified
from hanze.ngsild.context import CORE
from hanze.ngsild.vocabulary import HANZE
from hanze.store.schema import connect_reader

__all__ = ["unclassified_types"]

_NAMED: Final = 6
_THERE: Final = """
    SELECT name, types, count(*) FROM entity
    JOIN tenant USING (tenant_id) JOIN typeset USING (typeset_id)
    GROUP BY tenant_id, typeset_id ORDER BY tenant_id
"""
_DATASETS: Final = "SELECT value FROM register WHERE kind = 'governance-dataset'"


def unclassified_types(database: Path) -> str:
    """Name the types of a database that are closed to everybody, and how that is mended.

    The records of the collective are not among them: the next start opens them.

    Returns:
        "" when all types are classified.

    Raises:
        apsw.Error: The database cannot be read.
    """
    told = []
    for tenant, found in _by_tenant(database).items():
        names = [_term(one.type) for one in found]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        where = f"tenant {tenant}: " if tenant else ""
        told.append(f"{where}{', '.join(names[:_NAMED])}{more}")
    if not told:
        return ""
    return (
        f"nobody can read, because nobody decided about {'; '.join(told)}; "
        "`hanze classify TYPE --public` opens a type, --closed keeps it closed, with a reason"
    )


def _by_tenant(database: Path) -> Mapping[str, tuple[Unclassified, ...]]:
    reader = connect_reader(database)
    try:
        there: dict[str, list[tuple[frozenset[str], int]]] = {}
        for tenant, types, count in reader.execute(_THERE):
            listed = frozenset(orjson.loads(types))
            if not is_hidden(tenant) and listed.isdisjoint(RECORD_IRIS):
                there.setdefault(tenant, []).append((listed, count))
        datasets = [
            msgspec.json.decode(value, type=Dataset) for (value,) in reader.execute(_DATASETS)
        ]
    finally:
        reader.close()
    found = {tenant: unclassified(datasets, tenant, sets) for tenant, sets in there.items()}
    return {tenant: several for tenant, several in found.items() if several}


def _term(iri: str) -> str:
    name = HANZE.compact_name(iri)
    return CORE.compact_name(iri) if name == iri else name

"""Data that is open to everybody because somebody decided so: without that, outside `--dev`, none is.

Tests of something else than access begin with a node of which all data is open.
"""

from pathlib import Path

import msgspec

from hanze.governance.duties import account_of
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.node.node import Node
from hanze.store.files import DATABASE
from hanze.store.registry import RegisterTable
from hanze.store.schema import connect_writer

__all__ = ["ALL_OPEN", "classify_all", "classify_directory"]

#: What `hanze classify '*' --public` makes, for every tenant.
ALL_OPEN = Dataset(
    id="urn:ngsi-ld:Dataset:tests:all",
    title={"en": "All data"},
    tenant="*",
    types=(),
    access_rights=AccessRights.PUBLIC,
    license="https://creativecommons.org/publicdomain/zero/1.0/",
)


async def classify_all(node: Node) -> None:
    """Open all data of a node."""
    account = account_of(NODE, "dataset.changed", [ALL_OPEN.id], now=node.clock())
    change = Change(node.governance.datasets, ALL_OPEN)
    await node.governance.change(change, account=account)


def classify_directory(data: Path) -> None:
    """Open all data of a node that does not run; its directory is made where it is not there."""
    data.mkdir(parents=True, exist_ok=True)
    connection = connect_writer(data / DATABASE)
    try:
        registers = RegisterTable(connection)
        registers.put("governance-dataset", ALL_OPEN.id, msgspec.json.encode(ALL_OPEN))
    finally:
        connection.close()

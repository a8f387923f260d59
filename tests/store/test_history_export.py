"""An export that is asked how far it is, also at the moment at which it ends."""

from pathlib import Path

import pytest

from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.store.history import export
from hanze.store.history.selection import Selection
from hanze.store.store import Store

NOW = "2026-06-01T12:00:00Z"


async def test_export_should_end_well_when_it_is_asked_how_far_it_is_without_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_LOOK_S", 0.0)
    level = Attribute(kind=AttributeKind.PROPERTY, value=1, created_at=NOW, modified_at=NOW)
    entity = Entity(
        id="urn:x:1",
        types=("https://example.org/Bin",),
        attributes={"https://example.org/level": (level,)},
        created_at=NOW,
        modified_at=NOW,
    )
    store = await Store.open(tmp_path)
    told: list[int] = []
    try:
        await store.transact(lambda uow: uow.put("", entity, CORE))
        for number in range(20):
            done = await export.export_parquet(
                store.history,
                Selection(tenant=""),
                tmp_path / f"{number}.parquet",
                lambda part, _: told.append(part),
            )
            assert done.values == 1
    finally:
        await store.close()
    assert told
    assert all(0 <= part <= 1_000 for part in told)

"""Past values from files: whole or not at all, the same again changes nothing; and back to files."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hanze.broker.ports import Window
from hanze.errors import InvalidInput, MalformedBody
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.temporal.model import Instance, TemporalEntity
from hanze.ngsild.vocabulary import HANZE
from hanze.store.history.bulk import import_file
from hanze.store.history.export import export_parquet, rows_of
from hanze.store.history.selection import Selection
from hanze.store.history.told import Imported
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

NOW = "2026-06-30T12:00:00Z"
TYPE = HANZE.expand_name("TrafficFlowObserved")
INTENSITY = HANZE.expand_name("intensity")
HEAD = "id,type,attribute,observedAt,value,unitCode\n"
ROW = "urn:x:1,TrafficFlowObserved,intensity,2026-01-01T00:00:00Z,12,H10\n"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "values.csv"
        path.write_text(text)
        return path

    return write


async def take(store: Store, path: Path, tenant: str = "") -> Imported:
    return await import_file(store.history, store.transact, path, tenant=tenant, now=NOW)


async def read(store: Store, entity_id: str, tenant: str = "") -> dict[str, list[Instance]]:
    evolution = store.history.evolution(tenant, entity_id)
    assert evolution is not None
    entities, _ = await store.history.read(tenant, [evolution], Window())
    return {name: list(found) for name, found in entities[0].attributes.items()}


async def test_import_should_take_a_minimal_table(store: Store, csv: Callable[[str], Path]) -> None:
    path = csv(
        HEAD
        + ROW
        + "urn:x:1,TrafficFlowObserved,intensity,2026-01-01T01:00:00+01:00,12.5,H10\n"
        + "urn:x:1,TrafficFlowObserved,name,2026-01-01T00:00:00.250Z,Rembrandtweg,\n"
    )
    assert await take(store, path) == Imported(3, 3, 0, 1)
    found = await read(store, "urn:x:1")
    first, second = (instance.attribute for instance in found[INTENSITY])
    assert (first.value, first.unit_code, first.observed_at) == (12, "H10", "2026-01-01T00:00:00Z")
    assert type(first.value) is int
    assert second.value == 12.5
    # The same moment, told in another zone: both are there, under names of their own.
    assert second.observed_at == first.observed_at
    assert len({instance.instance_id for instance in found[INTENSITY]}) == 2
    (name,) = found[HANZE.expand_name("name")]
    assert name.attribute.value == "Rembrandtweg"
    assert name.attribute.observed_at == "2026-01-01T00:00:00.250Z"
    assert store.stored("", "urn:x:1") is None
    assert await take(store, path) == Imported(3, 0, 3, 0)


async def test_import_should_add_what_is_not_there(
    store: Store, csv: Callable[[str], Path]
) -> None:
    await take(store, csv(HEAD + ROW))
    more = ROW.replace(",12,", ",13,") + ROW.replace("00:00:00Z", "00:01:00Z") + ROW + ROW
    assert await take(store, csv(HEAD + more)) == Imported(4, 2, 2, 0)
    found = (await read(store, "urn:x:1"))[INTENSITY]
    assert [instance.attribute.value for instance in found] == [12, 13, 12]
    assert len({instance.instance_id for instance in found}) == 3
    assert await take(store, csv(HEAD + ROW), tenant="duiven") == Imported(1, 1, 0, 1)
    assert len((await read(store, "urn:x:1", "duiven"))[INTENSITY]) == 1


async def test_import_should_leave_the_present_and_its_history_as_they_are(
    store: Store, csv: Callable[[str], Path]
) -> None:
    attribute = Attribute(kind=AttributeKind.PROPERTY, value=1, created_at=NOW, modified_at=NOW)
    entity = Entity(
        id="urn:x:1",
        types=("urn:x:Road",),
        attributes={INTENSITY: (attribute,)},
        created_at=NOW,
        modified_at=NOW,
    )
    await store.transact(lambda uow: uow.put("", entity, HANZE))
    before = store.stored("", "urn:x:1")
    assert await take(store, csv(HEAD + ROW)) == Imported(1, 1, 0, 0)
    assert store.stored("", "urn:x:1") == before
    evolution = store.history.evolution("", "urn:x:1")
    assert evolution is not None
    assert set(evolution.types) == {"urn:x:Road", TYPE}
    assert [i.attribute.value for i in (await read(store, "urn:x:1"))[INTENSITY]] == [12, 1]


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("id,type,attribute,observedAt\n" + ROW[:50], "value", "missing"),
        ("id,type,observedAt,value\n", "attribute", "missing"),
        ("id,type,attribute,value\n", "observedAt", "missing"),
        ("colour," + HEAD + "red," + ROW, "colour", "not known"),
        (HEAD + ROW + ROW.replace("urn:x:1", "road 1"), "id", "URIs"),
        (HEAD + ROW + ROW.replace("2026-01-01T00:00:00Z", "yesterday"), "observedAt", "yesterday"),
        (HEAD + ROW + ROW.replace("2026-01-01T00:00:00Z", ""), "observedAt", "empty"),
        (HEAD + ROW + ROW.replace(",12,", ",,"), "form", "must be one of"),
        (HEAD + ROW + ROW.replace(",12,", ",9007199254740993,"), "value", "exactly"),
        (HEAD + ROW + ROW.replace(",intensity,", ",,"), "attribute", "1 of 2 rows"),
        ("kind," + HEAD + "Proper," + ROW, "kind", "Proper"),
        ("details," + HEAD + "{," + ROW, "details", "JSON"),
        ("details," + HEAD + '"{""colour"":1}",' + ROW, "details", "colour"),
        ("form," + HEAD + "decimal," + ROW, "form", "must be one of"),
        ("form,text," + HEAD + "mean,many," + ROW, "text", "mean"),
        ("form,text," + HEAD + f"json,{'[' * 101 + ']' * 101}," + ROW, "text", "can be read"),
        ("form,text," + HEAD + f"json,{'[' * 3000 + ']' * 3000}," + ROW, "text", "can be read"),
        ("form,text," + HEAD + "json,1e999," + ROW, "text", "JSON"),
        ("form,text," + HEAD + r'json,"""\ud800""",' + ROW, "text", "JSON"),
        (
            "details," + HEAD + '"' + '{""attributes"":' * 1500 + "1" + "}" * 1500 + '",' + ROW,
            "details",
            "members",
        ),
        ("datasetId," + HEAD + "lane 1," + ROW, "datasetId", "lane 1"),
        (HEAD + ROW.replace(",intensity,", ",a b,"), None, "a b"),
    ],
)
async def test_import_should_store_nothing_when_a_row_is_wrong(
    store: Store, csv: Callable[[str], Path], text: str, field: str | None, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as refused:
        await take(store, csv(text))
    if field is not None:
        assert refused.value.field == field
    assert store.history.evolution("", "urn:x:1") is None


async def test_import_should_name_many_attributes_in_many_units(
    store: Store, csv: Callable[[str], Path]
) -> None:
    names = [f"a{number}" for number in range(4_500)]
    rows = "".join(ROW.replace(",intensity,", f",{name},") for name in names)
    units = 0

    def counted(unit: Callable[[StagedUnit], int]) -> Awaitable[int]:
        nonlocal units
        units += 1
        return store.transact(unit)

    done = await import_file(store.history, counted, csv(HEAD + rows), tenant="", now=NOW)
    assert (done.added, units) == (4_500, 1 + 3 + 1)


async def test_import_should_refuse_what_is_no_table(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "values.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(MalformedBody, match="cannot be read"):
        await take(store, path)


def every_kind() -> dict[str, Sequence[Attribute]]:
    """Values of every form, with everything that can be beside them."""
    kinds, seen = AttributeKind, "2026-01-01T10:00:00.120Z"
    return {
        "urn:x:number": [
            Attribute(kind=kinds.PROPERTY, value=value, observed_at=seen, unit_code="KMH")
            for value in (1, 1.0, 2.5, True, 2**60, "1", None, [1, 2])
        ],
        "urn:x:link": [
            Attribute(kind=kinds.RELATIONSHIP, value="urn:x:2", object_type=("urn:x:A", "urn:x:B"))
        ],
        "urn:x:words": [
            Attribute(kind=kinds.LANGUAGE_PROPERTY, value={"nl": "weg"}, dataset_id="urn:d:1"),
            Attribute(kind=kinds.PROPERTY, value="weg", lang="nl"),
        ],
        "urn:x:place": [
            Attribute(
                kind=kinds.GEO_PROPERTY,
                value={"type": "Point", "coordinates": [5.9, 52]},
                observed_at="0900-01-01T00:00:00Z",
                attributes={"urn:x:accuracy": (Attribute(kind=kinds.PROPERTY, value=3),)},
            )
        ],
    }


async def test_export_should_come_back_as_it_was(store: Store, tmp_path: Path) -> None:
    entity = TemporalEntity(
        id="urn:x:1",
        types=("urn:x:Road", "urn:x:Thing"),
        attributes={
            name: tuple(Instance(one) for one in found) for name, found in every_kind().items()
        },
    )
    await store.transact(lambda uow: uow.history.add("", entity, now=NOW))
    file = tmp_path / "all.parquet"
    told: list[int] = []
    done = await export_parquet(
        store.history, Selection(), file, lambda count, _total: told.append(count)
    )
    assert done.values == rows_of(file) == 12
    assert done.size == file.stat().st_size
    before = await read(store, "urn:x:1")
    # There already, and in another tenant new.
    assert await take(store, file) == Imported(12, 0, 12, 0)
    assert await take(store, file, tenant="duiven") == Imported(12, 12, 0, 1)
    after = await read(store, "urn:x:1", "duiven")
    assert _shown(after) == _shown(before)


def _shown(found: dict[str, list[Instance]]) -> dict[str, list[str]]:
    return {
        name: sorted(repr(instance.attribute) for instance in instances)
        for name, instances in found.items()
    }


async def test_export_should_hold_what_was_selected(
    store: Store, csv: Callable[[str], Path], tmp_path: Path
) -> None:
    rows = [
        f"urn:x:{number},{kind},{name},2026-01-0{day}T00:00:00Z,{day},H10\n"
        for number, kind in ((1, "urn:x:Road"), (2, "urn:x:Bin"))
        for name in ("urn:x:a", "urn:x:b")
        for day in (1, 2, 3)
    ]
    await take(store, csv(HEAD + "".join(rows)))

    async def chosen(selection: Selection) -> list[tuple[Any, ...]]:
        file = tmp_path / "some.parquet"
        await export_parquet(store.history, selection, file)
        with duckdb.connect() as connection:
            found = connection.execute(
                "SELECT id, attribute, value::INT FROM read_parquet(?) ORDER BY ALL", [str(file)]
            ).fetchall()
        return [(row[0][-1], row[1][-1], row[2]) for row in found]

    assert len(await chosen(Selection())) == 12
    one = Selection(ids=frozenset({"urn:x:1"}), attributes=frozenset({"urn:x:b"}))
    assert await chosen(one) == [("1", "b", 1), ("1", "b", 2), ("1", "b", 3)]
    day = 86_400_000_000
    second = 20_455 * day  # 2026-01-02
    timed = Selection(types=frozenset({"urn:x:Bin"}), start=second, end=second + day)
    assert await chosen(timed) == [("2", "a", 2), ("2", "b", 2)]
    assert await chosen(Selection(tenant="nowhere")) == []

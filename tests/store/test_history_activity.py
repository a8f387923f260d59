"""Which evolutions are active in a window: found at once, remembered, and still right."""

from msgspec.structs import replace

from hanze.broker.ports import Window
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.temporal.model import Instance, TemporalEntity, TemporalQuery, Timerel
from hanze.store.store import Store
from tests.store.strategies import NOON, NOON_US

HEIGHT = "https://uri.etsi.org/ngsi-ld/default-context/height"
NAME = "https://uri.etsi.org/ngsi-ld/default-context/name"
TREE = "https://uri.etsi.org/ngsi-ld/default-context/Tree"
BENCH = "https://uri.etsi.org/ngsi-ld/default-context/Bench"
HOUR = 3_600_000_000

LATELY = Window(
    names=frozenset({HEIGHT}), temporal=TemporalQuery(Timerel.BETWEEN, NOON_US, NOON_US + HOUR)
)
EVER = Window()


def tree_id(number: int) -> str:
    return f"urn:ngsi-ld:Tree:{number}"


async def measure(
    store: Store, number: int, at: str, *, name: str = HEIGHT, kind: str = TREE
) -> None:
    one = Instance(Attribute(kind=AttributeKind.PROPERTY, value=4.5, observed_at=at))
    entity = TemporalEntity(tree_id(number), (kind,), {name: (one,)})
    await store.transact(lambda uow: uow.history.add("", entity, now=NOON))


async def found(store: Store, window: Window, *, kind: str | None = None) -> list[str]:
    """Ask for all at once, and see that asking one by one says the same."""
    history = store.history
    types = None if kind is None else (frozenset({kind}),)
    numbers = await history.active_numbers("", types, window)
    active = history.numbered("", numbers)
    assert active == await history.active("", history.evolutions("", types=types), window)
    assert [one.number for one in active] == [*numbers]
    return [one.id.rpartition(":")[2] for one in active]


async def test_active_numbers_should_follow_what_comes_and_goes(store: Store) -> None:
    await measure(store, 1, "2026-06-01T12:30:00Z")
    await measure(store, 2, "2026-06-01T13:30:00Z")
    await measure(store, 3, "2026-06-01T12:30:00Z", name=NAME)
    assert await found(store, LATELY) == ["1"]  # nothing is in the archive
    await store.history.flush()
    assert await found(store, LATELY) == ["1"]  # found by a scan
    await measure(store, 4, "2026-06-01T12:00:00Z")
    assert await found(store, LATELY) == ["1", "4"]  # the scan and what came since
    await store.history.flush()
    assert await found(store, LATELY) == ["1", "4"]  # what was followed
    assert await found(store, EVER) == ["1", "2", "3", "4"]
    await store.transact(
        lambda uow: uow.history.remove_attribute("", tree_id(1), HEIGHT, None, every=True)
    )
    assert await found(store, LATELY) == ["4"]
    await store.transact(lambda uow: uow.history.remove("", tree_id(4)))
    assert await found(store, LATELY) == []
    assert await found(store, EVER) == ["2", "3"]


async def test_active_numbers_should_be_those_of_the_types_that_are_asked_for(store: Store) -> None:
    await measure(store, 1, "2026-06-01T12:30:00Z")
    await measure(store, 2, "2026-06-01T12:30:00Z", kind=BENCH)
    await measure(store, 3, "2026-06-01T12:30:00Z")
    assert await found(store, LATELY, kind=TREE) == ["1", "3"]
    await store.history.flush()
    assert await found(store, LATELY, kind=BENCH) == ["2"]
    assert await store.history.active_numbers("elsewhere", None, LATELY) == []
    assert store.history.numbered("elsewhere", [1, 2, 3]) == []


async def test_numbered_should_leave_the_present_alone_when_dates_do_not_matter(
    store: Store,
) -> None:
    height = Attribute(kind=AttributeKind.PROPERTY, value=4.5)
    tree = Entity(
        id=tree_id(1),
        types=(TREE,),
        attributes={HEIGHT: (height,)},
        created_at=NOON,
        modified_at=NOON,
    )
    await store.transact(lambda uow: uow.put("", tree, CORE))
    later = "2026-06-01T12:00:01Z"
    changed = replace(tree, attributes={HEIGHT: (replace(height, value=5),)}, modified_at=later)
    await store.transact(lambda uow: uow.put("", changed, CORE))
    (number,) = await store.history.active_numbers("", None, EVER)
    (dated,) = store.history.numbered("", [number])
    (undated,) = store.history.numbered("", [number], dated=False)
    assert (dated.modified_at, undated.modified_at) == (later, NOON)

"""A first page is filled by answers in their order, and what it does not need is not read."""

from hanze.broker.distribution.filling import Filling
from hanze.ngsild.model import Entity


def entity(entity_id: str) -> Entity:
    return Entity(id=entity_id, types=("https://example.org/Bin",), attributes={})


def filling(*own: str, limit: int = 2) -> Filling:
    return Filling(own, limit, lambda one: not one.id.startswith("urn:other"))


def test_an_item_should_be_needed_until_more_are_known_than_the_page_holds() -> None:
    page = filling("urn:a")
    assert page.needs({"id": "urn:x"})
    page.take([entity("urn:b")], received=1, more=False)
    assert page.needs({"id": "urn:x"})
    page.take([entity("urn:b"), entity("urn:c")], received=2, more=True)
    assert page.page == ["urn:a", "urn:b"]
    assert not page.needs({"id": "urn:c"})


def test_more_of_an_entity_should_be_needed_when_it_is_on_a_page_that_is_full() -> None:
    page = filling("urn:a", "urn:b", "urn:c")
    page.take([], received=0, more=False)
    assert page.needs({"id": "urn:b", "type": "Bin"})
    assert page.needs({"@id": "urn:a"})
    for item in ({"id": "urn:c"}, {"id": ["urn:a"]}, {}, None, ["urn:a"]):
        assert not page.needs(item)


def test_a_page_should_not_be_sure_when_what_was_left_out_makes_room_for_others() -> None:
    page = filling(limit=3)
    page.take([entity("urn:a"), entity("urn:other")], received=3, more=True)
    assert not page.is_sure
    assert page.page == ["urn:a"]


def test_a_page_should_be_sure_when_it_is_full_whatever_comes_after() -> None:
    page = filling(limit=1)
    page.take([entity("urn:a"), entity("urn:b"), entity("urn:other")], received=3, more=True)
    page.take([], received=3, more=True)
    assert page.is_sure
    assert page.page == ["urn:a"]

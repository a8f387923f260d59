"""Types that are classified, and types about which nobody decided."""

import pytest

from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.stewarding.classes import (
    Named,
    Said,
    Unclassified,
    classified,
    key_of,
    unclassified,
)

OPEN = Said(access_rights=AccessRights.PUBLIC)
BIN, LAMP = "https://example.org/Bin", "https://example.org/Lamp"


def a_dataset(*types: str, **members: object) -> Dataset:
    said = {"access_rights": AccessRights.PUBLIC, **members}
    return Dataset(id="urn:ngsi-ld:Dataset:x:y", title={"en": "x"}, types=types, **said)  # type: ignore[arg-type]  # members by name


@pytest.mark.parametrize(
    ("organisation", "key"),
    [
        ("urn:ngsi-ld:Municipality:NL:GM0193", "GM0193"),
        ("https://www.zwolle.example/city/", "city"),
        ("", "own"),
        ("urn:ngsi-ld:Organization:x:a b", "a-b"),
    ],
)
def test_key_of_should_take_what_is_last(organisation: str, key: str) -> None:
    assert key_of(organisation) == key


def test_classified_should_name_a_dataset_after_its_type() -> None:
    made = classified(Named("AirQualityObserved", (BIN,)), OPEN, tenant="", key="zwolle", known=())
    assert made.id == "urn:ngsi-ld:Dataset:zwolle:AirQualityObserved"
    assert made.title == {"en": "Air quality observed"}
    assert (made.types, made.access_rights) == ((BIN,), AccessRights.PUBLIC)
    all_types = classified(Named("*", ()), OPEN, tenant="duiven", key="zwolle", known=())
    assert (all_types.id, all_types.types) == ("urn:ngsi-ld:Dataset:zwolle:duiven.all", ())


def test_classified_should_change_the_dataset_that_a_type_has() -> None:
    named = Named("Bin", (BIN,))
    first = classified(named, OPEN, tenant="", key="zwolle", known=())
    again = classified(
        named, Said(access_rights=AccessRights.NON_PUBLIC), tenant="", key="other", known=(first,)
    )
    assert (again.id, again.access_rights) == (first.id, AccessRights.NON_PUBLIC)


def test_classified_should_find_another_id_when_a_name_means_something_else_already() -> None:
    first = classified(Named("Bin", (BIN,)), OPEN, tenant="", key="zwolle", known=())
    other = Named("Bin", ("https://example.com/Bin",))
    second = classified(other, OPEN, tenant="", key="zwolle", known=(first,))
    assert second.id.startswith(first.id + "-")


def test_unclassified_should_list_types_that_no_dataset_covers() -> None:
    there = [(frozenset({BIN}), 3), (frozenset({BIN, LAMP}), 2), (frozenset({LAMP}), 0)]
    assert unclassified((), "", there) == (
        Unclassified(BIN, 5, partly=False),
        Unclassified(LAMP, 2, partly=False),
    )
    assert unclassified((a_dataset(BIN),), "", there) == ()
    assert unclassified((a_dataset(LAMP),), "", there) == (Unclassified(BIN, 3, partly=False),)


@pytest.mark.parametrize("whose", ["", "duiven"])
def test_unclassified_should_count_all_types_and_all_tenants(whose: str) -> None:
    there = [(frozenset({BIN}), 1)]
    assert unclassified((a_dataset(tenant="*"),), whose, there) == ()
    assert bool(unclassified((a_dataset(tenant="duiven"),), whose, there)) is (whose == "")


@pytest.mark.parametrize(
    "members",
    [
        {"scopes": ("/Zwolle",)},
        {"attributes": ("https://example.org/level",)},
        {"sources": ("https://example.org/source",)},
    ],
)
def test_unclassified_should_say_when_a_type_is_covered_in_part(members: dict[str, object]) -> None:
    there = [(frozenset({BIN}), 1)]
    assert unclassified((a_dataset(BIN, **members),), "", there) == (
        Unclassified(BIN, 1, partly=True),
    )


def test_unclassified_should_pass_over_datasets_without_access_rights() -> None:
    undecided = a_dataset(BIN, access_rights=None)
    found = unclassified((undecided,), "", [(frozenset({BIN}), 1)])
    assert found == (Unclassified(BIN, 1, partly=False),)

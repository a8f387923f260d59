import pytest

from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.representation.versions import conform, conformant_version

pytestmark = pytest.mark.clause("4.3.6.8")


def _entity(**attributes: tuple[Attribute, ...]) -> Entity:
    return Entity(
        id="urn:ngsi-ld:Bin:1", types=("urn:t:A", "urn:t:B"), attributes=attributes, scope=("/a",)
    )


def _attribute(kind: AttributeKind, value: str, **members: str) -> Attribute:
    return Attribute(kind=kind, value=value, **members)  # type: ignore[arg-type]  # text members only


def test_conform_should_return_the_same_entity_for_the_newest_version() -> None:
    entity = _entity(a=(_attribute(AttributeKind.JSON_PROPERTY, "x"),))
    assert conform(entity, (1, 9)) is entity


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        (AttributeKind.LANGUAGE_PROPERTY, (1, 3), AttributeKind.PROPERTY),
        (AttributeKind.LANGUAGE_PROPERTY, (1, 4), AttributeKind.LANGUAGE_PROPERTY),
        (AttributeKind.VOCAB_PROPERTY, (1, 7), AttributeKind.PROPERTY),
        (AttributeKind.LIST_RELATIONSHIP, (1, 7), AttributeKind.RELATIONSHIP),
        (AttributeKind.LIST_RELATIONSHIP, (1, 8), AttributeKind.LIST_RELATIONSHIP),
    ],
)
def test_conform_should_reformat_kinds_that_the_version_does_not_know(
    kind: AttributeKind, version: tuple[int, int], expected: AttributeKind
) -> None:
    changed = conform(_entity(a=(_attribute(kind, "x"),)), version)
    assert changed.attributes["a"][0].kind is expected


def test_conform_should_keep_one_type_and_the_default_instance_before_1_3() -> None:
    entity = _entity(
        a=(
            _attribute(AttributeKind.PROPERTY, "other", dataset_id="urn:d:1"),
            _attribute(AttributeKind.PROPERTY, "default", unit_code="MTR"),
        )
    )
    changed = conform(entity, (1, 0))
    assert changed.types == ("urn:t:A",)
    assert changed.scope == ()
    assert [part.value for part in changed.attributes["a"]] == ["default"]
    assert changed.attributes["a"][0].unit_code is None


def test_conformant_version_should_not_promise_more_than_the_node_knows() -> None:
    assert conformant_version("1.10") == (1, 9)
    assert conformant_version("1.5.1") == (1, 5)

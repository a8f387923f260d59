"""What is rendered is read back as the same, in every lossless representation and as stored."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.representation.render import concise, normalized, simplified
from hanze.ngsild.representation.stored import dump, encode, load, load_some

K = AttributeKind
CONTEXT = build_context(
    None, [{"a": "https://example.org/a", "ex": "https://example.org/", "open": "ex:open"}]
)
NAMES = ["https://example.org/a", "https://example.org/b", CORE.expand_name("plain")]
URIS = st.sampled_from(["urn:ngsi-ld:Bin:1", "urn:x:2", "https://example.org/thing"])
MOMENTS = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.25Z"])
POINTS: st.SearchStrategy[Any] = st.sampled_from([{"type": "Point", "coordinates": [6.5, 53.2]}])

SCALARS = st.one_of(
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5).filter(lambda text: text != "urn:ngsi-ld:null"),
)
#: Also names that look like the members of an attribute.
MEMBERS = st.sampled_from(["street", "value", "type", "unitCode", "a", "object", "json", "dataset"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=3),
    max_leaves=6,
)


def with_type_names(value: Any) -> Any:
    """Put a term wherever `type` is: anything else there would not be expanded."""
    if isinstance(value, dict):
        return {
            key: "Thing" if key == "type" else with_type_names(part) for key, part in value.items()
        }
    if isinstance(value, list):
        return [with_type_names(part) for part in value]
    return value


VALUES: dict[AttributeKind, st.SearchStrategy[Any]] = {
    K.PROPERTY: st.one_of(JSON.map(with_type_names).map(CONTEXT.expand_value), POINTS.map(CONTEXT.expand_value)),
    K.GEO_PROPERTY: POINTS,
    K.LANGUAGE_PROPERTY: st.dictionaries(
        st.sampled_from(["nl", "en-GB", "@none"]), st.text(max_size=3) | st.just(["a", "b"]), min_size=1
    ),
    K.VOCAB_PROPERTY: st.sampled_from(["https://example.org/open", ["https://example.org/x", "urn:y:1"]]),
    K.JSON_PROPERTY: JSON | st.just({"x": None, "id": "no uri"}),
    K.LIST_PROPERTY: st.lists(JSON.map(with_type_names).map(CONTEXT.expand_value), max_size=3),
    K.RELATIONSHIP: URIS | st.lists(URIS, min_size=1, max_size=3),
    K.LIST_RELATIONSHIP: st.lists(URIS, max_size=3),
}  # fmt: skip


@st.composite
def attributes(draw: st.DrawFn, depth: int, dataset_id: str | None) -> Attribute:
    kind = draw(st.sampled_from(list(AttributeKind)))
    unit = kind in {K.PROPERTY, K.LIST_PROPERTY}
    target = kind in {K.RELATIONSHIP, K.LIST_RELATIONSHIP}
    terms = ["https://example.org/T", CORE.expand_name("Plain")]
    return Attribute(
        kind=kind,
        value=draw(VALUES[kind]),
        dataset_id=dataset_id,
        observed_at=draw(st.none() | MOMENTS),
        unit_code=draw(st.none() | st.just("CEL")) if unit else None,
        value_type=None if target else draw(st.none() | st.sampled_from(terms)),
        object_type=tuple(draw(st.lists(st.sampled_from(terms), unique=True))) if target else (),
        attributes=draw(members(depth - 1)) if depth else {},
    )


def members(depth: int) -> st.SearchStrategy[dict[str, Instances]]:
    instances = st.lists(
        st.sampled_from([None, "urn:x:1", "urn:x:2"]), min_size=1, max_size=2, unique=True
    ).flatmap(lambda ids: st.tuples(*(attributes(depth, dataset_id) for dataset_id in ids)))
    return st.dictionaries(st.sampled_from(NAMES), instances, max_size=2)


ENTITIES = st.builds(
    Entity,
    id=URIS,
    types=st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple),
    scope=st.lists(st.sampled_from(["/a/b", "c"]), unique=True).map(tuple),
    attributes=members(2),
)


def assert_same(entity: Entity, other: Entity) -> None:
    assert other == entity
    # To Python, 1 == 1.0 == True; as JSON they differ.
    assert repr(other) == repr(entity)


@given(ENTITIES)
@settings(max_examples=60, deadline=None)
@pytest.mark.clause("4.5.2.2")
def test_normalized_should_be_read_back(entity: Entity) -> None:
    assert_same(entity, parse_entity(normalized(entity, CONTEXT), CONTEXT))


@given(ENTITIES)
@settings(max_examples=60, deadline=None)
@pytest.mark.clause("4.5.2.3")
def test_concise_should_be_read_back(entity: Entity) -> None:
    assert_same(entity, parse_entity(concise(entity, CONTEXT), CONTEXT))


@given(ENTITIES)
@settings(max_examples=40, deadline=None)
def test_stored_form_should_be_loaded_again(entity: Entity) -> None:
    tree, body, system = dump(entity, CONTEXT)
    assert tree == normalized(entity, CONTEXT)
    assert body == encode(tree)
    assert system == b""
    assert_same(entity, load(body, system, CONTEXT))


@given(ENTITIES)
@settings(max_examples=40, deadline=None)
def test_some_attributes_should_be_loaded_as_they_are_in_the_whole(entity: Entity) -> None:
    _, body, system = dump(entity, CONTEXT)
    whole = load(body, system, CONTEXT)
    names = frozenset([*entity.attributes][::2])
    some = {name: whole.attributes[name] for name in whole.attributes if name in names}
    assert_same(replace(whole, attributes=some), load_some(body, CONTEXT, names))


@given(ENTITIES)
@settings(max_examples=40, deadline=None)
def test_another_context_should_change_nothing(entity: Entity) -> None:
    other: Context = CORE
    assert_same(entity, parse_entity(normalized(entity, other), other))


@pytest.mark.clause("4.5.2.2")
def test_proofs_and_languages_should_be_read_back() -> None:
    proof = {
        "type": "Property",
        "value": {"type": "DataIntegrityProof", "proofValue": "z3X", "cryptosuite": "eddsa"},
        "entityIdSealed": "urn:ngsi-ld:Store:002",
        "entityTypeSealed": "Store",
    }
    json: Any = {
        "id": "urn:ngsi-ld:Store:002",
        "type": "Store",
        "address": {"type": "Property", "value": "Tiger Street 4", "lang": "en", "ngsildproof": proof},
        "ngsildproof": {**proof, "observedAt": "2026-01-01T00:00:00Z"},
    }  # fmt: skip
    entity = parse_entity(json, CONTEXT)
    assert normalized(entity, CONTEXT) == json
    assert parse_entity(concise(entity, CONTEXT), CONTEXT) == entity
    _, body, system = dump(entity, CONTEXT)
    assert load(body, system, CONTEXT) == entity
    assert simplified(entity, CONTEXT)["ngsildproof"] == proof["value"]


def test_fragments_without_value_should_have_no_representation() -> None:
    entity = Entity(id="urn:x:1", types=("T",), attributes={NAMES[0]: (Attribute(kind=None),)})
    with pytest.raises(TypeError):
        normalized(entity, CONTEXT)


@pytest.mark.parametrize("number", [2**64, -(2**70)])
def test_integers_of_any_size_should_be_stored_as_they_are(number: int) -> None:
    attribute = Attribute(kind=K.PROPERTY, value=number)
    entity = Entity(id="urn:x:1", types=(NAMES[0],), attributes={NAMES[1]: (attribute,)})
    _, body, system = dump(entity, CONTEXT)
    assert str(number).encode() in body
    assert load(body, system, CONTEXT) == entity

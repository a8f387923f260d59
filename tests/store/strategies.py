"""Generated entities and queries from small pools, so that queries often match."""

from typing import Any

import shapely
from hypothesis import strategies as st
from msgspec import structs

from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.access import ID, Access, Among, Part
from hanze.ngsild.query.members import CREATED_AT, DATASET_ID, MODIFIED_AT, OBSERVED_AT, UNIT_CODE
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Direction,
    EntityQuery,
    EntitySelector,
    Exists,
    GeoQuery,
    GeoRelation,
    LinkedPath,
    Match,
    Moment,
    MomentKind,
    Operator,
    Or,
    Ordering,
    OrderTerm,
    Range,
    ScopePattern,
    Share,
    Uri,
    ValuePath,
    Values,
)

NS = "https://uri.etsi.org/ngsi-ld/default-context/"
NOON = "2026-06-01T12:00:00Z"
NOON_US = 1_780_315_200_000_000

IDS = [f"urn:ngsi-ld:Thing:{number}" for number in range(12)]
NAMES = [NS + name for name in ("alpha", "beta", "gamma", "place", "linked")]
TYPES = [NS + name for name in ("Tree", "Bench", "Pond")]
TEXTS = [
    "",
    "a",
    "B",
    "b",
    "é",
    "2026-06-01T12:00:00Z",
    "2026-06-01T12:00:00.000Z",
    "2026-06-01",
    "12:00:00Z",
    "urn:ngsi-ld:Thing:1",
    "URN:ngsi-ld:Thing:1",
    "http://example.org",
    "http://EXAMPLE.org:80/",
]
NUMBERS = [0, -0.0, 1, 1.0, 2.5, -3, 2**53, 2**53 + 1, -(2**53) - 1, 2**70, 1e300, 5e-324]
POSITIONS = [(0.0, 0.0), (0.001, 0.0), (5.0, 52.0), (5.5, 52.5), (179.999, 10.0), (-179.999, 10.0)]

texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)
uris = st.sampled_from([*IDS[:4], "URN:ngsi-ld:Thing:1", "http://example.org"])
moments = st.sampled_from(
    [
        Moment(MomentKind.DATE_TIME, NOON_US),
        Moment(MomentKind.DATE_TIME, NOON_US - 1),
        Moment(MomentKind.DATE, 1_780_272_000_000_000),
        Moment(MomentKind.TIME, 43_200_000_000),
    ]
)
scalars = st.one_of(numbers, texts, st.booleans())
json_values = st.one_of(
    scalars,
    scalars,
    st.lists(scalars, max_size=3),
    st.just({NS + "inner": 1, NS + "other": "a"}),
    st.just({NS + "inner": "b"}),
    texts.map(lambda text: {"@type": "DateTime", "@value": text}),
)
points = st.sampled_from(POSITIONS).map(
    lambda position: {"type": "Point", "coordinates": list(position)}
)
squares = st.sampled_from(POSITIONS[:4]).map(
    lambda at: {
        "type": "Polygon",
        "coordinates": [
            [[at[0] + dx, at[1] + dy] for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        ],
    }
)


def _values(kind: AttributeKind) -> st.SearchStrategy[Any]:
    by_kind: dict[AttributeKind, st.SearchStrategy[Any]] = {
        AttributeKind.PROPERTY: json_values,
        AttributeKind.RELATIONSHIP: st.one_of(uris, st.lists(uris, min_size=2, max_size=3)),
        AttributeKind.GEO_PROPERTY: st.one_of(points, points, squares),
        AttributeKind.LANGUAGE_PROPERTY: st.just({"nl": "a", "en": ["b", "a"]}),
        AttributeKind.VOCAB_PROPERTY: st.sampled_from([NS + "alpha", [NS + "alpha", NS + "beta"]]),
        AttributeKind.JSON_PROPERTY: st.sampled_from([{"inner": 1}, [1, 2], "a", None]),
        AttributeKind.LIST_PROPERTY: st.lists(scalars, max_size=3),
        AttributeKind.LIST_RELATIONSHIP: st.lists(uris, min_size=1, max_size=3),
    }
    return by_kind[kind]


@st.composite
def attributes(draw: st.DrawFn, kind: AttributeKind | None = None, depth: int = 1) -> Attribute:
    if kind is None:
        kind = draw(
            st.one_of(
                st.just(AttributeKind.PROPERTY),
                st.just(AttributeKind.PROPERTY),
                st.sampled_from(AttributeKind),
            )
        )
    measured = kind is AttributeKind.PROPERTY
    inner = {}
    if depth and draw(st.booleans()):
        inner = {NAMES[2]: (draw(attributes(depth=0)),)}
    return Attribute(
        kind=kind,
        value=draw(_values(kind)),
        observed_at=draw(st.sampled_from([None, None, NOON, "2026-06-01T11:59:59Z"])),
        unit_code=draw(st.sampled_from([None, None, "MTR"])) if measured else None,
        expires_at=draw(
            st.sampled_from([None] * 6 + ["2026-06-01T11:00:00Z", "2099-01-01T00:00:00Z"])
        ),
        attributes=inner,
        created_at=NOON,
        modified_at=draw(st.sampled_from([NOON, "2026-06-01T13:00:00Z"])),
    )


@st.composite
def instances(draw: st.DrawFn, name: str) -> tuple[Attribute, ...]:
    kind = {
        NAMES[3]: AttributeKind.GEO_PROPERTY,
        NAMES[4]: AttributeKind.RELATIONSHIP,
    }.get(name)
    first = draw(attributes(kind))
    if draw(st.integers(0, 4)):
        return (first,)
    second = draw(attributes(first.kind))
    return (first, structs.replace(second, dataset_id="urn:ngsi-ld:Dataset:1"))


@st.composite
def entities(draw: st.DrawFn, entity_id: str | None = None) -> Entity:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return Entity(
        id=entity_id or draw(st.sampled_from(IDS)),
        types=tuple(draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True))),
        attributes={name: draw(instances(name)) for name in names},
        scope=tuple(draw(st.lists(st.sampled_from(["/a", "/a/b", "/c"]), max_size=2, unique=True))),
        expires_at=draw(st.sampled_from([None] * 6 + ["2026-06-01T11:00:00Z"])),
        created_at=NOON,
        modified_at=draw(st.sampled_from([NOON, "2026-06-01T13:00:00Z"])),
    )


def _path(names: tuple[str, ...], trailing: tuple[str, ...] = ()) -> ValuePath:
    return ValuePath(names, tuple(NS + name for name in trailing), trailing)


value_paths = st.one_of(
    st.sampled_from(NAMES).map(lambda name: _path((name,))),
    st.sampled_from(
        [
            _path((NAMES[0], NAMES[2])),
            _path((NAMES[1], NAMES[2])),
            _path((NAMES[0], OBSERVED_AT)),
            _path((NAMES[1], UNIT_CODE)),
            _path((NAMES[1], DATASET_ID)),
            _path((NAMES[0], MODIFIED_AT)),
            _path((MODIFIED_AT,)),
            _path((CREATED_AT,)),
            _path((NAMES[0],), ("inner",)),
            _path((NAMES[1],), ("nl",)),
        ]
    ),
)
paths = st.one_of(
    value_paths,
    value_paths,
    value_paths.map(lambda path: LinkedPath(NAMES[4], (), path)),
)
literals = st.one_of(numbers, texts, st.booleans(), moments, uris.map(Uri))
operands = st.one_of(
    literals,
    st.lists(literals, min_size=2, max_size=3).map(lambda items: Values(tuple(items))),
    st.tuples(numbers, numbers).map(lambda ends: Range(*ends)),
    st.tuples(texts, texts).map(lambda ends: Range(*ends)),
    st.tuples(moments, moments).map(lambda ends: Range(*ends)),
)
orders = st.sampled_from(
    [Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL]
)
leaves = st.one_of(
    st.builds(Exists, paths),
    st.builds(Comparison, paths, st.sampled_from([Operator.EQUAL, Operator.UNEQUAL]), operands),
    st.builds(Comparison, paths, orders, literals),
    st.builds(Match, paths, st.sampled_from(["a", "^urn:", "[0-9]+"]), st.booleans()),
)
nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=4,
)
shapes = st.sampled_from(
    [
        shapely.Point(0, 0),
        shapely.Point(5, 52),
        shapely.Point(180, 10),
        shapely.box(4.5, 51.5, 5.2, 52.6),
        shapely.box(-1, -1, 6, 60),
        shapely.LineString([(0, 0), (5, 52)]),
    ]
)
topological = st.builds(
    lambda relation, shape: GeoQuery(relation, shape.wkb, NAMES[3]),
    st.sampled_from([relation for relation in GeoRelation if relation is not GeoRelation.NEAR]),
    shapes,
)
near = st.builds(
    lambda shape, least, most: GeoQuery(
        GeoRelation.NEAR,
        shape.wkb,
        NAMES[3],
        max_distance_m=most,
        min_distance_m=least if most is None else None,
    ),
    shapes,
    st.sampled_from([10.0, 150.0, 1e5]),
    st.sampled_from([None, 1.0, 111.2, 250.0, 1e5, 1e7]),
)
scopes = st.sampled_from(
    [
        ((ScopePattern(("a",)),),),
        ((ScopePattern(("a",), below=True), ScopePattern(("c",))),),
        ((ScopePattern(("a", "+")),), (ScopePattern(("c",)),)),
        ((ScopePattern((), below=True),),),
    ]
)
shares = st.lists(
    st.builds(
        Share,
        st.lists(st.sampled_from(TYPES), max_size=2).map(tuple),
        st.lists(st.sampled_from(["/a", "/a/b", "c", "/d"]), max_size=2).map(tuple),
    ),
    max_size=2,
).map(tuple)
among = st.builds(
    Among,
    st.sampled_from([*NAMES, *NAMES, ID]),
    st.frozensets(st.one_of(texts, uris, st.sampled_from(IDS)), max_size=5),
)
parts = st.builds(
    Part,
    dataset=st.sampled_from(["urn:ngsi-ld:Dataset:x:1", "urn:ngsi-ld:Dataset:x:2"]),
    types=st.lists(st.sampled_from(TYPES), max_size=2).map(tuple),
    scopes=st.sampled_from([(), (), (), ("/a",), ("/a/b", "c")]),
    attributes=st.sampled_from([(), (), (NAMES[0],), (NAMES[1], NAMES[3])]),
    when=st.one_of(st.none(), st.none(), among),
    allowed=st.sampled_from([True, True, False]),
    only=st.one_of(st.none(), st.none(), among),
)
accesses = st.builds(
    Access,
    st.lists(parts, max_size=4).map(tuple),
    st.booleans(),
    st.one_of(st.none(), st.none(), shares),
)
selectors = st.builds(
    EntitySelector,
    st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
    st.one_of(st.none(), st.sampled_from(["Thing:1$", "[2-7]", "x"])),
    st.one_of(
        st.none(),
        st.lists(st.frozensets(st.sampled_from(TYPES), min_size=1), min_size=1).map(tuple),
    ),
)

orderings = st.builds(
    lambda terms, origin: Ordering(tuple(terms), None, origin.wkb),
    st.lists(
        st.one_of(
            st.builds(
                OrderTerm,
                value_paths,
                st.sampled_from([Direction.ASCENDING, Direction.DESCENDING]),
            ),
            st.builds(
                OrderTerm,
                st.just(_path((NAMES[3],))),
                st.sampled_from([Direction.NEAREST, Direction.FARTHEST]),
            ),
        ),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from([shapely.Point(0, 0), shapely.Point(5, 52)]),
)


@st.composite
def queries(draw: st.DrawFn) -> EntityQuery:
    def perhaps(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(strategy) if draw(st.integers(0, 3)) == 0 else None

    return EntityQuery(
        ids=tuple(perhaps(st.lists(st.sampled_from(IDS), min_size=1)) or ()),
        id_pattern=perhaps(st.sampled_from(["Thing:1$", "[2-7]", "x"])),
        types=perhaps(
            st.lists(st.frozensets(st.sampled_from(TYPES), min_size=1), min_size=1).map(tuple)
        ),
        selectors=tuple(perhaps(st.lists(selectors, min_size=1, max_size=3)) or ()),
        attributes=tuple(perhaps(st.lists(st.sampled_from(NAMES), min_size=1)) or ()),
        q=draw(st.one_of(nodes, nodes, st.none())),
        geo=perhaps(st.one_of(topological, near)),
        scope=perhaps(scopes),
        ordering=perhaps(orderings),
        limit=draw(st.sampled_from([0, 1, 3, 100])),
        offset=draw(st.sampled_from([0, 0, 1, 4])),
        count=draw(st.booleans()),
        access=draw(st.one_of(st.none(), accesses)),
    )

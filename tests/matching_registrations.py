"""Random registrations and requests in a small world, so that many of them meet."""

from hypothesis import strategies as st

from hanze.ngsild.context import CORE
from hanze.ngsild.query.tree import EntitySelector
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import EntityInfo, Registration, RegistrationInfo
from hanze.ngsild.registration.operations import GROUPS
from tests.registering import CREATED

__all__ = ["IDS", "NAMES", "TYPES", "infos", "registered_with", "wanted_strategy"]

IDS = ("urn:v:1", "urn:v:2", "urn:w:1")
TYPES = ("A", "B", "C")
NAMES = ("speed", "level", "owner")
PATTERNS = ("^urn:v:", "1$", "urn:w", "^urn:[vw]:2", ".*", "v:1|w:1", "urn:vx*:")

_types = st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True).map(tuple)
_names = st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple)
_by_id = st.builds(EntityInfo, types=_types, id=st.sampled_from(IDS))
_by_pattern = st.builds(EntityInfo, types=_types, id_pattern=st.sampled_from(PATTERNS))
_entities = st.one_of(_by_id, _by_pattern, st.builds(EntityInfo, types=_types))

infos = st.builds(
    RegistrationInfo,
    entities=st.lists(_entities, max_size=3).map(tuple),
    property_names=_names,
    relationship_names=_names,
).filter(lambda info: bool(info.entities or info.names))

_groups = st.lists(
    st.frozensets(st.sampled_from(TYPES), min_size=1, max_size=2), min_size=1, max_size=2
).map(tuple)
_ids = st.lists(st.sampled_from(IDS), max_size=2, unique=True).map(tuple)
_patterns = st.one_of(st.none(), st.sampled_from(PATTERNS))
_selectors = st.builds(EntitySelector, _ids, _patterns, st.one_of(st.none(), _groups))

wanted_strategy = st.builds(
    Wanted,
    ids=_ids,
    id_pattern=_patterns,
    types=st.one_of(st.none(), _groups),
    selectors=st.lists(_selectors, max_size=2).map(tuple),
    names=st.frozensets(st.sampled_from(NAMES), max_size=2),
    held=st.one_of(st.just(frozenset()), st.just(frozenset(TYPES[:2]))),
)


def registered_with(
    information: tuple[RegistrationInfo, ...],
    *,
    number: int = 1,
    datasets: frozenset[str | None] | None = None,
) -> Registration:
    """Make a registration of some information, without its document."""
    return Registration(
        id=f"urn:registration:{number}",
        registered_in="",
        endpoint="http://source.example",
        information=information,
        operations=GROUPS["federationOps"],
        dataset_ids=None if datasets is None else frozenset(datasets),
        context=CORE,
        document={},
        created_at=CREATED,
        modified_at=CREATED,
    )

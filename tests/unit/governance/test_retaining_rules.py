"""What is left of entities when the time of their values is over, for any of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.governance.answering import checked_answers
from hanze.governance.forms import form_of
from hanze.governance.records.activity import Activity
from hanze.governance.records.assessment import AssessmentKind
from hanze.governance.records.dataset import Dataset
from hanze.governance.retaining import by_tenant, faded, terms_of
from hanze.governance.rules import Rules
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.moment import parse_datetime

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW_US = parse_datetime("2026-06-01T12:00:00Z")
TYPE = "https://example.org/Crowd"
DAYS = 30


def _text(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def _instance(days: int, *, timed: bool) -> Attribute:
    moment = _text(days)
    return Attribute(
        kind=AttributeKind.PROPERTY,
        value=1,
        observed_at=moment if timed else None,
        modified_at=moment,
    )


_ages = st.integers(0, 90).filter(lambda days: days != DAYS)
_attributes = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.builds(_instance, _ages, timed=st.booleans()), min_size=1, max_size=3).map(tuple),
)


def _entity(attributes: dict[str, tuple[Attribute, ...]]) -> Entity:
    return Entity(
        id="urn:ngsi-ld:Crowd:1", types=(TYPE,), attributes=attributes, modified_at=_text(45)
    )


def _rules(**members: object) -> Rules:
    said = {"id": "urn:d", "title": {"en": "x"}, "types": (TYPE,), "retention_days": DAYS}
    dataset = Dataset(**{**said, **members})  # type: ignore[arg-type]  # of the struct's types
    return Rules(datasets={dataset.id: dataset})


def _is_old(one: Attribute) -> bool:
    return one.modified_at is not None and parse_datetime(one.modified_at) < NOW_US - DAYS * (
        86_400_000_000
    )


@settings(max_examples=50, deadline=None)
@given(_attributes)
def test_whole_entities_should_lose_what_was_observed_and_go_when_nothing_is_young(
    attributes: dict[str, tuple[Attribute, ...]],
) -> None:
    left = faded(_entity(attributes), terms_of(_rules()), NOW_US)
    every = [one for own in attributes.values() for one in own]
    if all(map(_is_old, every)):
        assert left.entity is None
        return
    assert left.entity is not None
    kept = [one for own in left.entity.attributes.values() for one in own]
    assert kept == [one for one in every if not _is_old(one) or one.observed_at is None]
    assert left.values == len(every) - len(kept)
    again = faded(left.entity, terms_of(_rules()), NOW_US)
    assert (again.entity, again.values) == (left.entity, 0)


@settings(max_examples=50, deadline=None)
@given(_attributes)
def test_named_attributes_should_lose_every_old_value_and_others_none(
    attributes: dict[str, tuple[Attribute, ...]],
) -> None:
    left = faded(_entity(attributes), terms_of(_rules(attributes=("a",))), NOW_US)
    assert left.entity is not None
    for name in ("b", "c"):
        assert left.entity.attributes.get(name) == attributes.get(name)
    young = tuple(one for one in attributes.get("a", ()) if not _is_old(one))
    assert left.entity.attributes.get("a", ()) == young


def test_entities_of_others_should_stay_as_they_are() -> None:
    entity = Entity(id="urn:x", types=("https://example.org/Other",), attributes={})
    assert faded(entity, terms_of(_rules()), NOW_US).entity is entity


def test_shorter_of_two_times_should_count_and_none_keep_for_ever() -> None:
    activity = Activity(
        id="urn:a", title={"en": "x"}, organisation="", purposes=(), retention_days=7
    )
    for members, days in (
        ({"activity": "urn:a"}, [7]),
        ({"activity": "urn:a", "retention_days": None}, [7]),
        ({"activity": "urn:b"}, [DAYS]),
        ({"retention_days": None}, []),
    ):
        rules = _rules(**members)
        found = terms_of(Rules(datasets=rules.datasets, activities={"urn:a": activity}))
        assert [one.days for one in found] == days


def test_terms_should_count_in_their_tenant() -> None:
    terms = (*terms_of(_rules(tenant="")), *terms_of(_rules(tenant="*", id="urn:e")))
    found = by_tenant(terms, ["", "zwolle"])
    assert {tenant: len(own) for tenant, own in found.items()} == {"": 2, "zwolle": 1}
    assert by_tenant((), [""]) == {}


_numbers = [one.number for part in form_of(AssessmentKind.DPIA).sections for one in part.questions]
_keys = st.one_of(
    st.sampled_from(_numbers),
    st.builds("{}[{}]".format, st.sampled_from(_numbers), st.integers(0, 60)),
    st.text(max_size=12),
)
_said = st.lists(
    st.one_of(st.text(max_size=20), st.sampled_from(["yes", "no", "high", "30", "pd:Health"])),
    max_size=3,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(_keys, _said, max_size=3))
def test_answers_that_pass_should_pass_again_as_they_are_kept(given: dict[str, list[str]]) -> None:
    try:
        kept = checked_answers(AssessmentKind.DPIA, given)
    except InvalidInput as error:
        assert error.field is not None
        return
    assert checked_answers(AssessmentKind.DPIA, kept) == kept

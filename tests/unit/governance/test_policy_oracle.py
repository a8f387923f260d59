"""Random agreements are decided as Cedar decides them: another language, another evaluator."""

from collections.abc import Sequence
from typing import Final

import cedarpy
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.governance.grounds import ground_for
from hanze.governance.policy import DATE_TIME, ODRL, PURPOSE
from hanze.governance.purposes import NEVER_NARROWER, broader_than
from hanze.governance.records.agreement import Agreement, Constraint, Revocation, Rule
from hanze.ngsild.moment import format_datetime, parse_datetime
from tests.governing import (
    CARE,
    CARE_DATA,
    CARE_FRAUD,
    FRAUD,
    NOW,
    OTHER,
    OWNER,
    RESEARCH,
    SCIENCE,
    a_caller,
    a_dataset,
    an_agreement,
    both_signed,
    rules_of,
)

_NOW_US: Final = parse_datetime(NOW)
_COMPARISONS: Final = {"lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}

purposes = st.sampled_from([CARE, CARE_FRAUD, FRAUD, RESEARCH, SCIENCE])
several = st.lists(purposes, min_size=1, max_size=2, unique=True).map(tuple)
moments = st.integers(-3, 3).map(lambda offset: format_datetime(_NOW_US + offset))
times = st.builds(
    Constraint,
    left_operand=st.just(DATE_TIME),
    operator=st.sampled_from([ODRL + one for one in _COMPARISONS]),
    right_operand=moments.map(lambda one: (one,)),
)


def for_purposes(*operators: str) -> st.SearchStrategy[Constraint]:
    return st.builds(
        Constraint,
        left_operand=st.just(PURPOSE),
        operator=st.sampled_from([ODRL + one for one in operators]),
        right_operand=several,
    )


permissions = st.builds(
    lambda purpose, time: Rule(action=ODRL + "read", constraints=(purpose, *time)),
    for_purposes("isAnyOf"),
    st.lists(times, max_size=1),
)
prohibitions = st.builds(
    lambda constraints: Rule(action=ODRL + "use", constraints=tuple(constraints)),
    st.lists(for_purposes("isAnyOf", "isNoneOf") | times, max_size=2),
)


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    agreement = an_agreement(
        id=f"urn:ngsi-ld:Agreement:groningen:{draw(st.integers(1, 3))}",
        permissions=tuple(draw(st.lists(permissions, min_size=1, max_size=2))),
        prohibitions=tuple(draw(st.lists(prohibitions, max_size=1))),
        opens_narrower=draw(st.booleans()),
        assignee=draw(st.sampled_from([OTHER, OTHER, "urn:else"])),
    )
    if draw(st.sampled_from([True, True, False])):
        agreement = both_signed(agreement)
    if draw(st.sampled_from([False, False, True])):
        revocation = Revocation(by="someone", at=NOW, reason="Over")
        agreement = msgspec.structs.replace(agreement, revocation=revocation)
    return agreement


def _listed(purposes: Sequence[str]) -> str:
    return "[" + ", ".join(f'Purpose::"{one}"' for one in purposes) + "]"


def _condition(constraint: Constraint, *, narrower: bool, prohibits: bool) -> str:
    operator = constraint.operator.removeprefix(ODRL)
    if constraint.left_operand == DATE_TIME:
        return f"context.now {_COMPARISONS[operator]} {parse_datetime(*constraint.right_operand)}"
    named = _listed(constraint.right_operand)
    exactly = f"{named}.contains(context.purpose)"
    if operator == "isNoneOf":
        return f"!({exactly})"
    if prohibits:
        return f"context.purpose in {named}"
    if narrower:
        return f"({exactly} || (context.purpose in {named} && !context.sensitive))"
    return exactly


def _cedar(agreement: Agreement) -> str:
    """Write an agreement in Cedar; what is unsigned or was revoked says nothing."""
    parties = {one.party for one in agreement.signatures}
    if agreement.revocation is not None or parties != {OWNER, agreement.assignee}:
        return ""
    scope = f'principal == Party::"{agreement.assignee}", action, resource == Data::"{CARE_DATA}"'
    starts, ends = parse_datetime(agreement.valid_from), parse_datetime(agreement.valid_until)
    frame = f"context.now >= {starts} && context.now < {ends}"
    written = []
    for effect, rules in (("permit", agreement.permissions), ("forbid", agreement.prohibitions)):
        for rule in rules:
            conditions = [
                _condition(one, narrower=agreement.opens_narrower, prohibits=effect == "forbid")
                for one in rule.constraints
            ]
            written.append(f"{effect}({scope}) when {{ {' && '.join([frame, *conditions])} }};")
    return "\n".join(written)


#: Purposes, each below those that it is a kind of.
_ENTITIES: Final = [
    {
        "uid": {"type": "Purpose", "id": purpose},
        "attrs": {},
        "parents": [{"type": "Purpose", "id": one} for one in sorted(broader_than(purpose))],
    }
    for purpose in (CARE, CARE_FRAUD, FRAUD, RESEARCH, SCIENCE)
]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(agreements(), max_size=3, unique_by=lambda one: one.id), purposes, st.integers(-4, 4)
)
def test_agreements_should_be_decided_as_cedar_decides_them(
    agreed: list[Agreement], purpose: str, offset: int
) -> None:
    dataset, now_us = a_dataset(), _NOW_US + offset
    ours = ground_for(rules_of(dataset, *agreed), dataset, a_caller(purpose), now_us)
    theirs = cedarpy.is_authorized(
        {
            "principal": f'Party::"{OTHER}"',
            "action": 'Action::"read"',
            "resource": f'Data::"{CARE_DATA}"',
            "context": {
                "purpose": {"__entity": {"type": "Purpose", "id": purpose}},
                "sensitive": purpose in NEVER_NARROWER,
                "now": now_us,
            },
        },
        "\n".join(map(_cedar, agreed)),
        _ENTITIES,
    )
    assert not theirs.diagnostics.errors
    assert ours.allowed is theirs.allowed

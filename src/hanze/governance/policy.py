"""The policies that this node understands: a closed profile of ODRL 2.2 (pure).

What is not in the profile is refused when an agreement is made, never ignored. A permission is for
purposes that it names; a prohibition beats every permission; what nothing permits is denied.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from hanze.errors import InvalidInput, NotSupported
from hanze.governance.purposes import admits, broader_than, purpose_iri
from hanze.governance.records.agreement import Agreement, Constraint, Rule
from hanze.ngsild.moment import parse_date, parse_datetime

__all__ = [
    "ACTIONS",
    "DATE_TIME",
    "DUTIES",
    "ODRL",
    "PURPOSE",
    "PolicyInvalid",
    "PolicyNotSupported",
    "agreed_purposes",
    "check_policy",
    "holds_in_time",
    "is_understood",
    "may_hold_later",
    "moments_of",
    "permission",
    "permits_for",
    "prohibits_for",
    "terms_digest",
]

ODRL: Final = "http://www.w3.org/ns/odrl/2/"

PURPOSE: Final = ODRL + "purpose"
DATE_TIME: Final = ODRL + "dateTime"
_EQ, _NEQ = ODRL + "eq", ODRL + "neq"
_IS_ANY_OF, _IS_NONE_OF = ODRL + "isAnyOf", ODRL + "isNoneOf"
_LT, _LTEQ, _GT, _GTEQ = ODRL + "lt", ODRL + "lteq", ODRL + "gt", ODRL + "gteq"

#: Of operand: the operators that it takes, in permissions and in prohibitions.
_OPERATORS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    # A permission names its purposes: "any but these" would be for purposes nobody thought of.
    PURPOSE: (frozenset({_EQ, _IS_ANY_OF}), frozenset({_EQ, _NEQ, _IS_ANY_OF, _IS_NONE_OF})),
    DATE_TIME: (frozenset({_LT, _LTEQ, _GT, _GTEQ}),) * 2,
}
_COMPARE_WITH_ONE: Final = frozenset({_EQ, _NEQ, _LT, _LTEQ, _GT, _GTEQ})

#: Actions of rules: to read, or to use in whatever way (which includes to read).
ACTIONS: Final = frozenset({ODRL + "read", ODRL + "use"})
#: What a consumer can be bound to: to name the owner, to delete it in the end, to report its use.
DUTIES: Final = frozenset({ODRL + "attribute", ODRL + "delete", ODRL + "inform"})


class PolicyNotSupported(NotSupported):
    """A policy says something that this node cannot keep to (422).

    Attributes:
        field: Path of the member.
        value: What it says.
    """

    def __init__(self, detail: str, *, field: str, value: object = None) -> None:
        super().__init__(detail)
        self.field = field
        self.value = None if value is None else str(value)[:100]
        self.clause = "ODRL 2.2"


class PolicyInvalid(InvalidInput):
    """A policy lacks what every agreement has, or contradicts itself."""


def permission(*purposes: str, duties: tuple[str, ...] = ()) -> Rule:
    """Make the permission to read for some purposes (IRIs)."""
    constraint = Constraint(left_operand=PURPOSE, operator=_IS_ANY_OF, right_operand=purposes)
    return Rule(action=ODRL + "read", constraints=(constraint,), duties=duties)


def agreed_purposes(permissions: tuple[Rule, ...]) -> tuple[str, ...]:
    """Return the purposes that permissions name, in their order, each once."""
    return tuple(
        dict.fromkeys(
            purpose
            for rule in permissions
            for constraint in rule.constraints
            if constraint.left_operand == PURPOSE
            for purpose in constraint.right_operand
        )
    )


def check_policy(agreement: Agreement) -> None:
    """Refuse an agreement that says something that this node cannot keep to.

    Raises:
        PolicyNotSupported: An action, operand, operator or duty is not in the profile.
        PolicyInvalid: It has no target, no other party, no permission or no time, or it names
            purposes that its permissions do not.
        UnknownPurpose: A purpose is none.
    """
    _check_frame(agreement)
    for number, rule in enumerate(agreement.permissions):
        _check_rule(rule, f"permission[{number}]", 0)
        named = [one for one in rule.constraints if one.left_operand == PURPOSE]
        if len(named) != 1:
            raise PolicyNotSupported(
                "A permission must name its purposes in one constraint",
                field=f"permission[{number}].constraint",
            )
    for number, rule in enumerate(agreement.prohibitions):
        _check_rule(rule, f"prohibition[{number}]", 1)
        if rule.duties:
            raise PolicyNotSupported(
                "A prohibition must not have duties", field=f"prohibition[{number}].remedy"
            )
    if set(agreement.purposes) != set(agreed_purposes(agreement.permissions)):
        raise PolicyInvalid("The purposes must be those of the permissions", field="purposes")


def _check_frame(agreement: Agreement) -> None:
    for name in ("targets", "assigner", "assignee", "permissions"):
        if not getattr(agreement, name):
            raise PolicyInvalid(f"An agreement must have {name}", field=name)
    if agreement.assigner == agreement.assignee:
        raise PolicyInvalid("An agreement must be between two parties", field="assignee")
    start = parse_datetime(agreement.valid_from, field="validFrom")
    if parse_datetime(agreement.valid_until, field="validUntil") <= start:
        raise PolicyInvalid("An agreement must end after it begins", field="validUntil")
    if agreement.statute is not None:
        for name in ("article", "authority"):
            if not getattr(agreement.statute, name).strip():
                raise PolicyInvalid(f"A statute must name its {name}", field=f"statute.{name}")
        parse_date(agreement.statute.until, field="statute.until")


def _check_rule(rule: Rule, field: str, kind: int) -> None:
    if rule.action not in ACTIONS:
        raise PolicyNotSupported(
            f"Action {rule.action} is not supported", field=f"{field}.action", value=rule.action
        )
    for duty in rule.duties:
        if duty not in DUTIES:
            raise PolicyNotSupported(
                f"Duty {duty} is not supported", field=f"{field}.duty", value=duty
            )
    for number, constraint in enumerate(rule.constraints):
        _check_constraint(constraint, f"{field}.constraint[{number}]", kind)


def _check_constraint(constraint: Constraint, field: str, kind: int) -> None:
    operators = _OPERATORS.get(constraint.left_operand)
    if operators is None:
        raise PolicyNotSupported(
            f"Operand {constraint.left_operand} is not supported",
            field=f"{field}.leftOperand",
            value=constraint.left_operand,
        )
    if constraint.operator not in operators[kind]:
        raise PolicyNotSupported(
            f"Operator {constraint.operator} is not supported here",
            field=f"{field}.operator",
            value=constraint.operator,
        )
    values = constraint.right_operand
    if not values or (constraint.operator in _COMPARE_WITH_ONE and len(values) > 1):
        raise PolicyInvalid(
            "The operator compares with one value, or with any of some",
            field=f"{field}.rightOperand",
            value=", ".join(values),
        )
    for value in values:
        if constraint.left_operand == DATE_TIME:
            parse_datetime(value, field=f"{field}.rightOperand")
        elif purpose_iri(value, field=f"{field}.rightOperand") != value:
            raise PolicyInvalid(
                "A purpose must be an IRI that is written out", field=f"{field}.rightOperand"
            )


def is_understood(rule: Rule) -> bool:
    """Tell whether a permission says nothing but what is in the profile: else it permits nothing."""
    return rule.action in ACTIONS and all(
        one.left_operand in _OPERATORS and one.operator in _OPERATORS[one.left_operand][0]
        for one in rule.constraints
    )


def permits_for(rule: Rule, purpose: str, *, narrower: bool) -> bool:
    """Tell whether a permission is for a purpose, whenever that may be.

    Args:
        narrower: Whether purposes that are narrower than those it names pass, too (`admits`).
    """
    named = [one.right_operand for one in rule.constraints if one.left_operand == PURPOSE]
    return bool(named) and all(admits(values, purpose, narrower=narrower) for values in named)


def prohibits_for(rule: Rule, purpose: str) -> bool:
    """Tell whether a prohibition is about a purpose, whenever that may be.

    What it prohibits, it prohibits for narrower purposes, too; what it excepts, it excepts exactly.
    """
    meant = broader_than(purpose) | {purpose}
    return all(
        purpose not in one.right_operand
        if one.operator in (_NEQ, _IS_NONE_OF)
        else not meant.isdisjoint(one.right_operand)
        for one in rule.constraints
        if one.left_operand == PURPOSE
    )


def moments_of(rule: Rule) -> tuple[tuple[str, int], ...]:
    """Return what a rule compares the present with: operators and microseconds."""
    return tuple(
        (one.operator, parse_datetime(one.right_operand[0]))
        for one in rule.constraints
        if one.left_operand == DATE_TIME
    )


def holds_in_time(moments: tuple[tuple[str, int], ...], now_us: int) -> bool:
    """Tell whether a rule holds now, as far as time goes."""
    return all(
        (operator == _LT and now_us < moment)
        or (operator == _LTEQ and now_us <= moment)
        or (operator == _GT and now_us > moment)
        or (operator == _GTEQ and now_us >= moment)
        for operator, moment in moments
    )


def may_hold_later(moments: tuple[tuple[str, int], ...], now_us: int) -> bool:
    """Tell whether a rule does not hold only because its time has not come."""
    return holds_in_time(tuple(one for one in moments if one[0] in (_LT, _LTEQ)), now_us)


def terms_digest(agreement: Agreement) -> str:
    """Reckon the SHA-256 of what both parties sign: everything but who signed and what came later.

    Returns:
        Hexadecimal; the same on every node, as members are in one order and times in one form.
    """
    terms = msgspec.to_builtins(
        msgspec.structs.replace(agreement, signatures=(), revocation=None, home="", created_at="")
    )
    return hashlib.sha256(msgspec.json.encode(terms, order="sorted")).hexdigest()

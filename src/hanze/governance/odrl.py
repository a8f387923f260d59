"""Policies as JSON-LD of ODRL 2.2, and back (pure).

What can be read is what `governance.policy` can keep to: any other member, term or context is
refused. A policy is read by its terms alone; no context is fetched, and none may redefine them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hanze.errors import InvalidInput
from hanze.governance.agreeing import is_signed
from hanze.governance.policy import (
    DATE_TIME,
    ODRL,
    PURPOSE,
    PolicyInvalid,
    PolicyNotSupported,
    agreed_purposes,
    check_policy,
)
from hanze.governance.purpose_table import PREFIXES
from hanze.governance.purposes import curie_of, purpose_iri
from hanze.governance.records.agreement import Agreement, Constraint, Rule, Statute
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["PROFILE", "policy_document", "read_policy"]

_HANZE: Final = "https://w3id.org/hanze/ns#"
#: Names the closed profile of `governance.policy`.
PROFILE: Final = _HANZE + "odrl-profile"

_CONTEXT: Final = "http://www.w3.org/ns/odrl.jsonld"
_NAMESPACES: Final[Mapping[str, str]] = {
    "odrl": ODRL,
    "hanze": _HANZE,
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **PREFIXES,
}
_KEYWORDS: Final[Mapping[str, str]] = {"uid": "@id", "id": "@id", "type": "@type"}
#: Members that say nothing about what is agreed.
_TELLING: Final = frozenset({"@context", "dct:title", "dct:description"})
_POLICY: Final = frozenset(
    {
        *("@id", "@type", "odrl:profile", "odrl:conflict", "odrl:target"),
        *("odrl:assigner", "odrl:assignee", "odrl:permission", "odrl:prohibition"),
        *("hanze:version", "hanze:validFrom", "hanze:validUntil"),
        *("hanze:opensNarrower", "hanze:statute"),
    }
)
_KINDS: Final = ("permission", "prohibition")
_STATUTE: Final = frozenset({"hanze:article", "hanze:authority", "hanze:until"})
_RULE: Final = frozenset(
    {
        *("@id", "@type", "odrl:target", "odrl:assigner", "odrl:assignee"),
        *("odrl:action", "odrl:constraint", "odrl:duty"),
    }
)
_DUTY: Final = frozenset({"@id", "@type", "odrl:action"})
_CONSTRAINT: Final = frozenset(
    {"@id", "@type", "odrl:leftOperand", "odrl:operator", "odrl:rightOperand", "odrl:and"}
)

_Members = Mapping[str, JsonValue]


def read_policy(document: JsonObject, *, agreement_id: str | None = None, now: str) -> Agreement:
    """Read an Offer or an Agreement; nobody has signed what is read.

    Args:
        agreement_id: Where the document has no `uid`.
        now: DateTime text: when it is made.

    Raises:
        PolicyNotSupported: It says something that this node cannot keep to.
        PolicyInvalid: It lacks what every agreement has, or contradicts itself.
        InvalidInput: A purpose or a DateTime is none.
    """
    _check_context(document.get("@context", ()))
    members = _members(document, _POLICY, "", kinds=("Agreement", "Offer"))
    for name, allowed in (
        ("odrl:conflict", ("prohibit", "odrl:prohibit", ODRL + "prohibit")),
        ("odrl:profile", (PROFILE, "hanze:odrl-profile")),
    ):
        for text in _texts(members.get(name, ()), name):
            if text not in allowed:
                raise PolicyNotSupported(f"{name} {text} is not supported", field=name, value=text)
    permissions = tuple(_rules(members, "permission"))
    agreement = Agreement(
        id=_named_once(members, "@id", agreement_id),
        version=_version(members.get("hanze:version", 1)),
        targets=_named(members, "odrl:target"),
        assigner=_named_once(members, "odrl:assigner", of_rules=True),
        assignee=_named_once(members, "odrl:assignee", of_rules=True),
        permissions=permissions,
        prohibitions=tuple(_rules(members, "prohibition")),
        purposes=agreed_purposes(permissions),
        opens_narrower=_flag(members.get("hanze:opensNarrower", False)),
        valid_from=_named_once(members, "hanze:validFrom"),
        valid_until=_named_once(members, "hanze:validUntil"),
        statute=_statute(members.get("hanze:statute")),
        created_at=now,
    )
    check_policy(agreement)
    return agreement


def policy_document(agreement: Agreement) -> dict[str, JsonValue]:
    """Write an agreement: an Agreement where both signed, else an Offer.

    Who signed and whether it was revoked are no terms: they are not in it.
    """
    document: dict[str, JsonValue] = {
        "@context": [_CONTEXT, {**_NAMESPACES}],
        "@type": "Agreement" if is_signed(agreement) else "Offer",
        "uid": agreement.id,
        "profile": PROFILE,
        "conflict": "prohibit",
        "assigner": agreement.assigner,
        "assignee": agreement.assignee,
        "target": list(agreement.targets),
        "permission": [_rule_document(rule) for rule in agreement.permissions],
        "hanze:version": agreement.version,
        "hanze:validFrom": agreement.valid_from,
        "hanze:validUntil": agreement.valid_until,
    }
    if agreement.prohibitions:
        document["prohibition"] = [_rule_document(rule) for rule in agreement.prohibitions]
    if agreement.opens_narrower:
        document["hanze:opensNarrower"] = True
    if agreement.statute is not None:
        statute = agreement.statute
        document["hanze:statute"] = {
            "hanze:article": statute.article,
            "hanze:authority": statute.authority,
            "hanze:until": statute.until,
        }
    return document


def _rule_document(rule: Rule) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = {"action": _short(rule.action)}
    if rule.constraints:
        document["constraint"] = [_constraint_document(one) for one in rule.constraints]
    if rule.duties:
        document["duty"] = [{"action": _short(duty)} for duty in rule.duties]
    return document


def _constraint_document(constraint: Constraint) -> dict[str, JsonValue]:
    values: list[JsonValue] = [
        {"@id": curie_of(one)}
        if constraint.left_operand == PURPOSE
        else {"@value": one, "@type": "xsd:dateTime"}
        for one in constraint.right_operand
    ]
    return {
        "leftOperand": _short(constraint.left_operand),
        "operator": _short(constraint.operator),
        "rightOperand": values if len(values) > 1 else values[0],
    }


def _short(iri: str) -> str:
    return iri.removeprefix(ODRL)


def _check_context(context: JsonValue) -> None:
    """Accept ODRL's own context, and prefixes that mean what they mean here."""
    for one in _listed(context):
        if isinstance(one, Mapping):
            known = all(_NAMESPACES.get(prefix) == iri for prefix, iri in one.items())
        else:
            known = one in (_CONTEXT, _CONTEXT.replace("http:", "https:"))
        if not known:
            raise PolicyNotSupported("Other contexts are not read", field="@context", value=one)


def _members(
    value: JsonValue, allowed: frozenset[str], path: str, *, kinds: Sequence[str] = ()
) -> _Members:
    """Write the names of members in one form, and refuse those that are not understood.

    Args:
        kinds: Of which types (ODRL) it may be, where it says one; empty for any.
    """
    if not isinstance(value, Mapping):
        raise PolicyNotSupported("It must be an object", field=path or "policy", value=value)
    found: dict[str, JsonValue] = {}
    for written, member in value.items():
        name = _member_name(written)
        if name in _TELLING:
            continue
        if name not in allowed or name in found:
            raise PolicyNotSupported(
                f"{written[:100]} is not supported here", field=f"{path}{written[:100]}"
            )
        found[name] = member
    for kind in _texts(found.get("@type", ()), f"{path}@type"):
        if kinds and kind.removeprefix(ODRL).removeprefix("odrl:") not in kinds:
            raise PolicyNotSupported(f"{kind[:100]} is not supported here", field=f"{path}@type")
    return found


def _member_name(written: str) -> str:
    if written.startswith("@"):
        return written
    if written in _KEYWORDS:
        return _KEYWORDS[written]
    for prefix, namespace in _NAMESPACES.items():
        if written.startswith(namespace):
            return f"{prefix}:{written.removeprefix(namespace)}"
    return written if ":" in written else f"odrl:{written}"


def _rules(members: _Members, kind: str) -> Iterator[Rule]:
    for number, value in enumerate(_listed(members.get(f"odrl:{kind}", ()))):
        path = f"{kind}[{number}]."
        rule = _members(value, _RULE, path, kinds=(kind.capitalize(),))
        yield Rule(
            action=_term(rule, "odrl:action", path),
            constraints=tuple(_constraints(rule.get("odrl:constraint", ()), path)),
            duties=tuple(
                _term(
                    _members(duty, _DUTY, f"{path}duty.", kinds=("Duty",)),
                    "odrl:action",
                    f"{path}duty.",
                )
                for duty in _listed(rule.get("odrl:duty", ()))
            ),
        )


def _constraints(values: JsonValue, path: str) -> Iterator[Constraint]:
    for number, value in enumerate(_listed(values)):
        here = f"{path}constraint[{number}]."
        members = _members(value, _CONSTRAINT, here, kinds=("Constraint", "LogicalConstraint"))
        if "odrl:and" in members:
            if not members.keys() <= {"@id", "@type", "odrl:and"}:
                raise PolicyNotSupported("`and` stands alone", field=f"{here}and")
            yield from _constraints(members["odrl:and"], here)
            continue
        operand = _term(members, "odrl:leftOperand", here)
        if operand not in (PURPOSE, DATE_TIME):
            # Before its right operand is read: that may be a number, or whatever else it takes.
            raise PolicyNotSupported(
                f"Operand {operand} is not supported", field=f"{here}leftOperand", value=operand
            )
        field = f"{here}rightOperand"
        values_ = _texts(members.get("odrl:rightOperand", ()), field)
        yield Constraint(
            left_operand=operand,
            operator=_term(members, "odrl:operator", here),
            right_operand=tuple(
                purpose_iri(one, field=field) if operand == PURPOSE else one for one in values_
            ),
        )


def _statute(value: JsonValue) -> Statute | None:
    if value is None:
        return None
    members = _members(value, _STATUTE, "statute.")
    article, authority, until = (
        _named_once(members, f"hanze:{name}") for name in ("article", "authority", "until")
    )
    return Statute(article=article, authority=authority, until=until)


def _named(members: _Members, name: str) -> tuple[str, ...]:
    """Collect what a policy and its rules name: rules may repeat it, not each another."""
    own = _texts(members.get(name, ()), name)
    rules = [rule for kind in _KINDS for rule in _listed(members.get(f"odrl:{kind}", ()))]
    of_rules = [_texts(_members(rule, _RULE, "").get(name, ()), name) for rule in rules]
    # A rule that names nobody is for everybody, unless the policy names somebody.
    named = [one or own for one in of_rules] or [own]
    if any(set(one) != set(own or named[0]) for one in named):
        raise PolicyNotSupported(f"All rules must have one {name}", field=name)
    return tuple(dict.fromkeys(own or named[0]))


def _named_once(
    members: _Members, name: str, default: str | None = None, *, of_rules: bool = False
) -> str:
    found = _named(members, name) if of_rules else _texts(members.get(name, ()), name)
    if not found and default is not None:
        return default
    if len(found) != 1:
        raise PolicyInvalid(f"A policy must have one {name}", field=name)
    return found[0]


def _term(members: _Members, name: str, path: str) -> str:
    """Read the one term (IRI) that a member names."""
    field = f"{path}{name.removeprefix('odrl:')}"
    texts = _texts(members.get(name, ()), field)
    if len(texts) != 1:
        raise PolicyNotSupported("It must name one term", field=field, value=", ".join(texts))
    text = texts[0]
    if text.startswith("odrl:"):
        return ODRL + text.removeprefix("odrl:")
    return text if ":" in text else ODRL + text


def _texts(value: JsonValue, field: str) -> tuple[str, ...]:
    """Read the texts and ids of a member: as such, or each in an object that says no more."""
    texts: list[str] = []
    for one in _listed(value):
        said = one
        if isinstance(one, Mapping):
            named = [one[key] for key in ("@id", "uid", "@value") if key in one]
            if len(named) != 1 or not one.keys() <= {"@id", "uid", "@value", "@type"}:
                raise PolicyNotSupported("It must be named by its id", field=field)
            said = named[0]
        if not isinstance(said, str):
            raise InvalidInput("It must be a text", field=field, value=said)
        texts.append(said)
    return tuple(texts)


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    if isinstance(value, Mapping) and value.keys() == {"@list"}:
        value = value["@list"]
    if isinstance(value, str) or not isinstance(value, Sequence):
        return (value,)
    return value


def _version(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidInput("A version must be 1 or more", field="hanze:version", value=value)
    return value


def _flag(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("It must be true or false", field="hanze:opensNarrower", value=value)
    return value

"""The cases of the ODRL Test Suite (SolidLabResearch) that our closed profile covers.

Its policies are for nobody in particular and for any purpose; ours are between two parties, for a
purpose: what a policy leaves open is filled in with what the request says.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import rdflib
from rdflib.term import Node

from hanze.errors import InvalidInput, NotSupported
from hanze.governance.grounds import ground_for
from hanze.governance.odrl import read_policy
from hanze.governance.policy import ACTIONS, ODRL
from hanze.ngsild.model import JsonValue
from hanze.ngsild.moment import parse_datetime
from tests.governing import SCIENCE, a_caller, a_dataset, both_signed, rules_of

SUITE: Final = Path(__file__).resolve().parents[4] / "shared/data/governance/odrl-test-suite/data"

pytestmark = pytest.mark.skipif(not SUITE.exists(), reason=f"{SUITE} is missing")

_ODRL: Final = rdflib.Namespace(ODRL)
_EX: Final = rdflib.Namespace("http://example.org/")
_REPORT: Final = rdflib.Namespace("https://w3id.org/force/compliance-report#")
_ISSUED: Final = rdflib.URIRef("http://purl.org/dc/terms/issued")
_TYPE: Final = rdflib.RDF.type

_PURPOSE: Final[JsonValue] = {"leftOperand": "purpose", "operator": "eq", "rightOperand": SCIENCE}
_NOW: Final = "2000-01-01T00:00:00Z"


class _NotCoveredError(Exception):
    """The profile does not cover a case, for the reason that is told."""


@cache
def _graphs(folder: str) -> dict[Node, rdflib.Graph]:
    """Read the files of a folder, each apart: the same ids mean other things in others."""
    found: dict[Node, rdflib.Graph] = {}
    for file in sorted((SUITE / folder).glob("*.ttl")):
        # Half of the suite's bytes are the constraints of one policy of weekdays, joined by `or`.
        if file.name != "policy-20.ttl":
            graph = rdflib.Graph().parse(file)
            for kind in (_ODRL.Set, _ODRL.Request):
                found.update(dict.fromkeys(graph.subjects(_TYPE, kind), graph))
    return found


def _text(node: Node) -> str:
    """Write a node, DateTimes as NGSI-LD does."""
    return str(node).replace("+00:00", "Z")


@cache
def _moments() -> dict[Node, str]:
    """Say when it is in each state of the world."""
    found: dict[Node, str] = {}
    for file in (SUITE / "sotw").glob("*.ttl"):
        graph = rdflib.Graph().parse(file)
        (world,) = graph.subjects(_TYPE, _EX.Sotw)
        (issued,) = graph.objects(predicate=_ISSUED)
        found[world] = _text(issued)
    return found


def _rules(policy: Node, kind: str) -> list[Node]:
    return sorted(_graphs("policies")[policy].objects(policy, _ODRL[kind]), key=str)


def _one(graph: rdflib.Graph, node: Node, name: str, default: str = "") -> str:
    return str(graph.value(node, _ODRL[name], default=rdflib.Literal(default)))


def _constraint(graph: rdflib.Graph, node: Node) -> JsonValue:
    members: dict[str, JsonValue] = {}
    for name, value in graph.predicate_objects(node):
        term = str(name).removeprefix(ODRL)
        if term in ("and", "or"):
            parts = [_constraint(graph, one) for one in sorted(graph.objects(node, name), key=str)]
            members[term] = parts
        elif str(name).startswith(ODRL):
            members[term] = _text(value)
    return members


def _rule(policies: rdflib.Graph, node: Node, request: Node) -> JsonValue:
    requests = _graphs("requests")[request]
    (requested,) = requests.objects(request, _ODRL.permission)
    constraints = sorted(policies.objects(node, _ODRL.constraint), key=str)
    duties = sorted(policies.objects(node, _ODRL.duty), key=str)
    rule: dict[str, JsonValue] = {
        name: _one(policies, node, name, _one(requests, requested, name))
        for name in ("assignee", "target")
    }
    action = policies.value(node, _ODRL.action)
    if action is not None:
        rule["action"] = str(action)
    rule["constraint"] = [_PURPOSE, *(_constraint(policies, one) for one in constraints)]
    if duties:
        rule["duty"] = [{"action": _one(policies, one, "action")} for one in duties]
    return rule


def _policy(policy: Node, request: Node) -> dict[str, JsonValue]:
    graph = _graphs("policies")[policy]
    permissions = [_rule(graph, one, request) for one in _rules(policy, "permission")]
    prohibitions = [_rule(graph, one, request) for one in _rules(policy, "prohibition")]
    if not permissions:
        # What is only prohibited would be denied anyhow.
        (first,) = prohibitions
        assert isinstance(first, dict)
        permissions = [{**first, "action": "use", "constraint": _PURPOSE}]
    return {
        "@type": "Offer",
        "uid": str(policy),
        "assigner": a_dataset().owner,
        "permission": permissions,
        "prohibition": prohibitions,
        "hanze:validFrom": "2000-01-01T00:00:00Z",
        "hanze:validUntil": "2100-01-01T00:00:00Z",
    }


def _is_collection(name: str) -> bool:
    return name.endswith("Collection")


def _expected(case: rdflib.Graph, *, prohibits_alone: bool) -> bool:
    active = {
        kind: any(
            (report, _REPORT.activationState, _REPORT.Active) in case
            for report in case.subjects(_TYPE, _REPORT[f"{kind}Report"])
        )
        for kind in ("Permission", "Prohibition")
    }
    return (prohibits_alone or active["Permission"]) and not active["Prohibition"]


def _case(number: int) -> rdflib.Graph:
    (file,) = (SUITE / "test_cases").glob(f"testcase-{number:03}-*.ttl")
    return rdflib.Graph().parse(file)


def _of_case(case: rdflib.Graph) -> Iterator[Node]:
    (subject,) = case.subjects(_TYPE, _EX.TestCase)
    for name in ("policy", "request", "sotw"):
        found = case.value(subject, _EX[name])
        assert found is not None
        yield found


def _allowed(number: int) -> tuple[bool, bool]:
    """Evaluate a case.

    Returns:
        Whether we allow it, and whether the suite does.

    Raises:
        _NotCoveredError: The profile does not cover it.
    """
    case = _case(number)
    policy, request, world = _of_case(case)
    if policy not in _graphs("policies"):
        raise _NotCoveredError("constraints joined by `or`")
    requests = _graphs("requests")[request]
    (requested,) = requests.objects(request, _ODRL.permission)
    party, action, target = (
        _one(requests, requested, name) for name in ("assignee", "action", "target")
    )
    kinds = {kind: _rules(policy, kind) for kind in ("permission", "prohibition")}
    if action not in ACTIONS:
        raise _NotCoveredError(f"{action} is not decided here")
    try:
        agreement = read_policy(_policy(policy, request), now=_NOW)
    except (NotSupported, InvalidInput) as refused:
        raise _NotCoveredError(f"refused: {refused}") from refused
    if _is_collection(agreement.assignee) or any(map(_is_collection, agreement.targets)):
        raise _NotCoveredError("collections are no parties and no datasets")
    if not kinds["permission"] and agreement.assignee != party:
        raise _NotCoveredError("a prohibition of somebody else")
    dataset = a_dataset(id=target)
    rules = rules_of(dataset, both_signed(agreement, now=_NOW))
    caller = a_caller(SCIENCE, organisation=party)
    ground = ground_for(rules, dataset, caller, parse_datetime(_moments()[world]))
    return ground.allowed, _expected(case, prohibits_alone=not kinds["permission"])


def test_our_profile_should_decide_as_the_suite_does_wherever_it_covers_it() -> None:
    covered = []
    for number in range(1, 69):
        try:
            ours, theirs = _allowed(number)
        except _NotCoveredError:
            continue
        assert ours is theirs, f"case {number}"
        covered.append(number)
    assert len(covered) == 27

"""Alerts and proposals as NGSI-LD entities (Smart Data Models, dataModel.Alert; own terms)."""

from collections.abc import Mapping, Sequence
from typing import Final

from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.scenarios import Scenario
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.vocabulary import HANZE

__all__ = ["ALERT", "PROPOSAL", "alert", "decided", "ended", "proposal", "severity_of"]

ALERT: Final = HANZE.expand_name("Alert")
PROPOSAL: Final = HANZE.expand_name("LightScenarioProposal")

#: By how many usual deviations: the severities of Smart Data Models' Alert.
_SEVERITIES: Final = ((20.0, "high"), (10.0, "medium"))


def severity_of(score: float) -> str:
    """Grade a deviation by its size: it says how unusual, not how bad."""
    return next((name for least, name in _SEVERITIES if abs(score) >= least), "low")


def alert(
    alert_id: str,
    *,
    source: str,
    attributes: Sequence[str],
    title: Mapping[str, str],
    description: Mapping[str, str],
    verdict: Verdict,
    judged: Assessment,
    severity: str,
    since_us: int,
    unit: str | None,
    location: Instances | None,
    now: str,
) -> Entity:
    """Make the Alert that a persistent deviation leads to.

    Args:
        source: Id of the entity that it is about.
        attributes: Terms of the attributes that deviate.
        judged: The latest period; of several attributes together it has a score and no value, of
            few people neither.
        severity: How unusual it is: of `severity_of`.
        since_us: The start of the first period of the deviation.
        location: Of the entity that it is about.
    """
    found: dict[str, Instances] = {
        "name": _texts(title),
        "description": _texts(description),
        "subCategory": _property(f"{verdict.value}-than-usual"),
        "severity": _property(severity),
        "alertSource": (Attribute(kind=AttributeKind.RELATIONSHIP, value=source),),
        "controlledProperty": _property(list(attributes)),
        "dateIssued": _moment(now),
        "validFrom": _moment(format_datetime(since_us)),
    }
    if judged.score is not None:
        found["deviation"] = _property(round(judged.score, 2))
    if judged.value is not None and judged.expected is not None:
        observed_at = format_datetime(judged.start_us)
        found["measuredValue"] = _property(judged.value, unit, observed_at)
        found["expectedValue"] = _property(judged.expected.value, unit, observed_at)
    return _entity(alert_id, ALERT, found, location)


def ended(now: str) -> dict[str, Instances]:
    """Return what is added to an alert when it is over."""
    return {HANZE.expand_name("validTo"): _moment(now)}


def proposal(
    proposal_id: str,
    *,
    place: str,
    scenario: Scenario,
    description: Mapping[str, str],
    reasons: Mapping[str, str],
    location: Instances | None,
    now: str,
) -> Entity:
    """Make the proposal of a light scenario: a person confirms it or not."""
    found: dict[str, Instances] = {
        "description": _texts(description),
        "reasons": _texts(reasons),
        "scenario": _property(scenario.value),
        "refersTo": (Attribute(kind=AttributeKind.RELATIONSHIP, value=place),),
        "proposalStatus": _property("proposed"),
        "dateIssued": _moment(now),
    }
    return _entity(proposal_id, PROPOSAL, found, location)


def decided(status: str, by: str, now: str) -> dict[str, Instances]:
    """Return what changes in a proposal that was confirmed, declined or has lapsed."""
    found = {
        "proposalStatus": _property(status),
        "decidedBy": _property(by),
        "decidedAt": _moment(now),
    }
    return {HANZE.expand_name(term): instances for term, instances in found.items()}


def _entity(
    entity_id: str, kind: str, found: Mapping[str, Instances], location: Instances | None
) -> Entity:
    attributes = {HANZE.expand_name(term): instances for term, instances in found.items()}
    if location is not None:
        attributes[HANZE.expand_name("location")] = location
    return Entity(id=entity_id, types=(kind,), attributes=attributes)


def _property(
    value: JsonValue, unit: str | None = None, observed_at: str | None = None
) -> Instances:
    return (
        Attribute(
            kind=AttributeKind.PROPERTY, value=value, unit_code=unit, observed_at=observed_at
        ),
    )


def _moment(text: str) -> Instances:
    return _property({"@type": "DateTime", "@value": text})


def _texts(texts: Mapping[str, str]) -> Instances:
    return (Attribute(kind=AttributeKind.LANGUAGE_PROPERTY, value=dict(texts)),)

"""`/api/v1/governance/emergency` and `criticality`: what comes first in an emergency."""

from typing import Final

from starlette.responses import Response

from hanze.errors import InvalidInput
from hanze.governance.records.emergency import Criticality, CriticalityKind, Emergency, Level
from hanze.governance.securing.emergencies import NoEmergency
from hanze.governance.securing.services import DEFAULTS, Service
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known

__all__ = ["ROUTES"]


class EmergencyList(Answer, frozen=True):
    """Emergencies, the last first."""

    emergencies: tuple[Emergency, ...]


class NewEmergency(Taken, frozen=True, kw_only=True):
    """An emergency to be declared.

    Attributes:
        why: What happened; everybody may read it.
        hours: After which it ends by itself.
    """

    why: str
    hours: float


class Usual(Answer, frozen=True):
    """How much hangs on a service where nobody decided otherwise."""

    service: str
    level: Level


class CriticalityList(Answer, frozen=True):
    """What was decided about levels, and what counts for services otherwise."""

    levels: tuple[Criticality, ...]
    usual: tuple[Usual, ...]


class NewLevel(Taken, frozen=True):
    """How much hangs on something: "vital", "normal" or "low"."""

    level: Level


async def show(ask: Ask) -> Emergency:
    """Show the emergency that there is; 404 where there is none."""
    found = ask.node.security.emergencies.current(ask.caller, now=ask.now)
    if found is None:
        raise NoEmergency
    return found


async def list_emergencies(ask: Ask) -> EmergencyList:
    """List all emergencies that were declared, the last first."""
    require_known(ask.caller)
    return EmergencyList(emergencies=ask.node.security.emergencies.listed(ask.caller))


async def declare(ask: Ask) -> Response:
    """Declare an emergency: what is of the lowest level is not answered until it ends."""
    require_known(ask.caller)
    given = await ask.body(NewEmergency)
    made = await ask.node.security.emergencies.declare(
        ask.caller, given.why, given.hours, now=ask.now
    )
    return json_of(made, 201)


async def end(ask: Ask) -> Emergency:
    """End the emergency before its time."""
    require_known(ask.caller)
    return await ask.node.security.emergencies.end(ask.caller, now=ask.now)


async def list_levels(ask: Ask) -> CriticalityList:
    """List how much hangs on credentials, organisations, sources and services."""
    require_known(ask.caller)
    return CriticalityList(
        levels=ask.node.security.emergencies.levels(ask.caller),
        usual=tuple(
            Usual(service=one.value, level=level)
            for one, level in DEFAULTS.items()
            if one is not Service.DOOR
        ),
    )


async def decide(ask: Ask) -> Criticality:
    """Say how much hangs on a credential, an organisation, a source or a service."""
    require_known(ask.caller)
    given = await ask.body(NewLevel)
    return await ask.node.security.emergencies.decide(
        ask.caller, _kind(ask), ask.path("key"), given.level, now=ask.now
    )


async def forget(ask: Ask) -> Criticality:
    """Let the usual level count again."""
    require_known(ask.caller)
    return await ask.node.security.emergencies.forget(
        ask.caller, _kind(ask), ask.path("key"), now=ask.now
    )


def _kind(ask: Ask) -> CriticalityKind:
    given = ask.path("kind")
    try:
        return CriticalityKind(given)
    except ValueError as error:
        known = ", ".join(one.value for one in CriticalityKind)
        raise InvalidInput(f"A level is of one of {known}", field="kind", value=given) from error


_EMERGENCY: Final = "/governance/emergency"
_LEVELS: Final = "/governance/criticality"
_LEVEL: Final = _LEVELS + "/{kind}/{key:path}"

ROUTES = (
    ApiRoute("GET", "/governance/emergencies", list_emergencies, EmergencyList),
    ApiRoute("GET", _EMERGENCY, show, Emergency),
    ApiRoute("POST", _EMERGENCY, declare, Emergency, body=NewEmergency, status=201),
    ApiRoute("DELETE", _EMERGENCY, end, Emergency),
    ApiRoute("GET", _LEVELS, list_levels, CriticalityList),
    ApiRoute("PUT", _LEVEL, decide, Criticality, body=NewLevel),
    ApiRoute("DELETE", _LEVEL, forget, Criticality),
)

"""`/access/v1`: may somebody use something? (OpenID AuthZEN Authorization API 1.0)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hanze.broker.gate import readable
from hanze.errors import InvalidInput
from hanze.governance.evaluating import Question, evaluate, is_about, subject_of
from hanze.identity.caller import ANONYMOUS
from hanze.ngsild.context import CORE
from hanze.node.node import Node
from hanze.web.api.frame import ApiRoute, Ask
from hanze.web.guarding import count_guess, slow_guessing

__all__ = ["CONFIGURATION_PATH", "ROUTES", "configuration_route"]

CONFIGURATION_PATH: Final = "/.well-known/authzen-configuration"
_ROOT: Final = "/access/v1"
_MOST: Final = 100

_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_Properties = dict[str, Any]  # whatever JSON the caller knows of


class AccessSubject(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to do something.

    Attributes:
        type: "client", "user", "organisation", ...
        id: Name of the actor, or id of the organisation.
        properties: `organisation`, its id, where the subject is somebody of it; others are not read.
    """

    type: _Text
    id: _Text
    properties: _Properties = {}


class AccessAction(msgspec.Struct, frozen=True, kw_only=True):
    """What it wants to do: `name` is read, query, count, subscribe, notify or export."""

    name: _Text
    properties: _Properties = {}


class AccessResource(msgspec.Struct, frozen=True, kw_only=True):
    """What it wants to use.

    Attributes:
        type: "dataset", "entity" or "type".
        id: Id of the dataset or the entity; term or IRI of the type.
        properties: `attributes`, terms or IRIs, where these are to be used; others are not read.
    """

    type: _Text
    id: _Text
    properties: _Properties = {}


class AccessContext(msgspec.Struct, frozen=True, kw_only=True):
    """What it is for.

    Attributes:
        purpose: IRI, or a name with a prefix of DPV.
        processing_activity_id: Id of an entry in the register of processing activities.
    """

    purpose: _Text | None = None
    processing_activity_id: _Text | None = None


class AccessQuestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """May this subject do this with that?"""

    subject: AccessSubject
    action: AccessAction
    resource: AccessResource
    context: AccessContext = AccessContext()


class AccessPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question; what it leaves out is said for all."""

    subject: AccessSubject | None = None
    action: AccessAction | None = None
    resource: AccessResource | None = None
    context: AccessContext | None = None


class AccessOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Whether questions after one that decides are answered."""

    evaluations_semantic: Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] = (
        "execute_all"
    )


class AccessQuestions(AccessPart, frozen=True, kw_only=True, omit_defaults=True):
    """Several questions, and what they have in common."""

    evaluations: Annotated[tuple[AccessPart, ...], Meta(max_length=_MOST)] = ()
    options: AccessOptions = AccessOptions()


class AccessGround(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why not.

    Attributes:
        reason: Code, as in problems.
        detail: A sentence.
        datasets: Ids of the datasets that decided.
    """

    reason: str
    detail: str
    datasets: tuple[str, ...] = ()


class AccessDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether it may."""

    decision: bool
    context: AccessGround | None = None


class AccessDecisions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether it may, in the order of the questions; of a single one as that is answered."""

    decision: bool | None = None
    context: AccessGround | None = None
    evaluations: tuple[AccessDecision, ...] = ()


async def decide(ask: Ask) -> Response:
    """Say whether a subject may use something; for others than itself only who has to know asks."""
    return _answer(ask, _decided(ask, await ask.body(AccessQuestion, most_kb=64)))


async def decide_several(ask: Ask) -> Response:
    """Answer several such questions; without `evaluations` it is one."""
    asked = await ask.body(AccessQuestions, most_kb=256)
    if not asked.evaluations:
        return _answer(ask, _decided(ask, _whole(asked, AccessPart(), "")))
    semantic = asked.options.evaluations_semantic
    return _answer(ask, AccessDecisions(evaluations=tuple(_in_turn(ask, asked, semantic))))


ROUTES: Final = (
    ApiRoute(
        "POST",
        "/evaluation",
        decide,
        AccessDecision,
        body=AccessQuestion,
        root=_ROOT,
    ),
    ApiRoute(
        "POST",
        "/evaluations",
        decide_several,
        AccessDecisions,
        body=AccessQuestions,
        root=_ROOT,
    ),
)


def configuration_route(node: Node) -> Route:
    """Give the route that says where decisions are asked for (AuthZEN 1.0, section 9)."""

    async def configuration(request: Request) -> Response:
        base = (node.settings.server.base_url or str(request.base_url)).rstrip("/")
        return JSONResponse(
            {
                "policy_decision_point": base,
                "access_evaluation_endpoint": f"{base}{_ROOT}/evaluation",
                "access_evaluations_endpoint": f"{base}{_ROOT}/evaluations",
            },
            headers={"access-control-allow-origin": "*"},
        )

    return Route(CONFIGURATION_PATH, configuration)


def _in_turn(ask: Ask, asked: AccessQuestions, semantic: str) -> Iterator[AccessDecision]:
    for number, part in enumerate(asked.evaluations):
        found = _decided(ask, _whole(asked, part, f"evaluations[{number}]."))
        yield found
        if semantic == ("permit_on_first_permit" if found.decision else "deny_on_first_deny"):
            return


def _whole(of_all: AccessPart, part: AccessPart, field: str) -> AccessQuestion:
    subject, action = part.subject or of_all.subject, part.action or of_all.action
    resource = part.resource or of_all.resource
    if subject is None or action is None or resource is None:
        missing = "subject" if subject is None else "action" if action is None else "resource"
        raise InvalidInput(f"A question must have {missing}", field=f"{field}{missing}")
    context = part.context or of_all.context or AccessContext()
    return AccessQuestion(subject=subject, action=action, resource=resource, context=context)


def _decided(ask: Ask, asked: AccessQuestion) -> AccessDecision:
    """Decide, and have strangers who are refused again and again wait: each answer is logged.

    Raises:
        TooOften: They were.
    """
    is_stranger = ask.caller.actor == ANONYMOUS.actor
    if is_stranger:
        slow_guessing(ask.node, ask.request.scope)
    found = _decision(ask, asked)
    if is_stranger and not found.decision:
        count_guess(ask.node, ask.request.scope)
    return found


def _decision(ask: Ask, asked: AccessQuestion) -> AccessDecision:
    store, question = ask.node.store, _question(asked)
    evaluated = evaluate(ask.node.governance.rules, ask.caller, question, now=ask.now)
    if evaluated.record is not None:
        store.log.stage((evaluated.record,))
    refusal = evaluated.refusal
    if refusal is None and question.kind == "entity" and is_about(question, ask.caller):
        # Of those who ask for themselves it is known what they may read of this very entity.
        subject = subject_of(question, ask.caller)
        if readable(store, subject, question.resource, now=ask.now) is None:
            refusal = store.gate.absence(
                subject, question.resource, ask.now, action=f"evaluate:{question.action}"
            )
    if refusal is None:
        return AccessDecision(decision=True)
    ground = AccessGround(
        reason=refusal.reason.value, detail=str(refusal), datasets=refusal.datasets
    )
    return AccessDecision(decision=False, context=ground)


def _question(asked: AccessQuestion) -> Question:
    named = asked.resource.properties.get("attributes", [])
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise InvalidInput("It must be a list of names", field="resource.properties.attributes")
    kind, resource = asked.resource.type, asked.resource.id
    return Question(
        subject=asked.subject.id,
        organisation=_text(asked.subject.properties, "organisation", "subject.properties"),
        action=asked.action.name,
        kind=kind,
        resource=CORE.expand_name(resource) if kind == "type" else resource,
        attributes=tuple(CORE.expand_name(one) for one in named[:_MOST]),
        purpose=asked.context.purpose,
        activity=asked.context.processing_activity_id,
    )


def _text(properties: Mapping[str, Any], name: str, field: str) -> str | None:
    value = properties.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidInput("It must be a text", field=f"{field}.{name}", value=value)
    return value


def _answer(ask: Ask, found: AccessDecision | AccessDecisions) -> Response:
    response = Response(msgspec.json.encode(found), media_type="application/json")
    request_id = ask.request.headers.get("x-request-id")
    if request_id is not None:
        response.headers["x-request-id"] = request_id[:200]
    return response

"""`/api/v1/governance/datasets`: which data belong together, whose they are, who may read them."""

from typing import Annotated, Final

from msgspec import Meta
from starlette.responses import Response

from hanze.errors import InvalidInput
from hanze.governance.duties import require_duty
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.stewarding.classes import ALL_TYPES, Decision, Named, Said, unclassified
from hanze.governance.stewarding.datasets import Datasets
from hanze.identity.roles import AUDITOR, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD
from hanze.ngsild.context import CORE
from hanze.ngsild.vocabulary import HANZE
from hanze.web.api.frame import Answer, ApiRoute, Ask, json_of
from hanze.web.caller import require_known
from hanze.web.negotiation import context_link

__all__ = ["ROUTES"]

#: Records are read by people.
_MOST_KB: Final = 512

_Name = Annotated[str, Meta(min_length=1, max_length=500)]


class Classifying(Said, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Types, and who may read what is of them.

    Attributes:
        types: Terms of Hanze's @context and of the standard's, or of the one that the Link header
            names; or IRIs; "*" for all types.
    """

    types: Annotated[tuple[_Name, ...], Meta(min_length=1, max_length=200)]


class DatasetGiven(Dataset, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A dataset as it is to be; its id is in the path."""

    id: str = ""
    non_publication: Decision | None = None


class DatasetTold(Dataset, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A dataset, with what follows from it today.

    Attributes:
        review_overdue: Whether the decision that it is closed should have been reviewed.
    """

    review_overdue: bool = False


class DatasetList(Answer, frozen=True):
    """Datasets by their ids."""

    datasets: tuple[DatasetTold, ...]


class UnclassifiedType(Answer, frozen=True):
    """A type that is closed to everybody because nobody decided about it.

    Attributes:
        type: IRI.
        name: Term of Hanze's @context or the standard's, or the IRI.
        entities: How many there are.
        partly: Whether datasets cover some of them, or some of their attributes.
    """

    type: str
    name: str
    entities: int
    partly: bool


class UnclassifiedList(Answer, frozen=True):
    """Types by their IRIs."""

    types: tuple[UnclassifiedType, ...]


async def classify(ask: Ask) -> DatasetList:
    """Say of types who may read what is of them: a dataset for each."""
    require_known(ask.caller)
    require_duty(ask.caller, STEWARD)
    asked = await ask.body(Classifying, most_kb=_MOST_KB)
    named = [await _named(ask, name) for name in dict.fromkeys(asked.types)]
    made = await Datasets(ask.node.governance).classify(ask.caller, named, asked, now=ask.now)
    return _told(made, ask.now)


async def list_unclassified(ask: Ask) -> UnclassifiedList:
    """List the types of the tenant that are closed because nobody decided about them."""
    require_known(ask.caller)
    require_duty(ask.caller, STEWARD, OWNER, OPERATOR, SECURITY_OFFICER, AUDITOR)
    tenant = ask.caller.tenant
    there = ((part.types, part.count) for part in ask.node.store.summary(tenant))
    found = unclassified(ask.node.governance.rules.datasets.values(), tenant, there)
    return UnclassifiedList(
        types=tuple(
            UnclassifiedType(
                type=one.type,
                name=_term(one.type),
                entities=one.entities,
                partly=one.partly,
            )
            for one in found
        )
    )


async def list_datasets(ask: Ask) -> DatasetList:
    """List the datasets: those that nobody may read yet are told to who works with them."""
    return _told(Datasets(ask.node.governance).listed(ask.caller), ask.now)


async def show(ask: Ask) -> DatasetTold:
    """Show a dataset: who may read it, under which licence and conditions, or why it is closed."""
    return _one(Datasets(ask.node.governance).shown(ask.caller, ask.path("id")), ask.now)


async def put(ask: Ask) -> Response:
    """Make a dataset, or change the whole of one."""
    require_known(ask.caller)
    require_duty(ask.caller, STEWARD)
    given = await ask.body(DatasetGiven, most_kb=_MOST_KB)
    dataset_id = ask.path("id")
    if given.id not in ("", dataset_id):
        raise InvalidInput("The body names another dataset than the path", field="id")
    members = {field: getattr(given, field) for field in Dataset.__struct_fields__}
    tenant = given.tenant or ask.caller.tenant
    dataset = Dataset(**(members | {"id": dataset_id, "tenant": tenant}))
    is_new = dataset_id not in ask.node.governance.rules.datasets
    kept = await Datasets(ask.node.governance).put(ask.caller, dataset, now=ask.now)
    return json_of(_one(kept, ask.now), 201 if is_new else 200)


async def remove(ask: Ask) -> Response:
    """Take a dataset away: what no other one covers is closed from then on."""
    require_known(ask.caller)
    await Datasets(ask.node.governance).remove(ask.caller, ask.path("id"), now=ask.now)
    return Response(status_code=204)


async def _named(ask: Ask, name: str) -> Named:
    """Find out which types a name means.

    Without an @context of its own, a term means the type of Hanze's and that of the standard's:
    entities that were written without a Link header have the second.
    """
    if name == ALL_TYPES:
        return Named(name, ())
    link = context_link(", ".join(ask.request.headers.getlist("link")).encode("latin-1") or None)
    contexts = (HANZE, CORE) if link is None else (await ask.node.contexts.resolve(link),)
    return Named(name, tuple(dict.fromkeys(one.expand_name(name) for one in contexts)))


def _term(iri: str) -> str:
    """Shorten the IRI of a type to what `classify` takes."""
    name = HANZE.compact_name(iri)
    return CORE.compact_name(iri) if name == iri else name


def _told(datasets: tuple[Dataset, ...], now: str) -> DatasetList:
    return DatasetList(datasets=tuple(_one(one, now) for one in datasets))


def _one(dataset: Dataset, now: str) -> DatasetTold:
    members = {field: getattr(dataset, field) for field in Dataset.__struct_fields__}
    decision = dataset.non_publication
    closed = dataset.access_rights not in (None, AccessRights.PUBLIC)
    overdue = closed and decision is not None and decision.review_at < now[:10]
    return DatasetTold(**members, review_overdue=overdue)


_ROOT: Final = "/governance"

ROUTES = (
    ApiRoute("POST", _ROOT + "/classification", classify, DatasetList, body=Classifying),
    ApiRoute("GET", _ROOT + "/unclassified", list_unclassified, UnclassifiedList),
    ApiRoute("GET", _ROOT + "/datasets", list_datasets, DatasetList),
    ApiRoute("GET", _ROOT + "/datasets/{id:path}", show, DatasetTold),
    ApiRoute("PUT", _ROOT + "/datasets/{id:path}", put, DatasetTold, body=DatasetGiven),
    ApiRoute("DELETE", _ROOT + "/datasets/{id:path}", remove, status=204),
)

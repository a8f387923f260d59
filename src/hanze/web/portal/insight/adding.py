"""The form with which a watch is added, and how what it holds is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import msgspec
from starlette.responses import RedirectResponse, Response

from hanze.errors import InvalidInput
from hanze.insight.watches import Member, Role, Watch
from hanze.ngsild.model import Attribute
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit

__all__ = ["adding_page", "read_watch", "show"]

#: So many attributes a form takes; the API and the command line take more.
_MEMBERS: Final = 5
_PERIODS: Final = (5, 10, 15, 20, 30, 60)
_PERSIST: Final = (30, 60, 120, 180, 360, 720)
_ROLES: Final[tuple[str, ...]] = get_args(Role)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST: Final = 2_048
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class MemberFields:
    """An attribute in the form, as it was typed."""

    number: int
    entity: str
    attribute: str
    role: str


async def show(visit: Visit) -> Response:
    """Ask what is to be watched; an attribute may stand in the address already."""
    if not visit.may_write:
        back = f"/{visit.language.code}/insight/add"
        return RedirectResponse(f"/{visit.language.code}/sign-in?next={back}", status_code=303)
    asked = visit.request.query_params
    first = {"entity-1": [asked.get("id", "")], "attribute-1": [asked.get("attribute", "")]}
    return adding_page(visit, given=Given(first))


def adding_page(
    visit: Visit,
    *,
    given: Given,
    mistakes: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Show the form, with what was filled in and what is wrong with it.

    Args:
        mistakes: By name of the field what it is, as the template names it; "" is the whole form.
    """
    members = [_typed(given, number) for number in range(1, _MEMBERS + 1)]
    return visit.page(
        "insight/add.html",
        status=status,
        given=given,
        members=members,
        more=any(one.entity or one.attribute for one in members[1:]),
        roles=_ROLES,
        periods=_PERIODS,
        period=given.text("period") or "30",
        lasting=_PERSIST,
        persist=given.text("persist") or "180",
        mistakes=mistakes or {},
        simulated=False,
    )


async def read_watch(visit: Visit, given: Given) -> tuple[Watch | None, Mapping[str, str]]:
    """Read a watch from the form; else say what is wrong, by field."""
    mistakes: dict[str, str] = {}
    if not _NAME.fullmatch(given.text("name")):
        mistakes["name"] = "name" if given.text("name") else "needed"
    typed = [_typed(given, number) for number in range(1, _MEMBERS + 1)]
    filled = [one for one in typed if one.entity or one.attribute]
    if not filled:
        mistakes["entity-1"] = "needed"
    members: list[Member] = []
    for one in filled:
        member = await _member(visit, one, members, mistakes)
        if member is not None:
            members.append(member)
    if mistakes:
        return None, mistakes
    body = {
        "name": given.text("name"),
        "title": given.text("title")[:_LONGEST_TITLE],
        "place": given.text("place"),
        "tenant": visit.caller.tenant,
        "members": members,
        "periodMinutes": _number(given, "period"),
        "persistMinutes": _number(given, "persist"),
        "scenarios": given.text("scenarios") == "yes",
    }
    try:
        return msgspec.convert(body, Watch), {}
    except msgspec.ValidationError:
        # Only who sends something else than this form gets here.
        return None, {"": "other"}


async def _member(
    visit: Visit, one: MemberFields, before: Sequence[Member], mistakes: dict[str, str]
) -> Member | None:
    """Read an attribute, and see whether there is a number to look at."""
    for name, text in (("entity", one.entity), ("attribute", one.attribute)):
        if not 0 < len(text) <= _LONGEST:
            mistakes[f"{name}-{one.number}"] = "needed"
            return None
    reader, _ = await visit.reader()
    entity = reader.entity(one.entity)
    if entity is None:
        mistakes[f"entity-{one.number}"] = "absent"
        return None
    try:
        attribute = visit.context.expand_name(one.attribute)
        member = msgspec.convert(
            {"entity": one.entity, "attribute": attribute, "role": one.role}, Member
        )
    except (InvalidInput, msgspec.ValidationError):
        mistakes[f"attribute-{one.number}"] = "numbers"
        return None
    if not any(_is_numeric(instance) for instance in entity.attributes.get(attribute, ())):
        mistakes[f"attribute-{one.number}"] = "numbers"
        return None
    if any((one.entity, attribute) == (other.entity, other.attribute) for other in before):
        mistakes[f"attribute-{one.number}"] = "twice"
        return None
    return member


def _is_numeric(instance: Attribute) -> bool:
    """Tell whether an instance is the one that watches look at, and a number."""
    return instance.dataset_id is None and isinstance(instance.value, int | float)


def _typed(given: Given, number: int) -> MemberFields:
    return MemberFields(
        number,
        given.text(f"entity-{number}"),
        given.text(f"attribute-{number}"),
        given.text(f"role-{number}") or "other",
    )


def _number(given: Given, name: str) -> int:
    text = given.text(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0

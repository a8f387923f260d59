"""`/api/v1/governance/projects` and `/activities`: what happens with data, and whether it may yet."""

from typing import Annotated, Final

from msgspec import Meta
from starlette.responses import Response

from hanze.errors import InvalidInput
from hanze.governance.projects import Projects
from hanze.governance.records.activity import Activity, Project
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

#: Records are read by people.
_MOST_KB: Final = 256

_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ProjectGiven(Taken, frozen=True, kw_only=True):
    """A project as it is to be; its id is in the path.

    Attributes:
        title: By language.
        owner: Id of the organisation; left out: the one that runs the node.
        sources: Names of the node's sources.
    """

    id: str = ""
    title: dict[str, str]
    owner: str = ""
    sources: tuple[_Name, ...] = ()


class SecurityCheck(Taken, frozen=True, kw_only=True):
    """What the security officer checked."""

    notes: str


class ProjectList(Answer, frozen=True):
    """Projects by their ids."""

    projects: tuple[Project, ...]


class ActivityGiven(
    Activity, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """A processing activity as it is to be; its id is in the path.

    Attributes:
        organisation: Id; left out: the one that runs the node.
    """

    id: str = ""
    organisation: str = ""


class ActivityList(Answer, frozen=True):
    """Processing activities by their ids."""

    activities: tuple[Activity, ...]


class ActivityPage(Taken, frozen=True, kw_only=True):
    """Which activities.

    Attributes:
        project: Id of the project that they belong to.
    """

    project: str | None = None


async def list_projects(ask: Ask) -> ProjectList:
    """List the projects, whether each is active, and what is missing."""
    return ProjectList(projects=_projects(ask).listed(ask.caller))


async def show(ask: Ask) -> Project:
    """Show a project."""
    return _projects(ask).shown(ask.caller, ask.path("id"))


async def put(ask: Ask) -> Response:
    """Make a project, or change its title, owner and sources; its check and assessments stay."""
    require_known(ask.caller)
    given, project_id = await ask.body(ProjectGiven, most_kb=_MOST_KB), ask.path("id")
    if given.id not in ("", project_id):
        raise InvalidInput("The body names another project than the path", field="id")
    is_new = project_id not in ask.node.governance.rules.projects
    project = Project(id=project_id, title=given.title, owner=given.owner, sources=given.sources)
    kept = await _projects(ask).put(ask.caller, project, now=ask.now)
    return json_of(kept, 201 if is_new else 200)


async def check(ask: Ask) -> Project:
    """Sign that a project with its sources is secure; the security officer does."""
    require_known(ask.caller)
    given = await ask.body(SecurityCheck, most_kb=_MOST_KB)
    return await _projects(ask).check(ask.caller, ask.path("id"), given.notes, now=ask.now)


async def uncheck(ask: Ask) -> Project:
    """Withdraw the security check: the project stops at once."""
    require_known(ask.caller)
    return await _projects(ask).uncheck(ask.caller, ask.path("id"), now=ask.now)


async def list_activities(ask: Ask) -> ActivityList:
    """List the register of processing activities (GDPR art. 30)."""
    asked = ask.parameters(ActivityPage)
    return ActivityList(activities=_projects(ask).activities(ask.caller, asked.project))


async def show_activity(ask: Ask) -> Activity:
    """Show a processing activity."""
    return _projects(ask).activity(ask.caller, ask.path("id"))


async def put_activity(ask: Ask) -> Response:
    """Register a processing activity, or change the whole of one."""
    require_known(ask.caller)
    given, activity_id = await ask.body(ActivityGiven, most_kb=_MOST_KB), ask.path("id")
    if given.id not in ("", activity_id):
        raise InvalidInput("The body names another activity than the path", field="id")
    is_new = activity_id not in ask.node.governance.rules.activities
    members = {field: getattr(given, field) for field in Activity.__struct_fields__}
    activity = Activity(**(members | {"id": activity_id}))
    kept = await _projects(ask).put_activity(ask.caller, activity, now=ask.now)
    return json_of(kept, 201 if is_new else 200)


def _projects(ask: Ask) -> Projects:
    return Projects(ask.node.governance)


_ALL: Final = "/governance/projects"
_ONE: Final = _ALL + "/{id}"
_ACTIVITIES: Final = "/governance/activities"

ROUTES = (
    ApiRoute("GET", _ALL, list_projects, ProjectList),
    ApiRoute("GET", _ONE, show, Project),
    ApiRoute("PUT", _ONE, put, Project, body=ProjectGiven),
    ApiRoute("POST", _ONE + "/check", check, Project, body=SecurityCheck),
    ApiRoute("DELETE", _ONE + "/check", uncheck, Project),
    ApiRoute("GET", _ACTIVITIES, list_activities, ActivityList, parameters=ActivityPage),
    ApiRoute("GET", _ACTIVITIES + "/{id}", show_activity, Activity),
    ApiRoute("PUT", _ACTIVITIES + "/{id}", put_activity, Activity, body=ActivityGiven),
)

"""Roles: what somebody may do, whatever data it is about."""

from typing import Final

__all__ = [
    "AUDITOR",
    "CONTRIBUTOR",
    "DEVELOPER",
    "MEMBER",
    "NODE_ITSELF",
    "OPERATOR",
    "OWNER",
    "PEOPLE_ROLES",
    "READER",
    "RESIDENT",
    "SECURITY_OFFICER",
    "STEWARD",
    "WRITER",
]

#: Reads what is open to it: everybody.
READER: Final = "reader"
#: Brings data in.
WRITER: Final = "writer"
#: Runs the node: sources, members of the league, accounts.
OPERATOR: Final = "operator"
#: A resident's key for own sensors.
CONTRIBUTOR: Final = "contributor"
#: A confirmed member of the league.
MEMBER: Final = "member"
#: `--dev`: whoever reaches the node may do everything and read everything.
DEVELOPER: Final = "developer"
#: The node itself, for work whose results it decides about again.
NODE_ITSELF: Final = "node"
#: Sees the data about themselves.
RESIDENT: Final = "resident"
#: Signs for an organisation that owns data, or wants to use it.
OWNER: Final = "owner"
#: Classifies data, prepares agreements, answers residents' requests.
STEWARD: Final = "steward"
#: Signs security checks, keeps incidents, declares emergencies.
SECURITY_OFFICER: Final = "security-officer"
#: Reads logs, never data.
AUDITOR: Final = "auditor"

#: What an account or a client can be given.
PEOPLE_ROLES: Final = (
    RESIDENT,
    READER,
    WRITER,
    OPERATOR,
    OWNER,
    STEWARD,
    SECURITY_OFFICER,
    AUDITOR,
)

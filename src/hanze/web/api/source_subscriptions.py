"""`/csourceSubscriptions`: who wants to be told of Context Sources (CIM 009, 6.12, 6.13).

Answered like `/subscriptions`, which sees from the path whom it is about.
"""

from hanze.web.api import subscriptions
from hanze.web.http import Request, Response

__all__ = ["create", "delete", "query", "retrieve", "update"]


async def create(request: Request) -> Response:
    """Create Context Source Registration Subscription (6.12.3.1)."""
    return await subscriptions.create(request)


async def query(request: Request) -> Response:
    """Query Context Source Registration Subscriptions (6.12.3.2)."""
    return await subscriptions.query(request)


async def retrieve(request: Request) -> Response:
    """Retrieve Context Source Registration Subscription (6.13.3.1)."""
    return await subscriptions.retrieve(request)


async def update(request: Request) -> Response:
    """Update Context Source Registration Subscription (6.13.3.2)."""
    return await subscriptions.update(request)


async def delete(request: Request) -> Response:
    """Delete Context Source Registration Subscription (6.13.3.3)."""
    return await subscriptions.delete(request)

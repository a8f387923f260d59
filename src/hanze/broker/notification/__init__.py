"""Who is told of a change, and in which words (CIM 009, 5.8.6)."""

from hanze.broker.happened import Happened
from hanze.broker.notification.index import SubscriptionIndex
from hanze.broker.notification.render import render_notification, render_source_notification
from hanze.broker.notification.values import Rendered

__all__ = [
    "Happened",
    "Rendered",
    "SubscriptionIndex",
    "render_notification",
    "render_source_notification",
]

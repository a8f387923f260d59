"""Subscriptions that reach over nodes (CIM 009, 5.8.1 to 5.8.6, their distributed parts)."""

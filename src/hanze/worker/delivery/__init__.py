"""Delivering notifications: what waits in the outbox, and what is told every so often."""

"""Notifications on their way: over HTTP and over MQTT."""

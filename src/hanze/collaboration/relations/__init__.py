"""What happened between parties of two countries, over time."""

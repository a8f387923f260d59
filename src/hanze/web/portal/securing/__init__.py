"""Pages about security: for who answers for it, and for everybody in an emergency."""

"""Pages about projects, their assessments, and hard cases: for everybody, and for who works on them."""

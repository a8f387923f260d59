"""Mentors and students: who fits whom, and what comes of it."""

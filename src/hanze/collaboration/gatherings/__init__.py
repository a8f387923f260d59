"""Days on which people of two sides meet: who takes part, the plan, and everybody's calendar."""

"""What stewards do: classify data, and prepare and keep agreements about what is closed."""

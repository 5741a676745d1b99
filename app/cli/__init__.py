"""Commands under flask --app run."""

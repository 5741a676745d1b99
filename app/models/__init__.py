"""Tables, their constraints and pure properties."""

"""The one door for state: transitions, guards, effects."""

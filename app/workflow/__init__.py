"""The one door for state: transitions, guards, effects. Importing it registers every name."""

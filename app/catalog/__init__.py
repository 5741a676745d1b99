"""Definitions of the domain as data: no database, no web."""

"""Verbs of the product, one file per room."""

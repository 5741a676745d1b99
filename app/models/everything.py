"""Importing this module declares every table; whoever maps, migrates or serves imports it once."""

from app.models import (
    accounts,
    applications,
    audit,
    cases,
    grants,
    jobs,
    keys,
    kinds,
    materials,
    notices,
    offices,
    organizations,
    permissions,
    regulations,
    roles,
    work,
)

__all__ = [
    "accounts",
    "applications",
    "audit",
    "cases",
    "grants",
    "jobs",
    "keys",
    "kinds",
    "materials",
    "notices",
    "offices",
    "organizations",
    "permissions",
    "regulations",
    "roles",
    "work",
]

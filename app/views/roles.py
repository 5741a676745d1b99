"""Roles: which bundle of permissions each is, who holds it, and giving them (三员分立)."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from app.catalog.permission_words import PERMISSION_LABELS
from app.catalog.permissions import (
    BUNDLES,
    ROLE_LABELS,
    ROLE_PURPOSES,
    SEPARATED,
    Permission,
    RoleName,
)
from app.clock import now
from app.errors import DomainError, NotFound
from app.extensions import db
from app.i18n import N_, _
from app.models.accounts import Account
from app.services.accounts import assign_roles
from app.services.commits import committing
from app.services.listing import load
from app.services.resources import RESOURCES
from app.services.roles import count_holders, holders
from app.views.access import current_actor, requires
from app.views.accounts import roles_field
from app.views.acts import mendable
from app.views.base import Answer
from app.views.cells import may_open, row_url
from app.views.record_forms import Fields, errors_of, typed_fields, typed_version
from app.views.wording import state

SHOWN = 50
TITLE = N_("Roles")
NOUNS = {"catalogue": N_("Catalogue"), "lists": N_("Lists")}
"""What permissions are about that is no table of its own."""


class RoleView(BaseView):
    """The roles, to read; what they hold is the programme's, who holds them is given here."""

    route_base = "/roles"
    class_permission_name = "roles"

    @expose("/")
    @requires(Permission.ROLES_LIST)
    def list(self) -> Answer:
        """Show every role with what it may do and how many hold it."""
        counts = count_holders(db.session())
        return render_template(
            "list.html",
            head={"title": _(TITLE), "crumbs": [{"label": _(TITLE)}]},
            note_text=_("System, security and audit administration are kept apart."),
            page={
                "name": "roles",
                "columns": [
                    {"name": "name", "label": _("Role"), "primary": True},
                    {"name": "purpose", "label": _("What it is for")},
                    {"name": "separated", "label": _("Kept apart")},
                    {"name": "permissions", "label": _("Permissions"), "kind": "number"},
                    {"name": "holders", "label": _("Accounts"), "kind": "number"},
                ],
                "rows": [
                    {
                        "id": role.value,
                        "label": _(ROLE_LABELS[role]),
                        "url": row_url("roles", role.value),
                        "cells": [
                            _(ROLE_LABELS[role]),
                            _(ROLE_PURPOSES[role]),
                            _("yes") if role in SEPARATED else None,
                            str(len(BUNDLES[role])),
                            str(counts.get(role, 0)),
                        ],
                    }
                    for role in RoleName
                ],
            },
        )

    @expose("/<name>")
    @requires(Permission.ROLES_LIST)
    def show(self, name: str) -> Answer:
        """Show what one role may do and who holds it, within one's reach."""
        if name not in RoleName._value2member_map_:
            raise NotFound
        role = RoleName(name)
        actor = current_actor()
        tables = []
        if actor.may(Permission.ACCOUNTS_LIST):
            opens = may_open(actor, "accounts")
            people = holders(db.session(), role, limit=SHOWN)
            tables.append({"title": _("Who holds it"), "page": _people(people, opens=opens)})
        return render_template(
            "show.html",
            head={
                "title": _(ROLE_LABELS[role]),
                "sub": _(ROLE_PURPOSES[role]),
                "crumbs": [
                    {"label": _(TITLE), "url": row_url("roles", "")},
                    {"label": _(ROLE_LABELS[role])},
                ],
            },
            groups=[
                {
                    "title": _("What it may do"),
                    "note": _("Kept apart from the other administrations")
                    if role in SEPARATED
                    else "",
                    "facts": [
                        {"label": noun, "kind": "tags", "tags": words}
                        for noun, words in _by_noun(role).items()
                    ],
                }
            ],
            tables=tables,
        )


class RoleAssignmentView(BaseView):
    """Giving roles to an account."""

    route_base = "/accounts"
    class_permission_name = "roles"

    @expose("/<pk>/roles", methods=["GET", "POST"])
    @requires(Permission.ROLES_ASSIGN)
    def assign(self, pk: str) -> Answer:
        """Show the roles of an account; let it hold exactly those that were ticked."""
        session = db.session()
        account: Account = load(session, RESOURCES["accounts"], pk)
        if request.method == "GET":
            return _form(account, None)
        actor, moment = current_actor(), now()
        try:
            raw = typed_fields((), "comment", many=("roles",))
            version = typed_version()
            with committing(
                session,
                tag="account:roles_assigned",
                actor=actor,
                now=moment,
                subject_type="account",
                subject_id=account.id,
                subject_label=str(account),
                organization_id=account.organization_id,
            ):
                assign_roles(
                    session,
                    account,
                    raw["roles"],
                    actor=actor,
                    now=moment,
                    comment=str(raw.get("comment", "")),
                    expected_version=version,
                )
        except DomainError as error:
            if not mendable(error):
                raise
            return _form(load(session, RESOURCES["accounts"], pk), error), int(error.status)
        flash(_("Saved, and on record."), "success")
        return redirect(row_url("accounts", account.id), HTTPStatus.SEE_OTHER)


def _form(account: Account, error: DomainError | None) -> str:
    posted = request.method == "POST"
    wrong = Fields(db.session(), error=error).wrong
    chosen = request.form.getlist("roles") if posted else [role.name for role in account.roles]
    fields = [
        roles_field(chosen, wrong.get("roles")),
        {
            "name": "comment",
            "label": _("Reason"),
            "kind": "textarea",
            "help": _("It is kept on record."),
            "value": request.form.get("comment", ""),
        },
    ]
    back = row_url("accounts", account.id)
    return render_template(
        "form.html",
        head={
            "title": _("Roles"),
            "sub": str(account),
            "crumbs": [
                {"label": _(RESOURCES["accounts"].plural), "url": row_url("accounts", "")},
                {"label": account.name, "url": back},
                {"label": _("Roles")},
            ],
        },
        errors=errors_of(error, fields),
        groups=[{"title": _("Roles"), "fields": fields}],
        form={"url": f"{back}/roles", "version": account.version, "cancel_url": back},
    )


def _by_noun(role: RoleName) -> dict[str, list[str]]:
    """Return what a role may do, by what it is done to."""
    found: dict[str, list[str]] = {}
    for permission in Permission:
        if permission in BUNDLES[role]:
            resource = RESOURCES.get(permission.noun)
            noun = _(resource.plural) if resource else _(NOUNS[permission.noun])
            found.setdefault(noun, []).append(_(PERMISSION_LABELS[permission]))
    return found


def _people(found: list[Account], *, opens: bool) -> dict[str, Any]:
    return {
        "name": "holders",
        "columns": [
            {"name": "name", "label": _("Name"), "primary": True},
            {"name": "organization", "label": _("Organization")},
            {"name": "state", "label": _("State"), "kind": "state"},
        ],
        "rows": [
            {
                "id": account.id,
                "label": account.name,
                "url": row_url("accounts", account.id) if opens else None,
                "cells": [
                    {"text": account.name, "sub": account.login_name},
                    account.organization.name,
                    {"state": state(account.state)},
                ],
            }
            for account in found
        ],
        "empty": {"title": _("Nobody within your reach holds it"), "icon": "people"},
    }

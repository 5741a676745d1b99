"""Accounts: who they are, what they may do and why, all that happened to them (M4, M5, X1)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.catalog.enums import AccountState
from app.catalog.permissions import ROLE_LABELS, Permission, RoleName
from app.clock import now, office_date
from app.i18n import N_, _
from app.models.accounts import Account
from app.models.audit import AuditEvent
from app.security.actor import Actor
from app.services import key_bindings
from app.services.accounts import amend_account, open_account, reset_password, reveal_citizen_id
from app.services.biography import history_of_person, subjects_within_reach
from app.services.columns import Column
from app.services.commits import committing
from app.services.listing import Row, load
from app.services.offers import of_own_person
from app.services.people import looks_after_people
from app.services.resources import RESOURCES
from app.views import offers, person
from app.views.access import current_actor, requires, wants_json
from app.views.addresses import Address
from app.views.base import Answer, ConsoleView
from app.views.binding import bind_of
from app.views.cells import page_of, row_url
from app.views.lists import ListPage
from app.views.people import PeoplePage, acts_on
from app.views.record_forms import Fields
from app.views.story import Teller
from app.workflow.engine import Outcome


class AccountView(ConsoleView):
    """People's accounts; the acts on them are the lifecycle's."""

    resource = RESOURCES["accounts"]
    template_show = "account_show.html"
    tags = ("account:opened", "account:amended")
    lists = ("roles",)
    questions: ClassVar[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
        "issue_key": (
            {
                "name": "key_serial",
                "label": N_("Serial number of the key"),
                "kind": "text",
                "required": True,
            },
        )
    }

    def completed(
        self, row: Row, action: str, fields: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Let the key be bound before it is handed out."""
        if action != "issue_key":
            return fields
        bound = key_bindings.bound_key(self.session, row.id)
        for field in fields:
            if field["name"] == "key_serial":
                field["bind"] = bind_of(row.id, field="key_serial", bound=bound)
                field["value"] = field["value"] or bound
        return fields

    # --- The list

    def list_page(self, address: Address, actor: Actor) -> ListPage:
        """Show an organisation's administrator what hangs on each of the own people."""
        if looks_after_people(actor):
            return PeoplePage(self.session, address, actor)
        return super().list_page(address, actor)

    # --- Adding and editing

    def create(self, raw: Mapping[str, Any], actor: Actor, moment: datetime) -> Account:
        """Open an account by hand."""
        return open_account(self.session, raw=raw, actor=actor, now=moment)

    def change(
        self, record: Any, raw: Mapping[str, Any], version: int, actor: Actor, moment: datetime
    ) -> Account:
        """Correct a person's data."""
        return amend_account(
            self.session, record, raw, actor=actor, now=moment, expected_version=version
        )

    def drawn(self, fields: Fields, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """Ask for the roles too when an account is opened."""
        drawn = super().drawn(fields, columns)
        if fields.row is None:
            drawn.append(roles_field(request.form.getlist("roles"), fields.wrong.get("roles")))
        return drawn

    # --- The record

    def record(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Show the person, the grants with their reasons, the keys, and all that happened."""
        shown = super().record(row, record, actor)
        account: Account = record
        events = history_of_person(self.session, account, actor)
        teller = Teller()
        story = [(teller.tell(event), event) for event in events]
        open_here = subjects_within_reach(self.session, events)
        shown["groups"][0]["facts"].insert(
            2,
            {
                "label": _("Roles"),
                "kind": "tags",
                "tags": [role_label(r.name) for r in account.roles],
            },
        )
        return shown | {
            **person.grants(self.session, account, actor),
            "apply": self._apply(account, actor),
            "suspended": person.suspension(self.session, account, events),
            "tables": person.tables(self.session, account, actor, now()),
            "events": [
                self._happened(told, event, account, actor, open_here) for told, event in story
            ],
        }

    def facts(self, row: Row, actor: Actor) -> list[dict[str, Any]]:
        """Let who may reveal the personal number, one at a time."""
        facts = super().facts(row, actor)
        if actor.may(Permission.ACCOUNTS_REVEAL):
            for it in facts:
                if it["kind"] == "masked":
                    it["masked"]["reveal_url"] = row_url("accounts", f"{row.id}/reveal")
        return facts

    def head(self, row: Row, record: Any, actor: Actor) -> dict[str, Any]:
        """Add what is done to an account beside the acts of its life."""
        head = super().head(row, record, actor)
        head["sub"] = row.values["login_name"]
        own = row.id == actor.account_id
        alive = row.values["state"] != AccountState.CANCELLED
        if actor.may(Permission.ROLES_ASSIGN) and alive and not own:
            url = row_url("accounts", f"{row.id}/roles")
            head["actions"].append({"label": _("Roles"), "url": url, "icon": "person-badge"})
        if actor.may(Permission.ACCOUNTS_PASSWORD) and not own and row.values["activated_at"]:
            head["actions"].append(
                {
                    "label": _("New initial password"),
                    "url": row_url("accounts", f"{row.id}/password"),
                    "method": "post",
                    "confirm": {
                        "title": _("New initial password"),
                        "text": _(
                            "The person is signed out everywhere and has to change it at once."
                        ),
                        "button": _("New initial password"),
                    },
                }
            )
        return head

    def _apply(self, account: Account, actor: Actor) -> dict[str, Any] | None:
        """Return what an organisation's administrator can ask for one of the own people."""
        own = account.organization_id == actor.organization_id
        if not own or not looks_after_people(actor):
            return None
        known, found = of_own_person(self.session, account, actor, day=office_date(now()))
        drawn = offers.section(self.session, known, found, actor)
        return {"acts": acts_on(known, actor), **drawn}

    def _happened(
        self,
        told: dict[str, Any],
        event: AuditEvent,
        account: Account,
        actor: Actor,
        open_here: Collection[tuple[str, int | None]],
    ) -> dict[str, Any]:
        """Say what an event was about where that was not this account."""
        if (event.subject_type, event.subject_id) == ("account", account.id):
            return told
        told["text"] = f"{told['text']} · {event.subject_label}"
        page = page_of(actor, event.subject_type, event.subject_id)
        if page and (event.subject_type, event.subject_id) in open_here:
            told["url"] = page
        return told

    # --- What is told once

    def done(self, identity: Any, outcome: Outcome) -> Answer:
        """Tell a first password on the page that answers, for it is kept nowhere."""
        password = outcome.secrets.get("initial_password")
        if password is None:
            return super().done(identity, outcome)
        return self._told_once(identity, str(password))

    @expose("/<pk>/password", methods=["POST"])
    @requires(Permission.ACCOUNTS_PASSWORD)
    def password(self, pk: str) -> Answer:
        """Give an account a new first password and tell it once (M8)."""
        actor, moment = current_actor(), now()
        account = load(self.session, self.resource, pk)
        with self._committing("account:password_reset", account, actor, moment):
            password = reset_password(self.session, account, actor=actor, now=moment)
            identity = account.id
        return self._told_once(identity, password)

    def _told_once(self, identity: Any, password: str) -> str:
        account = load(self.session, self.resource, identity)
        back = row_url("accounts", identity)
        return render_template(
            "show.html",
            head={
                "title": account.name,
                "crumbs": [
                    {"label": _(self.resource.plural), "url": row_url("accounts", "")},
                    {"label": account.name, "url": back},
                    {"label": _("Initial password")},
                ],
                "actions": [{"label": _("Back to the account"), "url": back, "primary": True}],
            },
            outcome={
                "level": "good",
                "title": _("Tell this to the person now: it is not shown again"),
                "text": _("It has to be changed at the first sign-in."),
            },
            groups=[
                {
                    "title": _("First sign-in"),
                    "facts": [
                        {"label": _("Login name"), "value": account.login_name},
                        {"label": _("Initial password"), "kind": "number", "value": password},
                    ],
                }
            ],
        )

    # --- The personal number

    @expose("/<pk>/reveal", methods=["POST"])
    @requires(Permission.ACCOUNTS_REVEAL)
    def reveal(self, pk: str) -> Response:
        """Tell the whole citizen ID number; it is recorded that it was told (M5)."""
        actor, moment = current_actor(), now()
        account = load(self.session, self.resource, pk)
        with self._committing("account:revealed", account, actor, moment):
            value = reveal_citizen_id(self.session, account, actor=actor, now=moment)
            identity, name = account.id, account.name
        if wants_json():
            return jsonify(value=value)
        flash(f"{name}：{value}", "info")
        return redirect(row_url("accounts", identity), HTTPStatus.SEE_OTHER)

    def _committing(self, tag: str, account: Account, actor: Actor, moment: datetime) -> Any:
        return committing(
            self.session,
            tag=tag,
            actor=actor,
            now=moment,
            subject_type="account",
            subject_id=account.id,
            subject_label=str(account),
            organization_id=account.organization_id,
        )


def role_label(name: str) -> str:
    """Return what a role is called."""
    return _(ROLE_LABELS[RoleName(name)]) if name in RoleName._value2member_map_ else name


def roles_field(chosen: Sequence[str], error: str | None) -> dict[str, Any]:
    """Return the field that chooses roles."""
    return {
        "name": "roles",
        "label": _("Roles"),
        "kind": "checkboxes",
        "required": True,
        "choices": [{"value": r.value, "label": _(ROLE_LABELS[r])} for r in RoleName],
        "value": list(chosen),
        "error": error,
        "help": _("System, security and audit administration are kept apart."),
    }

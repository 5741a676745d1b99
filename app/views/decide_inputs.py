"""What the act that leads on asks of each person of a form: a login name, a key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.i18n import _
from app.models.applications import Application, ApplicationLine
from app.security.actor import Actor
from app.security.key_policy import policy
from app.services import key_bindings, unit_work
from app.services.named_users import keys_in_hand
from app.views.binding import bind_of
from app.views.decide_errors import Mistakes
from app.views.ruling import Ruling
from app.views.sheet import SHOWN_LINES

Field = dict[str, Any]


@dataclass(kw_only=True)
class Inputs:
    """The fields of one form; `asks` names the data of the act, `logins` what is proposed.

    `also` names the data of every act of the page: some persons may be further than others.
    """

    session: Session
    application: Application
    actor: Actor
    asks: str
    also: Sequence[str]
    logins: Mapping[int, str]
    typed: Ruling | None
    mistakes: Mistakes

    def of(self, line: ApplicationLine) -> list[Field]:
        """Return the fields of one person, none where nothing is asked."""
        makers: dict[str, Callable[[ApplicationLine], Field | None]] = {
            "login_names": self._login_input,
            "key_serials": self._key_input,
            "returned_keys": self._returned_input,
            "rebound_keys": self._rebound_input,
        }
        maker = makers.get(self.asks)
        found = maker(line) if maker else None
        return [found] if found else []

    def _typed(self, line: ApplicationLine, name: str, otherwise: str) -> str:
        return otherwise if self.typed is None else self.typed.of_line(line, name)

    def _login_input(self, line: ApplicationLine) -> Field:
        own = line.account.login_name if line.account else self.logins.get(line.position, "")
        return {
            "name": f"line-{line.id}-login_name",
            "label": _("Login name"),
            "value": self._typed(line, "login_name", own),
            "required": True,
            "maxlength": 64,
            "error": self.mistakes.of_line(line).get("login_name", ""),
        }

    def _key_input(self, line: ApplicationLine) -> Field | None:
        if line.key_id is not None:
            return None
        own = self._bound.get(line.account_id or 0) or self._stock.get(line.id, "")
        serial = self._typed(line, "key_serial", own)
        return {
            "name": f"line-{line.id}-key_serial",
            "label": _("Key from stock"),
            "kind": "picker",
            "picker_url": url_for("DecisionView.keys"),
            "selected": {"value": serial, "label": serial} if serial else None,
            "placeholder": _("Scan or type the serial number"),
            "help": _("Leave it empty for who is not served now."),
            "required": True,
            "error": self.mistakes.of_line(line).get("key_serial", ""),
            "bind": bind_of(
                line.account_id,
                application=self.application.id,
                field=f"line-{line.id}-key_serial",
                bound=self._bound.get(line.account_id or 0, ""),
            ),
        }

    @cached_property
    def _bound(self) -> dict[int, str]:
        """The keys that are bound already to persons who have not been given them."""
        if not policy().offered:
            return {}
        return key_bindings.bound_keys(self.session, self.application)

    @cached_property
    def _stock(self) -> dict[int, str]:
        """The next keys of the own stock, one for each person who has none yet."""
        lines = [line for line in self.application.passed_lines() if line.key_id is None]
        waiting = [line.id for line in lines if (line.account_id or 0) not in self._bound]
        taken = set(self._bound.values())
        serials = unit_work.serials_in_stock(
            self.session, self.actor.office, limit=min(len(waiting), SHOWN_LINES) + len(taken)
        )
        free = (serial for serial in serials if serial not in taken)
        return dict(zip(waiting, free, strict=False))

    @cached_property
    def _held(self) -> dict[int, str]:
        """The keys that the persons of the form hold, by account."""
        return keys_in_hand(
            self.session, [it.account_id for it in self.application.passed_lines() if it.account_id]
        )

    def _returned_input(self, line: ApplicationLine) -> Field | None:
        held = self._held.get(line.account_id or 0)
        if line.key_id is not None:
            return None
        if held is None:
            return self._key_input(line) if "key_serials" in self.also else None
        return {
            "name": f"line-{line.id}-key_serial",
            "label": _("Key that has come back"),
            "value": self._typed(line, "key_serial", held),
            "maxlength": 32,
            "help": _("Leave it empty for a key that has not come back."),
            "error": self.mistakes.of_line(line).get("key_serial", ""),
        }

    def _rebound_input(self, line: ApplicationLine) -> Field | None:
        field = self._key_input(line)
        if field is None:
            return None
        held = self._held.get(line.account_id or 0, "")
        serial = self._typed(line, "key_serial", held)
        return {
            **field,
            "label": _("Key under the new name"),
            "selected": {"value": serial, "label": serial} if serial else None,
            "help": _("The key in hand is bound anew; choose another one to reissue."),
        }

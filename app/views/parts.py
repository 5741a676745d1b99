"""Small parts that a page has by the hundred: icons, states, the cells of tables.

They are drawn here and not by macros, whose calls cost several times what they draw: the rows of a
list were a sixth of its page. Templates use them under their names, from macros/ui.html.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, request, url_for
from markupsafe import Markup, escape

from app.i18n import _

ICONS = "vendor/icons/bootstrap-icons.svg"
TONES = {
    **dict.fromkeys(
        ("draft", "withdrawn", "cancelled", "destroyed", "replaced", "received"), "quiet"
    ),
    **dict.fromkeys(
        ("pending", "submitted", "under_review", "in_stock", "open", "unfiled"), "info"
    ),
    "configured": "accent",
    **dict.fromkeys(("issued", "passed", "active", "completed", "closed", "filed"), "good"),
    **dict.fromkeys(("returned", "suspended", "lent"), "warn"),
    **dict.fromkeys(("rejected", "refused", "lost"), "bad"),
    **dict.fromkeys(("in_transit", "counting"), "accent"),
    **dict.fromkeys(("compared", "wrong_state", "other_office"), "warn"),
    **dict.fromkeys(("missing", "unknown"), "bad"),
    "found": "good",
}
TONES_OF_KEYS = {"returned": "quiet", "received": "info"}
EMPTY = Markup('<span class="quiet">–</span>')


@lru_cache(maxsize=256)
def asset(_script_root: str, filename: str) -> str:
    """Return the address of one of our files."""
    return url_for("static", filename=filename)


@lru_cache(maxsize=1024)
def _icon(script_root: str, name: str, extra: str) -> Markup:
    return Markup(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
    ).format(extra, asset(script_root, ICONS), name)


def icon(name: str, extra: str = "") -> Markup:
    """Draw the picture of that name."""
    return _icon(request.script_root, name, extra)


@lru_cache(maxsize=1024)
def _state(value: str, label: str, of: str, tone: str) -> Markup:
    known = TONES_OF_KEYS.get(value) if of == "key" else None
    colour = tone or known or TONES.get(value, "quiet")
    return Markup('<span class="state tone-{}">{}</span>').format(colour, label)


def state(it: Mapping[str, str]) -> Markup:
    """Draw a state: {value, label, of, tone}."""
    return _state(it["value"], it["label"], it.get("of", ""), it.get("tone", ""))


def age(it: Mapping[str, Any]) -> Markup:
    """Draw how long something has waited: {text, late, norm}."""
    norm = mark = Markup("")
    if it.get("norm"):
        words = _("norm: %(norm)s", norm=it["norm"])
        norm = Markup(' <span class="cell-sub">{}</span>').format(words)
    if it.get("late"):
        late = Markup('{}<span class="visually-hidden">{}</span> ')
        mark = late.format(icon("exclamation-circle"), _("Late"))
    kind = " late" if it.get("late") else ""
    return Markup('<span class="age{}">{}{}</span>{}').format(kind, mark, it["text"], norm)


def masked(it: Mapping[str, Any]) -> Markup:
    """Draw a number that is hidden: {text, reveal_url, revealed}."""
    text = Markup('<span class="num" data-masked>{}</span>').format(
        it.get("revealed") or it["text"]
    )
    button = Markup("")
    if it.get("reveal_url") and not it.get("revealed"):
        button = Markup(
            '<button class="btn-icon" form="post" formaction="{}" data-reveal title="{}"'
            ' aria-label="{}">{}</button>'
        ).format(
            it["reveal_url"],
            _("Show. It will be recorded."),
            _("Show the whole number. It will be recorded."),
            icon("eye"),
        )
    return Markup('<span class="masked">') + text + button + Markup("</span>")


def _tags(words: Sequence[str]) -> Markup:
    return Markup('<span class="tags-line">{}</span>').format(_(", ").join(words))


def _actions(actions: Sequence[Mapping[str, Any]]) -> Markup:
    action = current_app.jinja_env.get_template("macros/ui.html").module.action  # type: ignore[attr-defined]
    drawn = Markup("").join(action(it, "sm") for it in actions)
    return Markup('<span class="row-actions">') + drawn + Markup("</span>")


PARTS: dict[str, Callable[[Any], str]] = {
    "sub": lambda words: f'<span class="cell-sub">{escape(words)}</span>',
    "state": state,
    "age": age,
    "masked": masked,
    "tags": _tags,
    "actions": _actions,
}
"""What a cell may be made of besides its text, which may be a link."""


def cell(it: Any, url: str | None = None) -> str:
    """Draw a cell, its parts in the order in which they stand in it; `url` leads to the row."""
    if isinstance(it, Mapping):
        drawn = []
        for part, value in it.items():
            if part == "text":
                drawn.append(_linked(value, it.get("url") or url) if value else "")
            elif value and part in PARTS:
                drawn.append(PARTS[part](value))
        return "".join(drawn) or EMPTY
    return EMPTY if it is None else _linked(it, url)


def _linked(words: Any, url: str | None) -> str:
    return f'<a href="{escape(url)}">{escape(words)}</a>' if url else escape(words)


def rows(page: Mapping[str, Any], *, ticked: bool) -> Markup:
    """Draw the rows of a table (contract in macros/lists.html), with boxes to tick if `ticked`."""
    opens = [_opening(column) for column in page["columns"]]
    primary = [bool(column.get("primary")) for column in page["columns"]]
    tick = escape(_("Tick")) if ticked else ""
    drawn = []
    for row in page["rows"]:
        url, tone = row.get("url"), row.get("tone")
        drawn.append("<tr")
        if url:
            drawn.append(f' data-href="{escape(url)}"')
        if tone:
            drawn.append(f' class="row-{escape(tone)}"')
        drawn.append(">")
        if ticked:
            drawn.append(_box(row, tick))
        for opening, first, it in zip(opens, primary, row["cells"], strict=True):
            drawn += (opening, cell(it, url if first else None), "</td>")
        drawn.append("</tr>\n")
    return Markup("".join(drawn))  # noqa: S704 - every value in it has been escaped


def _opening(column: Mapping[str, Any]) -> str:
    kind = escape(column.get("kind") or "text")
    primary = " is-primary" if column.get("primary") else ""
    label = "" if kind == "actions" else f' data-label="{escape(column["label"])}"'
    return f'<td class="is-{kind}{primary}"{label}>'


def _box(row: Mapping[str, Any], tick: str) -> str:
    acts = escape(" ".join(row.get("acts") or ()))
    return (
        f'<td class="tick"><label><input type="checkbox" autocomplete="off" form="bulk" name="ids"'
        f' value="{escape(row["id"])}" data-acts="{acts}"><span class="visually-hidden">'
        f"{tick} {escape(row.get('label') or row['id'])}</span></label></td>"
    )


def init_app(application: Flask) -> None:
    """Give the parts to the templates."""
    application.jinja_env.globals.update(
        drawn_icon=icon, drawn_state=state, drawn_age=age, drawn_masked=masked, drawn_rows=rows
    )

"""The row scopes in force: every statement of a session is narrowed to what its actor may see.

The predicates reach every ORM select, lazy load, update and delete through one session listener; a
row that the session holds already is refreshed as it is. Without an actor nothing is readable; a
deliberate look past the scope says why:
`.execution_options(unscoped="login name must be unique")`.
"""

from typing import Any

from sqlalchemy import event, false
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session

from app.security.actor import ACTOR, Actor
from app.security.scopes import EVERYTHING, SCOPES, Predicate

CRITERIA = "scope_criteria"


class Narrowed(LoaderCriteriaOption):
    """`with_loader_criteria` that follows its entity under whatever alias that is joined.

    The library adapts a callable to an alias, but not an expression; and only an expression, whose
    values belong to the statement's cache key, is safe to keep for one actor after the other.
    What is joined to be loaded along is narrowed too; what is loaded later is narrowed for whoever
    acts by then, and not for who loaded the row that it hangs on.
    """

    __slots__ = ()
    _traverse_internals = LoaderCriteriaOption._traverse_internals  # noqa: SLF001 - one cache key

    def _resolve_where_criteria(self, ext_info: Any) -> Predicate:
        criterion: Predicate = super()._resolve_where_criteria(ext_info)
        if not ext_info.is_aliased_class:
            return criterion
        adapted: Predicate = ext_info._adapter.traverse(criterion)  # noqa: SLF001 - the alias's own
        return adapted


def _criteria(actor: Actor | None) -> list[Any]:
    narrowed = []
    for model, function in SCOPES.items():
        predicate = false() if actor is None else function(model, actor)
        if predicate is not EVERYTHING:
            narrowed.append(Narrowed(model, predicate, include_aliases=True))
    return narrowed


def _narrow(state: ORMExecuteState) -> None:
    if not (state.is_select or state.is_update or state.is_delete):
        return
    if state.execution_options.get("unscoped"):
        return
    info = state.session.info
    actor = info.get(ACTOR)
    known = info.get(CRITERIA)
    if known is None or known[0] is not actor:
        known = info[CRITERIA] = (actor, _criteria(actor))
    statement: Any = state.statement
    if state.is_relationship_load or state.is_column_load:
        statement = _without_former(statement)
    state.statement = statement.options(*known[1]) if known[1] else statement


def _without_former(statement: Any) -> Any:
    """Return the statement of a later load without the scope that came down from the first."""
    options = statement._with_options  # noqa: SLF001 - there is no other way to take one away
    kept = tuple(option for option in options if not isinstance(option, Narrowed))
    if len(kept) == len(options):
        return statement
    fresh = statement._generate()  # noqa: SLF001 - a copy, as every method makes one
    fresh._with_options = kept  # noqa: SLF001
    return fresh


def install(session_class: type[Session]) -> None:
    """Attach the row scopes to every session made from `session_class`."""
    event.listen(session_class, "do_orm_execute", _narrow)

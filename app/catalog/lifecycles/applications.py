"""The life of each kind of application: which acts it knows, in the order of its road (第五条).

An entry here makes a kind: the vocabulary of kinds is what has a lifecycle. Its lines are declared
in `app/models/kinds/<kind>.py`.
"""

from dataclasses import replace
from enum import StrEnum

from app.catalog.enums import ApplicationState as S
from app.catalog.lifecycles.application_acts import (
    APPROVE,
    APPROVE_NAMED,
    CANCEL_USER,
    CHANGE_PERMISSIONS,
    CHECK_PAPERS,
    CLAIM,
    COMPLETE,
    CONFIGURE,
    DELETE_BUSINESS,
    HAND_BACK,
    ISSUE_KEY,
    REBIND_KEY,
    REJECT,
    RENAME,
    RESTORE_LOGIN,
    RETURN,
    SUBMIT,
    SUBMIT_NAMED,
    TAKE_BACK_KEY,
    WITHDRAW,
)
from app.catalog.lifecycles.transitions import Form, Lifecycle, Transition
from app.i18n import N_

_FINALS = frozenset({S.COMPLETED, S.REJECTED, S.WITHDRAWN})


def _application(kind: str, *transitions: Transition, form: Form | None = None) -> Lifecycle:
    """Return the lifecycle of a kind; its acts begin in states that it comes to.

    `form` stands with a kind that no file of the catalogue describes.
    """
    known = {S.DRAFT, *(state for t in transitions for state in (t.target, t.interim) if state)}
    fitting = tuple(
        replace(t, sources=tuple(state for state in t.sources if state in known))
        for t in transitions
    )
    return Lifecycle(
        subject=kind,
        initial=S.DRAFT,
        finals=_FINALS,
        transitions=fitting,
        closing=("open_archive_file",),
        form=form,
    )


def _under(rule: str, article: str, *transitions: Transition) -> tuple[Transition, ...]:
    """Return the acts as they rest on this clause."""
    return tuple(replace(t, rule=rule, article=article) for t in transitions)


def _new_or_changed(transition: Transition, *more: str) -> Transition:
    """Return the act as it also takes people who have an account and no key in hand."""
    also = {"persons_are_free": "persons_are_free_or_without_key"}
    guards = (also.get(name, name) for name in transition.guards)
    return replace(transition, guards=(*guards, *more))


_BY_SERVICE = ("M5.2", "第五条（二）")
_SUBMIT_CANCELLATION = replace(
    SUBMIT_NAMED,
    guards=(*SUBMIT_NAMED.guards, "administrators_remain", "no_business_is_unfinished"),
)
_TAKE_BACK_LAST = replace(
    TAKE_BACK_KEY,
    target=S.COMPLETED,
    interim=S.PASSED,
    done_when="every_key_is_back",
    effects=("take_keys_back", "close_work_when_keys_are_back"),
)
_COMPLETE_WITHOUT_KEYS = replace(
    COMPLETE,
    confirm=N_("Keys that have not come back stay on the list of keys to be asked for."),
    sources=(S.PASSED,),
    guards=("work_is_not_another_persons",),
    effects=("close_work_as_done", "close_application"),
)


def _cancellation(kind: str, rule: str, article: str) -> Lifecycle:
    acts = (_SUBMIT_CANCELLATION, WITHDRAW, RETURN, REJECT, CANCEL_USER, _COMPLETE_WITHOUT_KEYS)
    return _application(kind, *_under(rule, article, *acts), _TAKE_BACK_LAST, CLAIM, HAND_BACK)


_LIVES = (
    _application(
        "new_user",
        SUBMIT,
        WITHDRAW,
        CLAIM,
        HAND_BACK,
        APPROVE,
        RETURN,
        REJECT,
        CONFIGURE,
        ISSUE_KEY,
        COMPLETE,
    ),
    _application(
        "key_replacement",
        SUBMIT_NAMED,
        WITHDRAW,
        CLAIM,
        HAND_BACK,
        APPROVE_NAMED,
        RETURN,
        REJECT,
        TAKE_BACK_KEY,
        replace(
            ISSUE_KEY,
            confirm=N_("The key becomes this person's, in place of the former one."),
            sources=(S.PASSED,),
            interim=S.PASSED,
            also_at=(TAKE_BACK_KEY.action,),
            guards=(*ISSUE_KEY.guards, "former_keys_are_given_up"),
            effects=("replace_keys", "go_on_when_keys_are_back", "close_work_when_done"),
        ),
        replace(
            COMPLETE,
            sources=(S.PASSED,),
            guards=("work_is_not_another_persons",),
            effects=("leave_out_unserved", "close_work_as_done", "close_application"),
        ),
    ),
    _application(
        "user_rename",
        SUBMIT_NAMED,
        WITHDRAW,
        CLAIM,
        HAND_BACK,
        APPROVE_NAMED,
        RETURN,
        REJECT,
        RENAME,
        REBIND_KEY,
        replace(
            COMPLETE,
            confirm=N_("The names stay changed; keys not rebound are left as they are."),
            guards=("work_is_not_another_persons",),
            effects=("close_work_as_done", "close_application"),
        ),
    ),
    _application(
        "permission_change",
        SUBMIT_NAMED,
        WITHDRAW,
        CLAIM,
        HAND_BACK,
        APPROVE_NAMED,
        RETURN,
        REJECT,
        CHANGE_PERMISSIONS,
    ),
    _cancellation("user_cancellation", "M6.1", "第六条（一）"),
    _application(
        "enterprise_user",
        *_under(
            *_BY_SERVICE,
            _new_or_changed(SUBMIT),
            WITHDRAW,
            RETURN,
            REJECT,
            ISSUE_KEY,
            COMPLETE,
        ),
        CLAIM,
        HAND_BACK,
        CHECK_PAPERS,
        *_under(
            *_BY_SERVICE,
            replace(
                _new_or_changed(APPROVE, "papers_are_complete"),
                followed_by="configure",
            ),
        ),
        replace(
            CONFIGURE,
            automatic=True,
            permission=None,
            who=(),
            data="login_names",
            guards=("persons_are_free_or_without_key",),
            effects=("take_up_accounts", "open_accounts", "grant_items_of_type", "open_next_work"),
            rule="M4b",
            article="第四条",
        ),
    ),
    _cancellation("enterprise_cancellation", "M6.2", "第六条（二）"),
    _application(
        "business_deletion",
        *_under(
            "M6.3",
            "第六条（三）",
            replace(SUBMIT_NAMED, guards=(*SUBMIT_NAMED.guards, "cases_can_be_deleted")),
            WITHDRAW,
            RETURN,
            REJECT,
        ),
        CLAIM,
        HAND_BACK,
        DELETE_BUSINESS,
    ),
    _application(
        "login_restoration",
        *_under("M6.4", "第六条（四）", SUBMIT_NAMED, WITHDRAW, RETURN, REJECT),
        CLAIM,
        HAND_BACK,
        RESTORE_LOGIN,
    ),
)


class ApplicationKind(StrEnum):
    """The written applications: every kind that has a lifecycle, and no other."""

    _ignore_ = "_life"
    for _life in _LIVES:
        vars()[_life.subject.upper()] = _life.subject


APPLICATIONS: dict[ApplicationKind, Lifecycle] = {ApplicationKind(it.subject): it for it in _LIVES}

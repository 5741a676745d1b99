"""The life of a key, from its receipt to its destruction (第九条)."""

from app.catalog.enums import KeyState as K
from app.catalog.lifecycles.transitions import Lifecycle, Transition
from app.catalog.permissions import Permission
from app.i18n import N_

_STOCK = ("actor_keeps_this_stock",)

KEY = Lifecycle(
    subject="key",
    initial=K.RECEIVED,
    finals=frozenset({K.DESTROYED}),
    transitions=(
        Transition(
            action="stock",
            label=N_("Put in stock"),
            sources=(K.RECEIVED, K.RETURNED),
            target=K.IN_STOCK,
            permission=Permission.KEYS_ADD,
            who=_STOCK,
            effects=("write_movement",),
            tag="key:stocked",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="issue",
            label=N_("Issue"),
            sources=(K.IN_STOCK,),
            target=K.ISSUED,
            permission=Permission.KEYS_ISSUE,
            automatic=True,
            guards=("holder_has_no_other_key",),
            effects=("hand_key_to_holder", "write_movement"),
            tag="key:issued",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="take_back",
            label=N_("Take back"),
            confirm=N_("The holder has no key any more and cannot sign in until given another."),
            sources=(K.ISSUED,),
            target=K.RETURNED,
            permission=Permission.KEYS_TAKE_BACK,
            who=_STOCK,
            effects=("take_key_from_holder", "write_movement"),
            comment_required=True,
            tag="key:returned",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="report_lost",
            label=N_("Report lost"),
            confirm=N_("The key stops working at once."),
            sources=(K.ISSUED,),
            target=K.LOST,
            permission=Permission.KEYS_REPORT_LOST,
            effects=("take_key_from_holder", "write_movement"),
            comment_required=True,
            tag="key:lost",
            rule="M8",
            article="第八条",
            tone="danger",
        ),
        Transition(
            action="destroy",
            label=N_("Destroy"),
            confirm=N_("The key leaves the stock for good."),
            sources=(K.RECEIVED, K.IN_STOCK, K.RETURNED, K.LOST),
            target=K.DESTROYED,
            permission=Permission.KEYS_TAKE_BACK,
            who=_STOCK,
            effects=("write_movement",),
            comment_required=True,
            tag="key:destroyed",
            rule="M9",
            article="第九条",
            tone="danger",
        ),
    ),
)

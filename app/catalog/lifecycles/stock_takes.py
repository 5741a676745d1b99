"""The life of a count: serial numbers taken down, compared, every difference settled (第九条)."""

from app.catalog.enums import StockTakeState as S
from app.catalog.lifecycles.transitions import Lifecycle, Transition
from app.catalog.permissions import Permission
from app.i18n import N_

_OWN = ("actor_counts_own_stock",)

STOCK_TAKE = Lifecycle(
    subject="stock_take",
    initial=S.COUNTING,
    finals=frozenset({S.CLOSED, S.ABANDONED}),
    transitions=(
        Transition(
            action="count",
            label=N_("Take down serial numbers"),
            sources=(S.COUNTING,),
            target=None,
            permission=Permission.STOCK_TAKES_ADD,
            who=_OWN,
            data="counted_serials",
            effects=("take_down",),
            tag="stock_take:counted",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="compare",
            label=N_("Compare with the ledger"),
            confirm=N_("Nothing more can be counted; the differences are listed."),
            sources=(S.COUNTING,),
            target=S.COMPARED,
            permission=Permission.STOCK_TAKES_ADD,
            who=_OWN,
            effects=("list_differences",),
            tag="stock_take:compared",
            rule="M9",
            article="第九条",
            tone="primary",
        ),
        Transition(
            action="settle",
            label=N_("Settle a difference"),
            sources=(S.COMPARED,),
            target=None,
            permission=Permission.STOCK_TAKES_ADD,
            who=_OWN,
            data="difference",
            guards=("difference_is_open",),
            effects=("settle_difference",),
            comment_required=True,
            tag="stock_take:settled",
            rule="M9",
            article="第九条",
        ),
        Transition(
            action="finish",
            label=N_("Close the count"),
            confirm=N_("The report stands as it is from now on."),
            sources=(S.COMPARED,),
            target=S.CLOSED,
            permission=Permission.STOCK_TAKES_ADD,
            who=_OWN,
            guards=("differences_are_settled",),
            tag="stock_take:finished",
            rule="M9",
            article="第九条",
            tone="primary",
        ),
        Transition(
            action="abandon",
            label=N_("Abandon the count"),
            confirm=N_("What was taken down stays on record; nothing is compared."),
            sources=(S.COUNTING,),
            target=S.ABANDONED,
            permission=Permission.STOCK_TAKES_ADD,
            who=_OWN,
            effects=("stop_counting",),
            comment_required=True,
            tag="stock_take:abandoned",
            rule="M9",
            article="第九条",
        ),
    ),
)

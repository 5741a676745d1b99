"""Business that the demo's people answer for, and the archives that its keepers keep."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.catalog.enums import ArchiveState
from app.clock import office_date
from app.models.accounts import Account
from app.models.archives import ArchiveFile
from app.models.cases import Case
from app.services.cases import record_case
from app.services.commits import committing
from app.services.demo.cast import records
from app.services.demo.stage import Stage

PAGES = 9


def stories(stage: Stage) -> list[Iterator[datetime]]:
    """Return everything of `records.yaml`, to be told among the applications."""
    told = records()
    return [*(_business(stage, it) for it in told["business"]), _archives(stage, told["archives"])]


def _business(stage: Stage, plot: dict[str, Any]) -> Iterator[datetime]:
    yield stage.opening(plot["ago"])
    raw: dict[str, Any] = {
        "owner": _login(stage, plot["owner"]),
        "business_type": plot["type"],
        "district_code": plot["district"],
        **{name: plot[name] for name in ("number", "stage") if name in plot},
    }
    for name in ("opened", "accepted"):
        if name in plot:
            raw[f"{name}_at"] = stage.opening(plot[name]).isoformat()
    with (
        stage.person(plot["by"]) as actor,
        committing(
            stage.session,
            tag="cases:recorded",
            actor=actor,
            now=stage.now,
            subject_type="cases",
        ),
    ):
        identity = record_case(stage.session, raw=raw, actor=actor, now=stage.now).id
    if "closed" in plot:
        yield stage.after(plot["closed"])
        case = stage.session.scalars(select(Case).where(Case.id == identity)).one()
        stage.act(plot["by"], case, "close", comment=plot["comment"])


def _login(stage: Stage, owner: str) -> str:
    """Return the login name of an owner who is named by it, or by the own name."""
    if owner.isascii():
        return owner
    found = stage.session.scalars(select(Account.login_name).where(Account.name == owner))
    return found.one()


def _archives(stage: Stage, plots: list[dict[str, Any]]) -> Iterator[datetime]:
    shelved: list[int] = []
    for plot in plots:
        yield stage.opening(plot["ago"])
        if plot["do"] != "shelve":
            _hand_out(stage, plot, shelved[plot["file"] - 1])
            continue
        for volume, file in enumerate(_unfiled(stage, plot["by"], plot["files"]), start=1):
            data = {
                "box": plot["box"],
                "place": plot["place"],
                "volume": str(volume),
                "pages": PAGES + volume,
            }
            stage.act(plot["by"], file, "shelve", data=data)
            shelved.append(file.id)


def _unfiled(stage: Stage, keeper: str, count: int) -> list[ArchiveFile]:
    with stage.person(keeper):
        waiting = select(ArchiveFile).where(ArchiveFile.state == ArchiveState.UNFILED)
        return list(stage.session.scalars(waiting.order_by(ArchiveFile.id).limit(count)))


def _hand_out(stage: Stage, plot: dict[str, Any], identity: int) -> None:
    data = {"borrower": plot["borrower"], "purpose": plot["purpose"]}
    if "days" in plot:
        due = office_date(stage.now) + timedelta(days=plot["days"])
        data["due_on"] = due.isoformat()
    file = stage.session.scalars(select(ArchiveFile).where(ArchiveFile.id == identity)).one()
    stage.act(plot["by"], file, plot["do"], data=data)

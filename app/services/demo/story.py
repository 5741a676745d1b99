"""How one application of the demo comes about: its draft, its papers, act after act."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

from sqlalchemy import select

from app.catalog.lifecycles import ApplicationKind
from app.clock import office_date
from app.errors import Forbidden
from app.models.accounts import Account
from app.models.applications import Application, ApplicationLine
from app.models.keys import Key
from app.services.applications import class_of, open_draft, own_organization, save_draft
from app.services.commits import committing
from app.services.demo.cast import Plot, Step
from app.services.demo.specimens import specimen
from app.services.demo.stage import Stage
from app.services.materials import Place, attach
from app.workflow.columns import finder_of, items_asked
from app.workflow.regulation import papers_on

TICKS = {"original_seen": "original", "copy_kept": "copy", "copy_stamped": "stamp"}


class Story:
    """One plot on a stage; `tell()` yields the moment at which it wants to go on."""

    def __init__(self, stage: Stage, plot: Plot) -> None:
        """Begin nothing yet."""
        self.stage = stage
        self.plot = plot
        self.id = 0

    @property
    def application(self) -> Application:
        """The application as it stands."""
        return self.stage.session.scalars(
            select(Application).where(Application.id == self.id)
        ).one()

    def tell(self) -> Iterator[datetime]:
        """Do everything, each step at its time."""
        yield self.stage.opening(self.plot.ago)
        self._draft()
        if self.plot.attach:
            yield self.stage.after(0)
            self._attach()
        for step in self.plot.steps:
            yield self.stage.after(step.days)
            self._do(step)

    def _draft(self) -> None:
        stage = self.stage
        raw = self._raw()
        with stage.person(self.plot.by) as actor:
            organization = own_organization(stage.session, actor)
            with committing(
                stage.session,
                tag="application:drafted",
                actor=actor,
                now=stage.now,
                subject_type="application",
            ):
                application, _problems = open_draft(
                    stage.session,
                    kind=ApplicationKind(self.plot.kind),
                    organization=organization,
                    raw=raw,
                    actor=actor,
                    now=stage.now,
                    strict=False,
                )
            self.id = application.id

    def _attach(self) -> None:
        stage, application = self.stage, self.application
        day = office_date(stage.now)
        wanted = self.plot.attach
        with (
            stage.person(self.plot.by) as actor,
            committing(
                stage.session,
                tag="material:added",
                actor=actor,
                now=stage.now,
                subject_type="application",
                subject_id=application.id,
            ),
        ):
            for paper in papers_on(stage.session, application.organization, day):
                if wanted != "all" and paper.code not in wanted:
                    continue
                owners = [line.id for line in application.lines] if paper.per_person else [None]
                for line_id in owners:
                    ending, content = specimen(paper.name_zh, application.number, stage.papers)
                    stage.papers += 1
                    attach(
                        stage.session,
                        application,
                        Place(paper_code=paper.code, line_id=line_id),
                        stream=BytesIO(content),
                        filename=f"{paper.name_zh}.{ending}",
                        store=stage.store,
                        actor=actor,
                        now=stage.now,
                    )

    def _raw(self, step: Step | None = None) -> dict[str, Any]:
        """Return the form as it is typed, mended by `step`."""
        changed = step.items if step else {}
        asks = items_asked(class_of(ApplicationKind(self.plot.kind)).line_class)
        lines: list[dict[str, Any]] = [self._named(entry) for entry in self.plot.named]
        for position, (person, items) in enumerate(self.plot.lines, start=1):
            line: dict[str, Any] = person.entries()
            if asks is not None:
                line[asks.name] = list(changed.get(position, items))
            lines.append(line)
        header = dict(self.plot.header)
        if step and step.responsible_person:
            header["responsible_person"] = step.responsible_person
        return {**header, "lines": lines}

    def _named(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return a line on somebody of the applicant's organisation, with the own number if asked.

        `case` names the type of a piece of business that is found there and put on record first.
        """
        stage = self.stage
        line_class = class_of(ApplicationKind(self.plot.kind)).line_class
        finder = finder_of(line_class)
        assert finder is not None
        account = stage.session.scalars(
            select(Account).where(
                Account.name == entry["person"],
                Account.organization_id == stage.account(self.plot.by).organization_id,
            )
        ).one()
        line = {finder.name: account.login_name, **entry}
        del line["person"]
        if "citizen_id" in line_class.columns:
            line |= {"sex": account.sex.value, "citizen_id": account.citizen_id}
        if business_type := line.pop("case", None):
            line["case_numbers"] = stage.find_business(account, business_type)
        return line

    def _do(self, step: Step) -> None:
        special = getattr(self, f"_do_{step.do}", None)
        if special is not None:
            special(step)
            return
        subject = self._subject(step)
        try:
            outcome = self.stage.act(
                step.by or self.plot.by,
                subject,
                step.do,
                data=self._data(step),
                comment=step.comment,
            )
        except Forbidden:
            if step.refused:
                return
            raise
        for told in outcome.secrets.get("lines", []):
            line = self._line(told["position"])
            assert line.account is not None
            self.stage.learn(line.account.login_name, told["initial_password"])

    def _do_edit(self, step: Step) -> None:
        stage, application = self.stage, self.application
        raw = self._raw(step)
        for line, entry in zip(application.lines, raw["lines"], strict=True):
            entry["id"] = line.id
        with (
            stage.person(self.plot.by) as actor,
            committing(
                stage.session,
                tag="application:edited",
                actor=actor,
                now=stage.now,
                subject_type="application",
                subject_id=application.id,
            ),
        ):
            save_draft(stage.session, application, raw, actor=actor, now=stage.now, strict=True)

    def _do_sign_in(self, step: Step) -> None:
        account = self._account(step)
        self.stage.sign_in(account.login_name)
        if step.account:
            self.stage.renew_password(account.login_name)
            self.stage.listed_holders.append(account.login_name)

    def _subject(self, step: Step) -> Application | Account | Key:
        if step.subject == "account":
            return self._account(step)
        if step.subject == "key":
            key = self._line(step.line).key
            assert key is not None
            return key
        return self.application

    def _account(self, step: Step) -> Account:
        account = self._line(step.line).account
        assert account is not None
        return account

    def _line(self, position: int | None) -> ApplicationLine:
        return next(line for line in self.application.lines if line.position == position)

    def _data(self, step: Step) -> dict[str, Any]:
        if step.do == "submit":
            return {"pledge": True}
        if step.do == "issue_key":
            return {"lines": self._keys(step)}
        if step.ticks:
            return {"papers": self._ticks(step.ticks)}
        return step.data

    def _keys(self, step: Step) -> list[dict[str, Any]]:
        officer = step.by or self.plot.by
        positions = step.keys or tuple(line.position for line in self.application.passed_lines())
        return [
            {"position": position, "key_serial": self.stage.next_key(officer, besides=place)}
            for place, position in enumerate(positions)
        ]

    def _ticks(self, wanted: Any) -> list[dict[str, Any]]:
        application = self.application
        papers = {
            paper.code: paper
            for paper in papers_on(
                self.stage.session, application.organization, office_date(self.stage.now)
            )
        }
        return [
            {
                "id": check.id,
                **{tick: getattr(papers[check.paper_code], rule) for tick, rule in TICKS.items()},
            }
            for check in application.paper_checks
            if wanted == "all" or check.paper_code in wanted
        ]

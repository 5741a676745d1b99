"""An office with something of everything in it, for tests of who sees what."""

from app.catalog.enums import ApplicationState, Category, OfficeCode
from app.models.accounts import Account
from app.models.applications import Application
from app.models.keys import Key
from app.models.materials import Material
from app.models.stock import StockTake
from app.services.stock_takes import begin_count
from tests.support.archives import borrower, lent
from tests.support.cases import some_of_everybodys
from tests.support.counter import bind_everybodys
from tests.support.factories import Office, administrator_of, staff_of
from tests.support.paper_desk import something_in_every_tray
from tests.support.rows import waiting_run

HOLDER = "holder"


def populate(office: Office) -> None:
    """Rows of every scoped model, of several units and at several steps."""
    office.draft("east")
    office.submitted("west", Category.TRANSACTION, Category.REGISTRATION)
    office.submitted("bank")
    office.standing_at(ApplicationState.COMPLETED, "east", people=2)
    office.standing_at(ApplicationState.CONFIGURED, "agency")
    office.standing_at(ApplicationState.COMPLETED, "developer", people=2)
    office.submitted("commission", Category.SYSTEM)
    returned = office.submitted("west")
    remarks = {"remarks": [{"field": "lines.1.name", "text": "?"}]}
    office.perform(staff_of(OfficeCode.REG), returned, "return", comment="?", data=remarks)
    for number, unit in enumerate(("west", "bank"), start=1):
        form = office.session.query(Application).filter_by(
            organization_id=office.organization(unit).id
        )
        office.session.add(
            Material(
                application_id=form.first().id,
                paper_code="application_form",
                filename="form.pdf",
                content_type="application/pdf",
                size=number,
                sha256="0" * 64,
                uploaded_by_id=office.account(administrator_of(unit)).id,
                uploaded_at=office.now,
            )
        )
    something_in_every_tray(office)
    office.perform(staff_of(OfficeCode.MKT), 2, "claim", idempotency_key="seen")
    for login in (administrator_of("west"), staff_of(OfficeCode.REG)):
        office.session.add(waiting_run(office.account(login).id, office.now))
    bind_everybodys(office)
    keeper = staff_of(OfficeCode.SERVICE)
    sent = office.session.query(Key).filter_by(serial="SERVICE-0006").one().id
    data = {"office_code": "RESEARCH"}
    office.perform(keeper, sent, "transfer", model=Key, comment="?", data=data)
    with office.acting(keeper) as actor:
        count = begin_count(office.session, {}, actor=actor, now=office.now).id
    office.perform(keeper, count, "count", model=StockTake, data={"serials": "SERVICE-0005"})
    child = office.organization("institute")
    child.parent_id = office.organization("bank").id
    someone = office.session.query(Account).filter_by(state="active").first()
    someone.login_name = someone.login_key = HOLDER
    office.session.commit()
    some_of_everybodys(office, HOLDER)
    lent(office, borrower(office))

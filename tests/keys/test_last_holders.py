"""What the migration to two offices reads from the ledger: whose each key was last."""

import pytest
from sqlalchemy import select

from app.catalog.enums import KeyState
from app.extensions import db
from app.models.keys import Key
from tests.support.hands import activate


@pytest.mark.rule("M9")
def test_whose_a_key_was_last_is_read_from_the_ledger(office, runner):
    held = activate(office, "reg1").id
    gave_back = activate(office, "mkt1").id
    stocked_again = activate(office, "info1").id
    for serial, actions in (
        ("RESEARCH-0002", ("take_back",)),
        ("RESEARCH-0003", ("take_back", "stock")),
    ):
        key = office.session.scalars(select(Key).where(Key.serial == serial)).one()
        for action in actions:
            office.perform("research2", key.id, action, model=Key, comment="交回")
    office.session.commit()
    db.session.remove()

    for arguments in (["db", "downgrade", "0004"], ["db", "upgrade"]):
        result = runner.invoke(args=arguments)
        assert result.exit_code == 0, result.output

    rows = db.session.execute(
        select(Key.serial, Key.state, Key.holder_id, Key.last_holder_id)
        .where(Key.serial.like("RESEARCH-000%"))
        .order_by(Key.serial)
        .execution_options(unscoped="rows as the migration left them")
    ).all()
    assert stocked_again
    assert rows[:4] == [
        ("RESEARCH-0001", KeyState.ISSUED, held, held),
        ("RESEARCH-0002", KeyState.RETURNED, None, gave_back),
        ("RESEARCH-0003", KeyState.IN_STOCK, None, None),
        ("RESEARCH-0004", KeyState.IN_STOCK, None, None),
    ]

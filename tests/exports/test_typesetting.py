"""What somebody may write, somebody may print: no character is a fault of the server."""

import pytest

from app.services.export_pdf import write_pdf
from tests.support.factories import NOON
from tests.support.paper import Paper


@pytest.mark.parametrize("odd", ["\x14", "\U0002f803", "\U0001f511"])
def test_a_character_that_the_type_lacks_stops_no_document(odd: str) -> None:
    made = write_pdf("账号", "1", ["姓名"], [[f"赵{odd}民"]], at=NOON)

    assert "赵" in Paper(made).text(0)

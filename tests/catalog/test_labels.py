"""Every vocabulary of the catalogue has a label for each member."""

import pytest

from app.catalog.labels import label_of
from app.catalog.types import Act, PaperGroup, RoadAction, RuleOrigin


@pytest.mark.parametrize(
    "member", [*Act, *RoadAction, *PaperGroup, *RuleOrigin], ids=lambda m: f"{type(m).__name__}-{m}"
)
def test_a_member_has_a_label(member):
    assert label_of(member)

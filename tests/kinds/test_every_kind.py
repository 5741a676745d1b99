"""What holds for every kind of form: read off the catalogue, so that a tenth is held to it too."""

import pytest

from app.catalog.enums import ApplicationKind, ApplicationState
from app.catalog.lifecycles import APPLICATIONS
from tests.support.factories import Office
from tests.support.kinds import finished, sent

KINDS = sorted(APPLICATIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_goes_its_road_to_the_end(office: Office, kind: ApplicationKind):
    identity = sent(office, kind)
    done = finished(office, identity)
    assert done.state == ApplicationState.COMPLETED
    assert done.closed_at is not None
    assert [w.action for w in done.work_items] == [
        step["action"]
        for step in done.road
        if step["category"] in {None, *(c.value for c in done.categories())}
    ]

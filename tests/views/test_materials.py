"""Papers sent in and shown: judged by content, within reach only, harmless in a browser."""

import io
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.models.applications import Application
from app.models.materials import Material
from app.views.materials import store
from tests.support.factories import Office, administrator_of
from tests.support.pages import Browser

Enter = Callable[..., Browser]
JSON = {"Accept": "application/json"}
FORM = "application_form"


def picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(target, kind)
    return target.getvalue()


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.txt", b"0" * 10_000_000)
    return target.getvalue()


def attach(
    who: Browser,
    identity: int | str,
    content: bytes,
    name: str = "paper.png",
    *,
    code: str = FORM,
    **more: Any,
) -> TestResponse:
    data = {"file": (io.BytesIO(content), name), "paper_code": code, **more}
    path = identity if isinstance(identity, str) else f"/applications/{identity}/papers"
    return who.post(path, data, headers=JSON, content_type="multipart/form-data")


@pytest.fixture
def developer(browser: Enter) -> Browser:
    return browser(administrator_of("developer"))


# --- Sending in


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize(
    ("kind", "content_type", "shown_as"),
    [
        ("PNG", "image/png", "image/png"),
        ("JPEG", "image/jpeg", "image/jpeg"),
        ("PDF", "application/pdf", "application/pdf"),
        ("TIFF", "image/tiff", "image/png"),
    ],
)
def test_a_paper_is_kept_and_shown_for_what_it_is(
    developer: Browser, office: Office, kind: str, content_type: str, shown_as: str
) -> None:
    content, draft = picture(kind), office.draft("developer")

    answer = attach(developer, draft, content, f"营业执照.{kind.lower()}", code="business_licence")

    assert answer.status_code == 201
    kept = office.session.scalars(select(Material)).one()
    assert (kept.content_type, kept.sha256) == (content_type, sha256(content).hexdigest())
    assert answer.json["name"].startswith("营业执照")
    shown = developer.get(answer.json["view_url"])
    assert (shown.status_code, shown.content_type) == (200, shown_as)
    assert shown.headers["Content-Disposition"] == "inline"
    saved = developer.get(answer.json["url"])
    assert saved.data == content
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert office.last_event().tag == "material:added"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.png"),
        (b"<html><script>alert(1)</script>", "page.png"),
        (b"MZ\x90\x00", "licence.pdf"),
        (archive(), "bomb.zip"),
        (picture("PNG") + archive(), "both.png"),
        (b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(x)>>>>endobj", "script.pdf"),
    ],
)
def test_what_is_no_paper_is_refused_with_words(
    developer: Browser, office: Office, session: Session, content: bytes, name: str
) -> None:
    answer = attach(developer, office.draft("developer"), content, name)

    assert answer.status_code == 422
    assert answer.json["details"][0]["field"] == "file"
    assert answer.json["details"][0]["message"]
    assert session.scalars(select(Material)).all() == []
    assert office.refusals()[-1].tag == "material:added"


def test_a_file_beyond_the_limit_is_refused(developer: Browser, office: Office) -> None:
    content = picture("PNG") + b"\x00" * (20 * 1024 * 1024)

    answer = attach(developer, office.draft("developer"), content)

    assert answer.status_code == 422
    assert "20" in answer.json["details"][0]["message"]


def test_far_too_much_is_cut_off_by_the_server(developer: Browser, office: Office) -> None:
    answer = attach(developer, office.draft("developer"), b"\x00" * (26 * 1024 * 1024))

    assert answer.status_code == 413
    assert answer.json["code"] == "too_large"


def test_no_file_at_all_is_said_to_be_none(developer: Browser, office: Office) -> None:
    path = f"/applications/{office.draft('developer')}/papers"

    assert developer.post(path, {"paper_code": FORM}, headers=JSON).status_code == 422


def test_names_of_files_lead_nowhere(developer: Browser, office: Office, session: Session) -> None:
    draft = office.draft("developer")
    for name in ("../../etc/passwd", "a\x00.png", "x" * 500, "<b>.png"):
        assert attach(developer, draft, picture("PNG"), name).status_code == 201

    for kept in session.scalars(select(Material)):
        assert not set(kept.filename) & set("/\\\x00\r\n<>")
        header = developer.get(f"/file/{kept.id}?download=1").headers["Content-Disposition"]
        assert "\n" not in header


def test_a_paper_nobody_asks_for_is_refused(developer: Browser, office: Office) -> None:
    draft = office.draft("developer")
    foreign = office.application(office.draft("east")).lines[0].id

    unknown = attach(developer, draft, picture("PNG"), code="financial_licence")
    not_on_it = attach(developer, draft, picture("PNG"), line_id=str(foreign))

    assert unknown.json["details"][0]["field"] == "paper_code"
    assert not_on_it.json["details"][0]["field"] == "line_id"
    assert unknown.status_code == not_on_it.status_code == 422


def test_a_paper_can_come_before_the_first_save(
    developer: Browser, office: Office, session: Session
) -> None:
    path = "/applications/new/enterprise_user/papers?key=page-7"

    first = attach(developer, path, picture("PNG"))
    second = attach(developer, path, picture("JPEG"), "two.jpg")

    assert (first.status_code, second.status_code) == (201, 201)
    draft = session.scalars(select(Application)).one()
    assert len(draft.materials) == 2
    saved = developer.post(
        "/applications/new/enterprise_user",
        {"idempotency_key": "page-7", "lines-count": "0", "action": "save"},
    )
    assert saved.location == f"/applications/{draft.id}/edit"


# --- Whose papers


@pytest.mark.rule("M5.2")
def test_papers_are_seen_by_who_sees_the_form_and_by_nobody_else(
    browser: Enter, developer: Browser, office: Office
) -> None:
    identity = office.draft("developer")
    address = attach(developer, identity, picture("PNG")).json["view_url"]
    everybody = {
        "developer.admin": 200,
        "bank.admin": 404,
        "east.admin": 404,
        "service1": 404,
        "reg1": 404,
        "auditor": 200,
        "security_administrator": 403,
    }
    assert {login: browser(login).get(address).status_code for login in everybody} == everybody

    office.perform("developer.admin", identity, "submit")

    assert browser("service1").get(address).status_code == 200
    assert browser("reg1").get(address).status_code == 404
    assert browser().get(address).status_code == 302


def test_nobody_attaches_to_another_organizations_form(browser: Enter, office: Office) -> None:
    draft = office.draft("developer")

    assert attach(browser("bank.admin"), draft, picture("PNG")).status_code == 404
    assert attach(browser("service1"), draft, picture("PNG")).status_code == 403
    assert attach(browser(), draft, picture("PNG")).status_code == 401


def test_nothing_is_attached_to_or_taken_off_a_form_that_was_handed_in(
    developer: Browser, office: Office, session: Session
) -> None:
    identity = office.draft("developer")
    attach(developer, identity, picture("PNG"))
    office.perform("developer.admin", identity, "submit")
    kept = session.scalars(select(Material)).one().id

    assert attach(developer, identity, picture("PNG")).status_code == 409
    assert developer.post(f"/file/{kept}/remove", headers=JSON).status_code == 409
    assert session.get(Material, kept) is not None


def test_the_applicant_takes_a_paper_off_the_own_draft(
    browser: Enter, developer: Browser, office: Office, session: Session
) -> None:
    identity = office.draft("developer")
    removal = attach(developer, identity, picture("PNG")).json["delete_url"]
    assert browser("bank.admin").post(removal).status_code == 404
    assert developer.get(removal).status_code == 405

    answer = developer.post(removal)

    assert answer.location == f"/applications/{identity}/edit#papers"
    assert session.scalars(select(Material)).all() == []
    assert office.last_event().tag == "material:removed"


# --- Harmless in a browser


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PDF", "TIFF"])
def test_a_shown_paper_can_run_nothing_and_is_framed_by_us_alone(
    developer: Browser, office: Office, kind: str
) -> None:
    address = attach(developer, office.draft("developer"), picture(kind)).json["view_url"]

    headers = developer.get(address).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert ("sandbox" in policy) == (kind != "PDF")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in headers["Cache-Control"]


def test_a_file_that_is_gone_from_the_store_is_not_found(
    developer: Browser, office: Office, session: Session, app: Any
) -> None:
    address = attach(developer, office.draft("developer"), picture("PNG")).json["view_url"]
    kept = session.scalars(select(Material)).one()
    with app.app_context():
        place = store().root / kept.sha256[:2] / kept.sha256[2:4] / kept.sha256
    place.unlink()

    assert developer.get(address).status_code == 404

"""At the counter: no key is handed out but the one that has shown itself (M4, M8)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.catalog.enums import ApplicationState, AuditOutcome, KeyState, OfficeCode
from app.catalog.lifecycles import KEY
from app.clock import now
from app.errors import InvalidInput, Refused
from app.models.accounts import Account
from app.models.key_credentials import KeyChallenge, KeyCredential
from app.models.keys import Key
from app.models.notices import Notice
from app.security.key_policy import holding
from app.services.accounts import open_account
from app.services.key_bindings import ask_to_bind
from tests.support.authenticator import Authenticator, Excluded
from tests.support.counter import in_by_key, with_key
from tests.support.pages import Browser, buttons, decide, page_of
from tests.support.rest import Rest, fields

CHALLENGE, BINDINGS = "key_credentials/challenge", "key_credentials/"


@pytest.fixture
def officer(rest, counter) -> Rest:
    """An officer of the research centre, signed in with the own key."""
    somebody = rest()
    assert with_key(somebody, "research2", counter.bind("research2")).status_code == 200
    return somebody


@pytest.fixture
def waiting(office) -> tuple[int, int, str]:
    """A form at the counter: its id, the account of its one person, a serial of the stock."""
    identity = office.standing_at(ApplicationState.CONFIGURED, "east")
    line = office.application(identity).lines[0]
    return identity, line.account_id, office.free_serials(OfficeCode.RESEARCH)[0]


def asked(who: Rest, serial: str, account: int, **more: object):
    return who.post(CHALLENGE, {"key_serial": serial, "account_id": account, **more})


def bound(who: Rest, serial: str, account: int, device: Authenticator, **lies: object):
    question = asked(who, serial, account).json
    credential = device.create(question["public_key"], **lies)
    return who.post(BINDINGS, {"ticket": question["ticket"], "credential": credential})


def handed(who: Rest, identity: int, serial: str):
    data = {"lines": [{"position": 1, "key_serial": serial}]}
    return who.act("applications", identity, "issue_key", data=data)


@pytest.mark.rule("M4", "M8")
def test_a_bound_key_is_handed_out_and_opens_the_door(rest, office, officer, waiting):
    identity, account, serial = waiting
    device = Authenticator()
    answer = bound(officer, serial, account, device)
    assert answer.status_code == 201, answer.json
    assert (answer.json["result"]["account_id"], answer.json["result"]["ended_at"]) == (
        account,
        None,
    )
    event = office.last_event()
    assert (event.tag, event.outcome, event.rule) == ("key:bound", AuditOutcome.DONE, "M8")

    issued = handed(officer, identity, serial)

    assert issued.status_code == 200, issued.json
    told = issued.json["result"]["lines"][0]
    first, login = told["initial_password"], told["login_name"]
    somebody = rest()
    question = somebody.sign_in(login, first).json
    said = {"ticket": question["ticket"], "credential": device.get(question["public_key"])}
    entered = somebody.post("security/login/key", said)
    assert entered.status_code == 200
    assert entered.json["must_change_password"] is True


@pytest.mark.rule("M4")
def test_an_unbound_key_is_not_handed_out_and_is_named(office, officer, waiting):
    identity, account, serial = waiting

    answer = handed(officer, identity, serial)

    assert (answer.status_code, answer.json["code"]) == (422, "key_not_bound")
    assert fields(answer) == {"lines.1.key_serial": "key_not_bound"}
    assert serial in answer.json["details"][0]["message"]
    assert office.session.get_one(Account, account).state == "pending"
    assert office.last_event().outcome == AuditOutcome.REFUSED


@pytest.mark.rule("M4", "M8")
def test_a_key_bound_to_another_person_is_not_handed_out(office, officer):
    identity = office.standing_at(ApplicationState.CONFIGURED, "east", people=2)
    first, second = office.application(identity).lines
    one, other = office.free_serials(OfficeCode.RESEARCH)[:2]
    assert bound(officer, one, first.account_id, Authenticator()).status_code == 201
    assert bound(officer, other, second.account_id, Authenticator()).status_code == 201

    data = {"lines": [{"position": 1, "key_serial": other}, {"position": 2, "key_serial": one}]}
    answer = officer.act("applications", identity, "issue_key", data=data)

    assert answer.status_code == 422
    assert set(fields(answer).values()) == {"key_not_bound"}
    assert {d["field"] for d in answer.json["details"]} == {
        "lines.1.key_serial",
        "lines.2.key_serial",
    }


@pytest.mark.rule("M4")
def test_an_account_opened_by_hand_gets_a_bound_key_only(office, officer, counter):
    account = office.account("bank.admin").id
    with holding(required=False):
        key = counter.key_of("bank.admin")
        office.perform("service1", key.id, "take_back", model=Key, comment="?")
    opened = office.account("bank.admin")
    assert opened.state == "active"
    from app.workflow.engine import door_open

    with door_open():
        opened.state = "pending"
        office.session.commit()
    serial = office.free_serials(OfficeCode.SERVICE)[0]
    data = {"key_serial": serial}

    with pytest.raises(Refused) as refusal:
        office.perform("service1", account, "issue_key", model=Account, data=data)
    assert [(d.field, d.code) for d in refusal.value.details] == [
        ("data.key_serial", "key_not_bound")
    ]

    counter.bind("bank.admin", serial)
    outcome = office.perform("service1", account, "issue_key", model=Account, data=data)
    assert outcome.result["key_serial"] == serial


@pytest.mark.rule("M8")
def test_the_key_that_is_still_plugged_in_is_not_bound_a_second_time(office, officer, waiting):
    _identity, account, serial = waiting
    device = Authenticator()
    assert bound(officer, serial, account, device).status_code == 201
    other = office.account("west.admin").id
    elsewhere = office.free_serials(OfficeCode.RESEARCH)[1]

    question = asked(officer, elsewhere, other).json
    with pytest.raises(Excluded):
        device.create(question["public_key"])


@pytest.mark.rule("M8")
def test_a_credential_stands_for_one_key_for_ever(office, officer, waiting):
    _identity, account, serial = waiting
    fixed = b"c" * 32
    assert bound(officer, serial, account, Authenticator(name=fixed)).status_code == 201
    other = office.account("west.admin").id
    elsewhere = office.free_serials(OfficeCode.RESEARCH)[1]

    answer = bound(officer, elsewhere, other, Authenticator(name=fixed))

    assert (answer.status_code, answer.json["code"]) == (422, "key_bound_elsewhere")
    assert serial in answer.json["message"]


@pytest.mark.rule("M8")
def test_a_question_for_one_number_binds_no_other(office, officer, waiting):
    _identity, account, serial = waiting
    other = office.free_serials(OfficeCode.RESEARCH)[1]
    device = Authenticator()
    one, two = asked(officer, serial, account).json, asked(officer, other, account).json

    answer = officer.post(
        BINDINGS, {"ticket": two["ticket"], "credential": device.create(one["public_key"])}
    )

    assert (answer.status_code, answer.json["code"]) == (422, "wrong_challenge")
    assert office.count(KeyCredential, KeyCredential.ended_at.is_(None)) == 1


@pytest.mark.rule("M8")
def test_a_question_binds_once_and_only_for_who_asked(rest, office, officer, waiting, counter):
    _identity, account, serial = waiting
    question = asked(officer, serial, account).json
    said = {
        "ticket": question["ticket"],
        "credential": Authenticator().create(question["public_key"]),
    }
    colleague = rest()
    with_key(colleague, "research1", counter.bind("research1"))
    assert colleague.post(BINDINGS, said).json["code"] == "challenge_expired"
    assert officer.post(BINDINGS, said).status_code == 201
    assert officer.post(BINDINGS, said).json["code"] == "challenge_expired"


def test_a_question_of_yesterday_binds_nothing(office, officer, waiting, session):
    _identity, account, serial = waiting
    question = asked(officer, serial, account).json
    row = session.scalars(select(KeyChallenge).order_by(KeyChallenge.id.desc())).first()
    row.expires_at = now() - timedelta(seconds=1)
    session.commit()
    credential = Authenticator().create(question["public_key"])
    answer = officer.post(BINDINGS, {"ticket": question["ticket"], "credential": credential})
    assert answer.json["code"] == "challenge_expired"


@pytest.mark.rule("M8")
@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ((Authenticator(origin="https://evil.example"), {}), "wrong_origin"),
        ((Authenticator(copied=True), {}), "key_can_be_copied"),
        ((Authenticator(), {"type": "webauthn.get"}), "answer_invalid"),
    ],
)
def test_what_proves_nothing_is_not_bound(office, officer, waiting, shown, code):
    device, lies = shown
    _identity, account, serial = waiting
    answer = bound(officer, serial, account, device, **lies)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert office.last_event().tag == "key:bound"
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_a_key_in_stock_can_be_bound_anew_and_the_former_binding_ends(office, officer, waiting):
    _identity, account, serial = waiting
    bound(officer, serial, account, Authenticator())
    other = office.free_serials(OfficeCode.RESEARCH)[1]

    assert bound(officer, other, account, Authenticator()).status_code == 201

    rows = office.session.scalars(
        select(KeyCredential).where(KeyCredential.account_id == account).order_by(KeyCredential.id)
    ).all()
    assert [row.ended_by for row in rows] == ["bound_anew", None]
    assert "key:unbound" in [event.tag for event in office.events()]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"key_serial": "NO-SUCH-KEY"}, 422, "unknown_key"),
        ({"key_serial": "SERVICE-0001"}, 422, "not_your_stock"),
        ({"key_serial": ""}, 422, "required"),
        ({"key_serial": "x" * 99}, 422, None),
        ({"key_serial": 7}, 422, "not_text"),
        ({"account_id": 10**12}, 422, "not_a_number"),
        ({"account_id": True}, 422, "not_a_number"),
        ({"account_id": 999_999}, 404, "not_found"),
        ({"account_id": None}, 422, "required"),
        ({"account_id": None, "login_name": "nobody.here"}, 404, "not_found"),
        ({"more": 1}, 422, "unknown_field"),
    ],
)
def test_what_cannot_be_bound_is_refused_by_its_field(officer, waiting, said, status, code):
    _identity, account, serial = waiting
    body = {"key_serial": serial, "account_id": account, **said}
    answer = officer.post(CHALLENGE, {k: v for k, v in body.items() if v is not None})
    assert answer.status_code in {status, 400}
    if code:
        assert code in {answer.json["code"], *(d["code"] for d in answer.json["details"])}


@pytest.mark.rule("X4")
def test_nobody_binds_the_own_key(officer, office):
    own = office.account("research2").id
    answer = asked(officer, office.free_serials(OfficeCode.RESEARCH)[0], own)
    assert (answer.status_code, answer.json["code"]) == (422, "own_account")


@pytest.mark.rule("M8")
def test_a_bound_key_in_use_is_not_bound_to_another_device(officer, office, counter):
    counter.bind("east.admin")
    key, account = counter.key_of("east.admin"), office.account("east.admin").id
    answer = asked(officer, key.serial, account)
    assert (answer.status_code, answer.json["code"]) == (422, "key_bound")
    other = office.account("west.admin").id
    assert asked(officer, key.serial, other).json["code"] == "key_not_in_stock"


def test_the_holder_is_told_when_a_key_in_use_is_bound(office, counter):
    counter.bind("east.admin")
    told = office.account("east.admin").id
    codes = office.session.scalars(select(Notice.code).where(Notice.account_id == told)).all()
    assert "key_bound" in codes


@pytest.mark.parametrize("login", ["reg1", "auditor", "east.admin", "security_administrator"])
def test_only_who_issues_keys_binds_them(rest, office, counter, waiting, login):
    _identity, account, serial = waiting
    somebody = rest()
    with_key(somebody, login, counter.bind(login))
    assert asked(somebody, serial, account).status_code == 403
    assert somebody.post(BINDINGS, {"ticket": "x", "credential": {}}).status_code == 403


def test_where_the_office_has_named_no_address_no_key_is_bound(office, counter):
    with holding(required=False, named=False), pytest.raises(Refused) as refusal:
        counter.bind("east.admin")
    assert refusal.value.code == "binding_switched_off"


@pytest.mark.rule("M4")
def test_switched_off_a_key_is_handed_out_by_its_number(office, waiting):
    identity, _account, serial = waiting
    data = {"lines": [{"position": 1, "key_serial": serial}]}
    with holding(required=False):
        assert office.perform("research2", identity, "issue_key", data=data).state == "completed"


def test_every_movement_out_of_the_holders_hands_or_the_office_ends_the_binding():
    """Of all that can befall a key, only being handed out and being counted in leave it bound."""
    ending = {"take_key_from_holder", "end_binding"}
    silent = {t.action for t in KEY.transitions if not ending & set(t.effects)}
    never_bound = {KeyState.RECEIVED, KeyState.RETURNED, KeyState.IN_TRANSIT, KeyState.LOST}
    assert {
        t.action
        for t in KEY.transitions
        if t.action in silent and not set(t.sources) <= never_bound
    } == {"issue"}


def test_the_issue_page_offers_to_bind_and_names_what_is_not(browser, office, counter, waiting):
    identity, account, serial = waiting
    who: Browser = browser()
    assert in_by_key(who, "research2", counter.bind("research2")).status_code == 303
    shown = page_of(who, identity)
    assert "data-bind" in shown
    assert f'data-account="{account}"' in shown
    assert "issue_key" in buttons(shown)
    line = office.application(identity).lines[0].id

    answer = decide(who, identity, "issue_key", **{f"line-{line}-key_serial": serial})
    assert answer.status_code == 422
    assert f'id="line-{line}-key_serial-error"' in answer.text

    login = office.session.get_one(Account, account).login_name
    counter.bind(login, serial, by="research2")
    assert f'data-bound="{serial}"' in page_of(who, identity)
    done = decide(who, identity, "issue_key", **{f"line-{line}-key_serial": serial})
    assert done.status_code == 200
    assert 'class="secret"' in done.text


def test_a_key_in_use_is_bound_from_its_own_page(browser, office, counter):
    who: Browser = browser()
    in_by_key(who, "research2", counter.bind("research2"))
    key = counter.key_of("east.admin")
    assert f'data-serial="{key.serial}"' in who.get(f"/keys/{key.id}").text
    counter.bind("east.admin")
    page = who.get(f"/keys/{counter.key_of('east.admin').id}").text
    assert "data-bind" not in page
    assert 'id="binding"' in page
    assert key.serial in who.get("/key_credentials/").text


def test_an_account_opened_by_hand_is_served_on_its_own_page(browser, office, counter):
    who: Browser = browser()
    in_by_key(who, "research2", counter.bind("research2"))
    with office.acting("security_administrator") as actor:
        account = open_account(
            office.session,
            raw={
                **office.person(),
                "login_name": "by.hand",
                "organization_id": office.organization("commission").id,
                "office_code": "REG",
                "roles": ["reviewer"],
            },
            actor=actor,
            now=office.now,
        ).id
        office.session.commit()
    serial = office.free_serials(OfficeCode.RESEARCH)[0]
    path = f"/accounts/{account}/actions/issue_key"
    assert 'data-field="key_serial"' in who.get(path).text

    assert who.post(path, {"key_serial": serial}).status_code == 422
    counter.bind("by.hand", serial, by="research2")
    assert f'data-bound="{serial}"' in who.get(path).text
    assert who.post(path, {"key_serial": serial}).status_code == 200


def test_asking_beyond_reach_or_form_is_refused(office, officer, waiting):
    identity, account, serial = waiting
    with office.acting("research2") as actor, pytest.raises(InvalidInput):
        ask_to_bind(office.session, "", account, actor=actor, now=office.now)
    with_form = asked(officer, serial, account, application_id=identity).json
    credential = Authenticator().create(with_form["public_key"])
    made = officer.post(BINDINGS, {"ticket": with_form["ticket"], "credential": credential})
    assert made.json["result"]["application_id"] == identity

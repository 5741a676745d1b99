"""The rules of a day, as pages ask for them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from app.catalog.enums import Category, LegalForm, OfficeCode
from app.catalog.enums import OrganizationType as Tier
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.types import Text
from app.i18n import pick
from app.security.actor import Actor
from app.services import regulations
from app.services.catalog import sync
from tests.support.catalogues import altered, entry_of

CATALOG = load_catalog()
NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
TODAY = date(2026, 11, 21)
YESTERDAY = TODAY - timedelta(days=1)


def codes(papers) -> list[str]:
    return [paper.code for paper in papers]


@pytest.mark.rule("M11")
def test_an_article_reads_as_it_did_on_the_day_asked_for(session):
    article = entry_of(CATALOG, "articles", number=6, clause="4")
    new = Text(zh="每季度清理一次。", en="Cleared up every quarter.")
    catalog = altered(CATALOG, "articles", article, text=new)
    sync(session, catalog, actor=Actor.system("test"), now=NOW)
    before = regulations.article_on(session, 6, YESTERDAY, clause="4")
    after = regulations.cited(session, "第六条（四）", TODAY)
    assert before.text == article.text
    assert after.text == new
    assert regulations.article_on(session, 6, date(2013, 12, 31), clause="4") is None


def test_an_annex_is_no_article(session):
    assert regulations.cited(session, "附件3", TODAY) is None


def test_an_article_is_shown_clause_by_clause(session):
    clauses = regulations.clauses_on(session, 6, TODAY)
    assert [clause.clause for clause in clauses] == ["", "1", "2", "3", "4"]


@pytest.mark.rule("M4a", "M4b")
@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (Tier.MUNICIPAL, (9, 2, 2)),
        (Tier.DISTRICT, (7, 14, 1)),
        (Tier.DEVELOPER, (8, 1, 2)),
        (Tier.FINANCIAL, (0, 1, 3)),
        (Tier.OTHER, (4, 1, 2)),
    ],
)
def test_a_tier_has_its_own_items_in_the_annex_s_order(session, tier, expected):
    items = regulations.items_for(session, tier, TODAY)
    assert tuple(sum(i.category is c for i in items) for c in Category) == expected
    assert {item.tier for item in items} == {tier}
    for category in Category:
        numbers = [item.number for item in items if item.category is category]
        assert numbers == sorted(numbers)


def test_an_item_is_called_by_its_heading(session):
    item = regulations.item_on(session, "district.registration.10", TODAY)
    assert item.title_zh == "档案归档"
    assert item.title_en == "Filing of archives"
    assert item.source == "附件1 二（二）10"
    plain = regulations.item_on(session, "municipal.transaction.9", TODAY)
    assert plain.title_zh == plain.name_zh == pick(plain, "name") == "楼盘表浏览"


FORM, LICENCE, CODE = "application_form", "business_licence", "organization_code_certificate"
ENTERPRISE = [FORM, LICENCE, CODE, "legal_representative_id", "operator_id"]


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize(
    ("tier", "form", "expected"),
    [
        (Tier.MUNICIPAL, LegalForm.GOVERNMENT, [FORM]),
        (
            Tier.DEVELOPER,
            LegalForm.ENTERPRISE,
            [*ENTERPRISE, "developer_qualification"],
        ),
        (
            Tier.OTHER,
            LegalForm.ENTERPRISE,
            ENTERPRISE,
        ),
        (
            Tier.FINANCIAL,
            LegalForm.FINANCIAL,
            [FORM, LICENCE, CODE, "financial_licence", "legal_representative_id", "operator_id"],
        ),
        (
            Tier.OTHER,
            LegalForm.INSTITUTION,
            [FORM, CODE, "responsible_person_id", "operator_id"],
        ),
    ],
)
def test_an_organisation_owes_the_papers_of_its_form_and_type(session, tier, form, expected):
    assert codes(regulations.papers_for(session, tier, form, TODAY)) == expected


def test_only_the_enterprise_s_own_form_asks_for_papers_of_identity(session):
    for kind in ApplicationKind:
        papers = codes(
            regulations.papers_for(session, Tier.OTHER, LegalForm.ENTERPRISE, TODAY, kind=kind)
        )
        assert (papers == [FORM]) is (kind is not ApplicationKind.ENTERPRISE_USER)


def test_each_kind_has_road_pledge_and_description(session):
    for kind in ApplicationKind:
        assert regulations.road_for(session, kind, TODAY)
        assert regulations.pledge_for(session, kind, TODAY).kind is kind
        assert regulations.kind_on(session, kind, TODAY).kind is kind


def test_a_unit_is_offered_the_forms_that_it_may_hand_in(session):
    offered = [k.kind for k in regulations.kinds_for(session, Tier.DEVELOPER, TODAY)]
    assert offered == [
        ApplicationKind.ENTERPRISE_USER,
        ApplicationKind.ENTERPRISE_CANCELLATION,
        ApplicationKind.BUSINESS_DELETION,
        ApplicationKind.LOGIN_RESTORATION,
    ]


def test_the_offices_are_known_by_code(session):
    assert regulations.offices(session)[OfficeCode.INFO].short_name_zh == "信息中心"


# --- Kept in memory


class Statements:
    def __init__(self, session) -> None:
        self.engine = session.get_bind().engine
        self.seen: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self.note)
        return self.seen

    def __exit__(self, *_error: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self.note)

    def note(self, _connection, _cursor, statement, *_rest) -> None:
        self.seen.append(statement)


def test_the_rules_cost_one_statement_a_transaction(session):
    regulations.rules(session)
    session.commit()
    with Statements(session) as seen:
        for tier in Tier:
            regulations.items_for(session, tier, TODAY)
        regulations.road_for(session, ApplicationKind.NEW_USER, TODAY)
    assert len(seen) == 1
    assert "catalogue_revision" in seen[0]


def test_a_change_is_seen_at_once_and_forgotten_when_rolled_back(session):
    article = entry_of(CATALOG, "articles", number=10)
    before = regulations.article_on(session, 10, TODAY)
    new = Text(zh="改动", en="Changed")
    catalog = altered(CATALOG, "articles", article, text=new)
    sync(session, catalog, actor=Actor.system("test"), now=NOW)
    assert regulations.article_on(session, 10, TODAY).text == new
    session.rollback()
    assert regulations.article_on(session, 10, TODAY) == before


def test_another_session_sees_a_change_once_it_is_committed(session, app):
    from sqlalchemy.orm import Session

    article = entry_of(CATALOG, "articles", number=10)
    catalog = altered(CATALOG, "articles", article, text=Text(zh="改动", en="Changed"))
    session.commit()
    with Session(session.get_bind()) as other:
        assert regulations.article_on(other, 10, TODAY).text == article.text
        other.rollback()
        sync(session, catalog, actor=Actor.system("test"), now=NOW)
        session.commit()
        assert regulations.article_on(other, 10, TODAY).text.zh == "改动"

"""The catalogue says what the Measures say: their words, their counts, their roads and papers."""

import re
from collections import Counter
from pathlib import Path

import pytest

from app.catalog.enums import Category, Duty, LegalForm, OfficeCode
from app.catalog.enums import OrganizationType as Tier
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import DATA, FILES, dump, load_catalog, load_file
from app.catalog.types import RoadAction

MEASURES = (Path(__file__).parent / "measures.txt").read_text(encoding="utf-8")
CATALOG = load_catalog()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


SOURCE = squeezed(MEASURES)
ANNEXES = {
    number: squeezed(part) for number, part in enumerate(re.split(r"附件\s?\d：", MEASURES)[1:], 1)
}
TRANSACTION, REGISTRATION, SYSTEM = Category.TRANSACTION, Category.REGISTRATION, Category.SYSTEM

MANAGEMENT_COUNTS = {
    (Tier.MUNICIPAL, TRANSACTION): 9,
    (Tier.MUNICIPAL, REGISTRATION): 2,
    (Tier.MUNICIPAL, SYSTEM): 2,
    (Tier.DISTRICT, TRANSACTION): 7,
    (Tier.DISTRICT, REGISTRATION): 14,
    (Tier.DISTRICT, SYSTEM): 1,
}
ENTERPRISE_COUNTS = {
    (Tier.DEVELOPER, TRANSACTION): 8,
    (Tier.DEVELOPER, REGISTRATION): 1,
    (Tier.DEVELOPER, SYSTEM): 2,
    (Tier.FINANCIAL, REGISTRATION): 1,
    (Tier.FINANCIAL, SYSTEM): 3,
    (Tier.OTHER, TRANSACTION): 4,
    (Tier.OTHER, REGISTRATION): 1,
    (Tier.OTHER, SYSTEM): 2,
}


def counted(annex: int) -> dict[tuple[Tier, Category], int]:
    return dict(
        Counter(
            (item.tier, item.category) for item in CATALOG.permission_items if item.annex == annex
        )
    )


# --- Words


@pytest.mark.parametrize("article", CATALOG.articles, ids=lambda a: a.reference)
def test_an_article_has_the_words_of_the_measures(article):
    assert squeezed(article.text.zh) in SOURCE


def test_the_articles_together_are_the_measures_and_leave_nothing_out():
    body = SOURCE[SOURCE.index("第一条") : SOURCE.index("附件：1.")]
    for article in CATALOG.articles:
        words = squeezed(article.text.zh)
        assert words in body
        body = body.replace(words, "", 1)
    for printed_beside in ("第[一二三四五六七八九十]+条", r"（[一二三四]）", r"\d\.", "[:：]"):
        body = re.sub(printed_beside, "", body)
    assert body == ""


@pytest.mark.parametrize("item", CATALOG.permission_items, ids=lambda i: i.code)
def test_an_item_has_the_words_of_its_annex(item):
    assert squeezed(item.name.zh) in ANNEXES[item.annex]


def test_an_item_stands_where_its_mark_says():
    for section in CATALOG.sections:
        part, heading = squeezed(section.tier_heading.zh), squeezed(section.heading.zh)
        text = ANNEXES[section.annex]
        start = text.index(heading, text.index(part))
        items = [
            i
            for i in CATALOG.permission_items
            if (i.tier, i.category) == (section.tier, section.category)
        ]
        for item in items:
            assert item.mark.startswith(section.mark)
            number = item.mark.removeprefix(section.mark)
            start = text.index(f"{number}{'.' if number else ''}{squeezed(item.name.zh)}", start)


def test_the_pledges_are_the_words_of_their_forms():
    printed = {pledge.annex: pledge for pledge in CATALOG.pledges if pledge.annex}
    assert sorted(printed) == [3, 4, 5, 6, 7]
    for annex, pledge in printed.items():
        assert squeezed(pledge.text.zh) in ANNEXES[annex]
        assert pledge.text.zh.startswith("我单位郑重承诺")


def test_the_pledge_of_an_enterprise_cancellation_is_the_one_of_the_article():
    (pledge,) = [p for p in CATALOG.pledges if p.kind is ApplicationKind.ENTERPRISE_CANCELLATION]
    assert pledge.text.zh == "提交注销用户名下没有未完成业务"
    assert f"“{pledge.text.zh}”的承诺" in SOURCE


@pytest.mark.parametrize("kind", [k for k in CATALOG.kinds if k.annex], ids=lambda k: k.kind)
def test_a_form_has_the_title_and_the_columns_of_its_annex(kind):
    text = ANNEXES[kind.annex]
    assert text.startswith(squeezed(kind.name.zh))
    columns = "".join(squeezed(column.heading.zh) for column in kind.columns)
    assert f"序号{columns}1" in text


# --- Counts


@pytest.mark.rule("M4a")
def test_management_users_choose_from_thirty_five_items():
    assert counted(1) == MANAGEMENT_COUNTS
    assert sum(MANAGEMENT_COUNTS.values()) == 35


@pytest.mark.rule("M4b")
def test_enterprise_users_have_twenty_two_items_by_type():
    assert counted(2) == ENTERPRISE_COUNTS
    assert sum(ENTERPRISE_COUNTS.values()) == 22


@pytest.mark.rule("M4a", "M4b")
def test_no_item_belongs_to_two_tiers():
    assert len({item.code for item in CATALOG.permission_items}) == 57
    for item in CATALOG.permission_items:
        assert item.code == f"{item.tier}.{item.category}.{item.number}"


def test_system_management_holds_every_act_of_the_items_above_it():
    municipal = [i for i in CATALOG.permission_items if i.tier is Tier.MUNICIPAL]
    whole = next(i for i in municipal if i.code == "municipal.system.2")
    for item in municipal:
        assert set(item.acts) <= set(whole.acts), item.code


def test_district_system_management_sees_every_business_of_its_district_and_acts_on_none():
    district = [i for i in CATALOG.permission_items if i.tier is Tier.DISTRICT]
    watcher = next(i for i in district if i.code == "district.system.1")
    businesses = {act.partition(":")[0] for i in district for act in i.acts}
    assert {act.partition(":")[0] for act in watcher.acts} == businesses
    assert {act.partition(":")[2] for act in watcher.acts} == {"see_results", "query"}


# --- Offices, roads, papers


@pytest.mark.rule("M3")
def test_each_duty_belongs_to_the_office_that_article_three_names():
    held = {duty: office.code for office in CATALOG.offices for duty in office.duties}
    assert held == {
        Duty.REVIEW_REGISTRATION: OfficeCode.REG,
        Duty.REVIEW_TRANSACTION: OfficeCode.MKT,
        Duty.CONFIGURE_PERMISSIONS: OfficeCode.INFO,
        Duty.ISSUE_MANAGEMENT_KEYS: OfficeCode.RESEARCH,
        Duty.ISSUE_ENTERPRISE_KEYS: OfficeCode.SERVICE,
    }
    assert sum(len(office.duties) for office in CATALOG.offices) == 5


def test_the_offices_are_named_in_the_words_of_the_measures():
    for office in CATALOG.offices:
        assert squeezed(office.name.zh) in SOURCE
        assert office.name.zh.endswith(office.short_name.zh)


def road(kind: ApplicationKind) -> list[tuple[int, RoadAction, Duty, Category | None]]:
    return [(s.position, s.action, s.duty, s.category) for s in CATALOG.roads if s.kind is kind]


REVIEWS = [
    (1, RoadAction.APPROVE, Duty.REVIEW_TRANSACTION, TRANSACTION),
    (1, RoadAction.APPROVE, Duty.REVIEW_REGISTRATION, REGISTRATION),
    (1, RoadAction.APPROVE, Duty.CONFIGURE_PERMISSIONS, SYSTEM),
]
CONFIGURES = (2, RoadAction.CONFIGURE, Duty.CONFIGURE_PERMISSIONS, None)
RESEARCH, SERVICE = Duty.ISSUE_MANAGEMENT_KEYS, Duty.ISSUE_ENTERPRISE_KEYS
ROADS = {
    ApplicationKind.NEW_USER: [*REVIEWS, CONFIGURES, (3, RoadAction.ISSUE_KEY, RESEARCH, None)],
    ApplicationKind.KEY_REPLACEMENT: [
        *REVIEWS,
        (2, RoadAction.TAKE_BACK_KEY, RESEARCH, None),
        (3, RoadAction.ISSUE_KEY, RESEARCH, None),
    ],
    ApplicationKind.USER_RENAME: [*REVIEWS, CONFIGURES, (3, RoadAction.REBIND_KEY, RESEARCH, None)],
    ApplicationKind.PERMISSION_CHANGE: [*REVIEWS, CONFIGURES],
    ApplicationKind.USER_CANCELLATION: [
        (1, RoadAction.CANCEL_USER, Duty.CONFIGURE_PERMISSIONS, None),
        (2, RoadAction.TAKE_BACK_KEY, RESEARCH, None),
    ],
    ApplicationKind.ENTERPRISE_USER: [
        (1, RoadAction.APPROVE, SERVICE, None),
        (2, RoadAction.ISSUE_KEY, SERVICE, None),
    ],
    ApplicationKind.ENTERPRISE_CANCELLATION: [
        (1, RoadAction.CANCEL_USER, SERVICE, None),
        (2, RoadAction.TAKE_BACK_KEY, SERVICE, None),
    ],
    ApplicationKind.BUSINESS_DELETION: [(1, RoadAction.DELETE_BUSINESS, RESEARCH, None)],
    ApplicationKind.LOGIN_RESTORATION: [(1, RoadAction.RESTORE_LOGIN, RESEARCH, None)],
}


@pytest.mark.parametrize("kind", ApplicationKind)
def test_a_kind_goes_the_road_of_its_article(kind):
    assert road(kind) == ROADS[kind]


@pytest.mark.parametrize("kind", CATALOG.kinds, ids=lambda k: k.kind)
def test_only_those_may_hand_in_a_form_whom_the_article_names(kind):
    management = {Tier.MUNICIPAL, Tier.DISTRICT}
    by_kind = {
        ApplicationKind.BUSINESS_DELETION: set(Tier),
        ApplicationKind.LOGIN_RESTORATION: set(Tier),
        ApplicationKind.ENTERPRISE_USER: set(Tier) - management,
        ApplicationKind.ENTERPRISE_CANCELLATION: set(Tier) - management,
    }
    assert set(kind.applicants) == by_kind.get(kind.kind, management)


FORM, LICENCE, CODE = "application_form", "business_licence", "organization_code_certificate"
CHECKLISTS = {
    "government": [FORM],
    "enterprise": [FORM, LICENCE, CODE, "legal_representative_id", "operator_id"],
    "developer": ["developer_qualification"],
    "financial": [
        FORM,
        LICENCE,
        CODE,
        "financial_licence",
        "legal_representative_id",
        "operator_id",
    ],
    "institution": [FORM, CODE, "responsible_person_id", "operator_id"],
}


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize("group", CHECKLISTS)
def test_a_checklist_holds_the_papers_of_article_five(group):
    papers = [p for p in CATALOG.papers if p.applies_to.value == group]
    assert [p.code for p in papers] == CHECKLISTS[group]


@pytest.mark.rule("M5.2")
@pytest.mark.parametrize("paper", CATALOG.papers, ids=lambda p: f"{p.applies_to}-{p.code}")
def test_every_paper_is_taken_as_the_closing_paragraph_says(paper):
    copy_only = paper.code in {"legal_representative_id", "responsible_person_id"}
    assert paper.original is not copy_only
    assert paper.copy is (paper.code != FORM)
    assert paper.stamp
    assert paper.per_person is (paper.code == "operator_id")


def test_every_legal_form_has_a_checklist():
    assert {form.value for form in LegalForm} <= set(CHECKLISTS)


# --- Files


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_a_file_is_written_as_export_writes_it(file):
    text = (DATA / file.filename).read_text(encoding="utf-8")
    entries = "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("#")
    ).lstrip("\n")
    assert dump(file, getattr(CATALOG, file.name)) == entries
    assert load_file(file, text) == getattr(CATALOG, file.name)

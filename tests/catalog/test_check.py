"""`catalog check` finds each thing that can be wrong over the whole catalogue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.catalog.check import check
from app.catalog.enums import Category, Duty, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.catalog.types import Catalog, RoadAction, Text
from tests.support.catalogues import altered, entry_of, with_more, without

CATALOG = load_catalog()
LATER = date(2020, 1, 1)


def said(catalog: Catalog) -> str:
    return "\n".join(str(problem) for problem in check(catalog))


def one(file: str, /, **key: object) -> object:
    return entry_of(CATALOG, file, **key)


def changed(file: str, key: dict[str, object], /, **changes: object) -> Catalog:
    return altered(CATALOG, file, one(file, **key), **changes)


ITEM = {"code": "municipal.transaction.9"}
STEP = {"kind": ApplicationKind.NEW_USER, "position": 2}
REG = {"code": OfficeCode.REG}


def test_the_shipped_catalogue_holds_together():
    assert check(CATALOG) == []


@pytest.mark.rule("M4a")
def test_a_lacking_item_is_noticed():
    catalog = without(CATALOG, "permission_items", one("permission_items", **ITEM))
    assert "permission_items.yaml: municipal transaction: the annex prints 9 items, here are 8" in (
        said(catalog)
    )


@pytest.mark.rule("M4b")
def test_an_item_too_many_is_noticed():
    item = one("permission_items", code="developer.registration.1")
    more = replace(item, code="developer.registration.2", number=2)
    assert "developer registration: the annex prints 1 items, here are 2" in said(
        with_more(CATALOG, "permission_items", more)
    )


def test_an_item_that_ended_is_counted_no_more():
    catalog = changed("permission_items", ITEM, valid_until=LATER)
    assert "here are 8" in said(catalog)


@pytest.mark.rule("M4a")
@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (("district.registration.99",), "there is no item district.registration.99"),
        (("municipal.system.1",), "municipal.system.1 is of another tier"),
        (("district.system.1",) * 2, "names district.system.1 twice"),
        ((), "opens nothing"),
    ],
)
def test_a_post_bundles_items_of_its_own_tier_once_each(items, reason):
    assert reason in said(changed("posts", {"code": "district.system"}, items=items))


@pytest.mark.rule("M3")
@pytest.mark.parametrize(
    ("duties", "reason"),
    [
        ((), "review_registration: held by 0 offices instead of one"),
        (
            (Duty.REVIEW_REGISTRATION, Duty.REVIEW_TRANSACTION),
            "review_transaction: held by 2 offices instead of one",
        ),
    ],
)
def test_a_duty_of_no_office_or_of_two_is_noticed(duties, reason):
    assert reason in said(changed("offices", REG, duties=duties))


WRONG: dict[str, tuple[Callable[[], Catalog], str]] = {
    "unknown business type": (
        lambda: changed("permission_items", ITEM, acts=("castle:browse",)),
        "there is no business type castle",
    ),
    "unknown act": (
        lambda: changed("permission_items", ITEM, acts=("building_table:paint",)),
        "there is no act building_table:paint",
    ),
    "act twice": (
        lambda: changed("permission_items", ITEM, acts=("building_table:browse",) * 2),
        "names building_table:browse twice",
    ),
    "no act": (lambda: changed("permission_items", ITEM, acts=()), "opens nothing"),
    "code": (
        lambda: changed("permission_items", ITEM, code="municipal.transaction.nine"),
        "the code is not tier.category.number",
    ),
    "annex of an item": (
        lambda: changed("permission_items", ITEM, annex=2),
        "the heading stands in another annex",
    ),
    "mark": (
        lambda: changed("permission_items", ITEM, mark="二（一）9"),
        "the mark is not under 一（一）",
    ),
    "numbers": (
        lambda: changed("permission_items", ITEM, number=10),
        "the numbers do not run from 1 without a gap",
    ),
    "heading": (
        lambda: without(CATALOG, "sections", CATALOG.sections[0]),
        "sections.yaml: municipal transaction: the annexes have no such heading",
    ),
    "business type that nothing opens": (
        lambda: with_more(
            CATALOG, "business_types", replace(CATALOG.business_types[0], code="castle")
        ),
        "castle: no permission item opens it",
    ),
    "article": (lambda: changed("roads", STEP, article="第十二条"), "there is no 第十二条"),
    "clause": (lambda: changed("roads", STEP, article="第六条（五）"), "there is no 第六条（五）"),
    "annex": (
        lambda: changed("pledges", {"annex": 3}, article="附件8"),
        "there is no 附件8",
    ),
    "citation": (lambda: changed("roads", STEP, article="6.4"), "6.4 is no citation"),
    "article not yet in force": (
        lambda: changed("roads", STEP, valid_from=date(2013, 12, 31)),
        "there is no 第三条",
    ),
    "article of an office": (lambda: changed("offices", REG, article="第三十条"), "第三十条"),
    "rule": (lambda: changed("roads", STEP, rule="five"), "five is no rule's id"),
    "office": (
        lambda: without(CATALOG, "offices", one("offices", **REG)),
        "offices.yaml: REG: is missing",
    ),
    "kind without a road": (
        lambda: without(CATALOG, "roads", *(s for s in CATALOG.roads if s.kind == "new_user")),
        "roads.yaml: new_user: has no road",
    ),
    "gap in a road": (
        lambda: changed("roads", STEP, position=4),
        "roads.yaml: new_user: the positions do not run from 1 without a gap",
    ),
    "category without a reviewer": (
        lambda: without(
            CATALOG,
            "roads",
            one("roads", kind=ApplicationKind.NEW_USER, position=1, category=Category.SYSTEM),
        ),
        "new_user 1: nobody takes this position for system",
    ),
    "road that ends in a review": (
        lambda: changed(
            "roads",
            {"kind": ApplicationKind.PERMISSION_CHANGE, "position": 2},
            action=RoadAction.APPROVE,
        ),
        "permission_change: ends in a review",
    ),
    "kind": (
        lambda: without(CATALOG, "kinds", CATALOG.kinds[0]),
        "kinds.yaml: new_user: is missing",
    ),
    "applicants": (
        lambda: changed("kinds", {"annex": 3}, applicants=()),
        "new_user: nobody may hand it in",
    ),
    "columns": (lambda: changed("kinds", {"annex": 3}, columns=()), "new_user: has no columns"),
    "pledge": (
        lambda: without(CATALOG, "pledges", CATALOG.pledges[0]),
        "pledges.yaml: new_user: is missing",
    ),
    "annex of a pledge": (
        lambda: changed("pledges", {"annex": 3}, annex=4),
        "new_user: names another annex than its form",
    ),
    "form off the checklist": (
        lambda: without(CATALOG, "papers", CATALOG.papers[0]),
        "papers.yaml: government: the printed form is not on the checklist",
    ),
    "paper that asks nothing": (
        lambda: altered(CATALOG, "papers", CATALOG.papers[1], original=False, copy=False),
        "asks for neither original nor copy",
    ),
    "place of a paper": (
        lambda: altered(CATALOG, "papers", CATALOG.papers[1], position=2),
        "two papers have the same place",
    ),
    "Chinese": (
        lambda: changed("offices", REG, name=Text(zh=" ", en="Office")),
        "name is empty in a language",
    ),
    "English": (
        lambda: changed("offices", REG, name=Text(zh="处", en="")),
        "name is empty in a language",
    ),
    "Chinese in another script": (
        lambda: changed("offices", REG, name=Text(zh="Office", en="Office")),
        "name is not Chinese",
    ),
    "English in another script": (
        lambda: changed("offices", REG, name=Text(zh="处", en="处")),
        "name is not English",
    ),
    "heading of a column": (
        lambda: changed(
            "kinds",
            {"annex": 3},
            columns=(replace(CATALOG.kinds[0].columns[0], heading=Text(zh="姓名", en="")),),
        ),
        "columns.1.heading is empty in a language",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(case):
    broken, reason = WRONG[case]
    assert reason in said(broken())


@pytest.mark.rule("M11")
def test_a_wording_that_ends_before_it_begins_is_noticed():
    before = CATALOG.articles[0].valid_from - timedelta(days=1)
    assert "before it begins" in said(
        altered(CATALOG, "articles", CATALOG.articles[0], valid_until=before)
    )


@pytest.mark.rule("M11")
def test_two_wordings_of_one_article_may_not_be_in_force_at_once():
    article = CATALOG.articles[0]
    later = replace(article, valid_from=LATER)
    both = with_more(CATALOG, "articles", later)
    assert "does not end when the wording of 2020-01-01 begins" in said(both)
    ended = altered(both, "articles", article, valid_until=LATER)
    assert check(ended) == []
    overlapping = altered(both, "articles", article, valid_until=LATER + timedelta(days=1))
    assert "does not end when the wording of 2020-01-01 begins" in said(overlapping)

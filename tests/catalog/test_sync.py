"""`catalog sync`: repeatable, dated, never deleting, and on record (M11, 第十一条)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.catalog.enums import Duty, OfficeCode
from app.catalog.loader import FILES, load_catalog, load_file
from app.catalog.types import Catalog, RuleOrigin, Text
from app.models.audit import AuditEvent
from app.models.offices import District, Office, OfficeDuty
from app.models.permissions import PermissionItem
from app.models.regulations import Article, PaperRequirement, Pledge, RoadStep
from app.security.actor import Actor
from app.services.catalog import (
    CatalogUnfit,
    ChangeKind,
    SyncReport,
    diff,
    export,
    plan_sync,
    stored_catalog,
    sync,
)
from tests.support.catalogues import altered, entry_of, with_more, without

CATALOG = load_catalog()
NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
ACTOR = Actor.system("test")
MODELS = (Article, Pledge, PaperRequirement, RoadStep, PermissionItem, District, Office, OfficeDuty)

ARTICLE = entry_of(CATALOG, "articles", number=7)
NEW_WORDS = Text(
    zh="企业用户应及时提交业务。", en="Enterprise users shall bring business promptly."
)
ROW = (Article.number == 7) & (Article.clause == "")


def synced(session, catalog: Catalog, now: datetime = NOW, **options) -> SyncReport:
    return sync(session, catalog, actor=ACTOR, now=now, **options)


def wordings(session) -> list[tuple[str, date, date | None]]:
    rows = session.scalars(select(Article).where(ROW).order_by(Article.valid_from))
    return [(row.text_zh, row.valid_from, row.valid_until) for row in rows]


def counts(session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(model)) for model in MODELS]


def said(report: SyncReport) -> list[tuple[str, ChangeKind, date | None]]:
    return [(f"{c.table} {c.entry}", c.kind, c.effective) for c in report.changes]


def emptied(session) -> None:
    for model in (*MODELS[:5], OfficeDuty, Office, District):
        session.query(model).delete()


# --- Repeatable


def test_a_first_sync_brings_every_entry_with_one_event_each(session):
    emptied(session)
    before = session.scalar(select(func.max(AuditEvent.id)))
    report = synced(session, CATALOG)
    assert {change.kind for change in report.changes} == {ChangeKind.ADDED}
    assert counts(session) == [25, 9, 17, 27, 57, 17, 5, 5]
    events = session.scalars(select(AuditEvent).where(AuditEvent.id > before)).all()
    assert len(events) == len(report.changes)
    assert {event.tag for event in events} == {"catalogue:added"}
    assert {event.rule for event in events} == {"M11"}


def test_a_second_sync_reports_and_changes_nothing(session):
    rows = counts(session)
    events = session.scalar(select(func.count()).select_from(AuditEvent))
    report = synced(session, CATALOG)
    assert not report
    assert report.kept == ()
    assert counts(session) == rows
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == events


def test_a_dry_run_says_what_a_sync_would_do_and_does_nothing(session):
    catalog = altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS)
    before = wordings(session)
    planned = synced(session, catalog, dry_run=True)
    assert said(planned) == [("article 7", ChangeKind.REWORDED, TODAY)]
    assert wordings(session) == before
    assert said(planned) == said(plan_sync(session, catalog, now=NOW))
    assert said(planned) == said(synced(session, catalog))


def test_a_catalogue_that_does_not_hold_together_changes_nothing(session):
    rows = counts(session)
    broken = without(CATALOG, "offices", CATALOG.offices[0])
    with pytest.raises(CatalogUnfit) as refused:
        synced(session, broken)
    assert any("REG" in detail.field for detail in refused.value.details)
    assert counts(session) == rows


# --- Dated


@pytest.mark.rule("M11")
def test_a_new_wording_with_a_date_closes_the_old_one_on_that_day(session):
    begins = date(2027, 3, 1)
    catalog = altered(CATALOG, "articles", ARTICLE, valid_until=begins)
    catalog = with_more(catalog, "articles", replace(ARTICLE, text=NEW_WORDS, valid_from=begins))
    old = session.scalar(select(Article).where(ROW))
    report = synced(session, catalog)
    assert said(report) == [("article 7", ChangeKind.REWORDED, begins)]
    assert wordings(session) == [
        (ARTICLE.text.zh, ARTICLE.valid_from, begins),
        (NEW_WORDS.zh, begins, None),
    ]
    assert old.text_zh == ARTICLE.text.zh
    assert not synced(session, catalog)


@pytest.mark.rule("M11")
def test_a_wording_changed_without_a_date_counts_from_today(session):
    catalog = altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS)
    synced(session, catalog)
    assert wordings(session) == [
        (ARTICLE.text.zh, ARTICLE.valid_from, TODAY),
        (NEW_WORDS.zh, TODAY, None),
    ]
    assert not synced(session, catalog)
    assert not synced(session, catalog, now=NOW + timedelta(days=400))


@pytest.mark.rule("M11")
def test_the_day_of_effect_is_the_office_s_and_not_that_of_utc(session):
    catalog = altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS)
    late = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
    assert said(synced(session, catalog, now=late))[0][2] == date(2026, 11, 22)


@pytest.mark.rule("M11")
def test_a_wording_of_today_that_changes_again_is_kept_for_today(session):
    synced(session, altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS))
    third = Text(zh="再改", en="Changed again")
    synced(session, altered(CATALOG, "articles", ARTICLE, text=third))
    assert wordings(session)[1:] == [
        (NEW_WORDS.zh, TODAY, TODAY + DAY),
        (third.zh, TODAY + DAY, None),
    ]


@pytest.mark.rule("M11")
def test_a_wording_that_is_not_yet_in_force_may_still_be_mended(session):
    begins = TODAY + 30 * DAY
    future = replace(ARTICLE, text=NEW_WORDS, valid_from=begins)
    base = altered(CATALOG, "articles", ARTICLE, valid_until=begins)
    synced(session, with_more(base, "articles", future))
    mended = replace(future, text=Text(zh="改好的条文", en="A mended article"))
    report = synced(session, with_more(base, "articles", mended))
    assert said(report) == [("article 7", ChangeKind.AMENDED, begins)]
    assert wordings(session) == [
        (ARTICLE.text.zh, ARTICLE.valid_from, begins),
        ("改好的条文", begins, None),
    ]


@pytest.mark.rule("M11")
def test_several_wordings_at_once_follow_each_other(session):
    days = [ARTICLE.valid_from, date(2020, 1, 1), date(2024, 6, 1), None]
    texts = [ARTICLE.text, Text(zh="第二版", en="Second"), NEW_WORDS]
    versions = [
        replace(ARTICLE, text=text, valid_from=begin, valid_until=end)
        for text, begin, end in zip(texts, days[:-1], days[1:], strict=True)
    ]
    catalog = with_more(without(CATALOG, "articles", ARTICLE), "articles", *versions)
    synced(session, catalog)
    assert wordings(session) == [(v.text.zh, v.valid_from, v.valid_until) for v in versions]
    assert not synced(session, catalog)


@pytest.mark.rule("M11")
def test_an_entry_that_is_gone_ends_and_stays_in_the_records(session):
    item = CATALOG.permission_items[0]
    section = CATALOG.sections[0]
    catalog = without(CATALOG, "permission_items", item)
    renumbered = tuple(
        replace(i, number=i.number - 1, code=f"{i.tier}.{i.category}.{i.number - 1}", mark=i.mark)
        if (i.tier, i.category) == (item.tier, item.category)
        else i
        for i in catalog.permission_items
    )
    renumbered = tuple(
        replace(i, mark=f"{section.mark}{i.number}")
        if (i.tier, i.category) == (item.tier, item.category)
        else i
        for i in renumbered
    )
    gone = "municipal.transaction.9"
    posts = tuple(
        replace(post, items=tuple(code for code in post.items if code != gone))
        for post in catalog.posts
    )
    catalog = replace(catalog, permission_items=renumbered, posts=posts)
    catalog = altered(catalog, "sections", section, items=8)
    rows = counts(session)
    synced(session, catalog)
    last = session.scalars(select(PermissionItem).where(PermissionItem.code == gone)).one()
    assert last.valid_until == TODAY
    assert counts(session)[4] > rows[4]
    assert not synced(session, catalog)


def test_an_entry_that_comes_back_begins_anew(session):
    catalog = altered(CATALOG, "articles", ARTICLE, valid_until=TODAY)
    synced(session, catalog)
    assert wordings(session) == [(ARTICLE.text.zh, ARTICLE.valid_from, TODAY)]
    assert not synced(session, catalog)
    later = NOW + 10 * DAY
    synced(session, CATALOG, now=later)
    assert wordings(session) == [
        (ARTICLE.text.zh, ARTICLE.valid_from, TODAY),
        (ARTICLE.text.zh, TODAY + 10 * DAY, None),
    ]
    assert not synced(session, CATALOG, now=later)


@pytest.mark.rule("M11")
def test_no_end_is_moved_into_the_past(session):
    catalog = altered(CATALOG, "articles", ARTICLE, valid_until=date(2020, 1, 1))
    synced(session, catalog)
    assert wordings(session) == [(ARTICLE.text.zh, ARTICLE.valid_from, TODAY)]
    assert not synced(session, catalog)


def test_a_new_pledge_has_the_next_version_and_the_old_one_stays(session):
    pledge = CATALOG.pledges[0]
    catalog = altered(CATALOG, "pledges", pledge, text=Text(zh="我承诺", en="I pledge"))
    synced(session, catalog)
    rows = session.scalars(
        select(Pledge).where(Pledge.kind == pledge.kind).order_by(Pledge.version)
    ).all()
    assert [(row.version, row.text_zh) for row in rows] == [(1, pledge.text.zh), (2, "我承诺")]


def test_every_change_says_what_was_and_what_is(session):
    synced(session, altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS))
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event.tag == "catalogue:reworded"
    assert event.subject_label == "第七条"
    assert event.old == {"text_zh": ARTICLE.text.zh, "text_en": ARTICLE.text.en}
    assert event.new == {
        "text_zh": NEW_WORDS.zh,
        "text_en": NEW_WORDS.en,
        "effective": "2026-11-21",
    }
    assert (event.rule, event.article) == ("M11", "第十一条")


# --- Undated, and the office's own


@pytest.mark.rule("M3")
def test_a_duty_moves_from_one_office_to_another_and_is_never_held_twice(session):
    reg = entry_of(CATALOG, "offices", code=OfficeCode.REG)
    mkt = entry_of(CATALOG, "offices", code=OfficeCode.MKT)
    swapped = altered(CATALOG, "offices", reg, duties=mkt.duties)
    swapped = altered(swapped, "offices", mkt, duties=reg.duties)
    synced(session, swapped)
    assert session.get(OfficeDuty, Duty.REVIEW_REGISTRATION).office_code == "MKT"
    assert session.get(Office, "REG").duties == {Duty.REVIEW_TRANSACTION}


@pytest.mark.rule("M3")
def test_the_database_refuses_a_second_holder_of_a_duty(session):
    session.add(OfficeDuty(duty=Duty.REVIEW_REGISTRATION, office_code="MKT"))
    with pytest.raises(IntegrityError):
        session.flush()


def test_what_the_office_wrote_is_left_alone_unless_overruled(session):
    row = session.scalar(select(Article).where(ROW))
    row.valid_until = TODAY - DAY
    own = Article(
        number=7,
        clause="",
        text_zh="本处自拟",
        text_en="Our own",
        valid_from=TODAY - DAY,
        origin=RuleOrigin.OFFICE,
    )
    session.flush()
    session.add(own)
    session.flush()
    report = synced(session, CATALOG)
    assert not report
    assert [(c.entry, c.kind) for c in report.kept] == [("7", ChangeKind.KEPT)]
    assert said(synced(session, CATALOG, overrule=True)) == [
        ("article 7", ChangeKind.REWORDED, TODAY)
    ]
    assert wordings(session)[1:] == [
        ("本处自拟", TODAY - DAY, TODAY),
        (ARTICLE.text.zh, TODAY, None),
    ]


def test_a_road_step_that_the_office_added_is_left_alone(session):
    step = RoadStep(
        kind="login_restoration",
        position=2,
        action="issue_key",
        duty=Duty.ISSUE_MANAGEMENT_KEYS,
        name_zh="发放",
        name_en="Issue",
        article="第九条",
        rule="M9",
        valid_from=TODAY,
    )
    session.add(step)
    session.flush()
    report = synced(session, CATALOG)
    assert not report
    assert [c.kind for c in report.kept] == [ChangeKind.KEPT]
    assert step.valid_until is None


def test_a_district_that_the_catalogue_does_not_know_is_only_named(session):
    session.add(District(code="999999", name_zh="某区", name_en="Some"))
    session.flush()
    report = synced(session, CATALOG)
    assert not report
    assert [(c.table, c.entry) for c in report.kept] == [("district", "999999")]


# --- The circle


def test_sync_export_load_close_the_circle(session):
    synced(session, CATALOG)
    texts = export(session, CATALOG)
    for file in FILES:
        assert load_file(file, texts[file.filename]) == getattr(CATALOG, file.name)
    assert stored_catalog(session, CATALOG) == CATALOG
    assert diff(session, CATALOG) == ""


def test_the_circle_closes_over_a_history_too(session):
    changed = altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS)
    synced(session, changed)
    texts = export(session, changed)
    again = Catalog(**{file.name: load_file(file, texts[file.filename]) for file in FILES})
    assert len(again.articles) == len(CATALOG.articles) + 1
    assert not synced(session, again)
    assert diff(session, again) == ""
    emptied(session)
    synced(session, again)
    assert stored_catalog(session, again) == again


def test_the_export_is_the_text_of_the_files(session):
    from app.catalog.loader import DATA

    for filename, text in export(session, CATALOG).items():
        assert text == (DATA / filename).read_text(encoding="utf-8")


def test_diff_shows_the_lines_that_differ(session):
    shown = diff(session, altered(CATALOG, "articles", ARTICLE, text=NEW_WORDS))
    assert "--- database/articles.yaml" in shown
    assert f"-    zh: {ARTICLE.text.zh}" in shown
    assert f"+    zh: {NEW_WORDS.zh}" in shown

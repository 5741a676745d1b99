"""Every kind of form on paper, beside the annexes as the Measures print them."""

from pathlib import Path

import pytest

from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import load_catalog
from app.models.applications import Application
from app.models.regulations import Pledge
from app.services import printing, sheets
from app.services.catalog.stored import mark_changed
from tests.support.factories import Office, administrator_of
from tests.support.kinds import drafted, unit_of
from tests.support.paper import A4_ACROSS, Paper
from tests.workflow.test_dated_rules import CHANGE, at, new_version

MEASURES = Path(__file__).parents[1].joinpath("catalog/measures.txt").read_text(encoding="utf-8")
KINDS = {entry.kind: entry for entry in load_catalog().kinds}
ANNEXES = {kind: entry.annex for kind, entry in KINDS.items() if entry.annex}


def words_of_annex(number: int) -> list[str]:
    """What stands on an annex from top to bottom; 备 注 is one heading, as 审核意见: is."""
    text = MEASURES[MEASURES.index(f"附件{number}：\n") :].partition("\n")[2]
    text = text[: text.index("承担。") + 3].replace("备 注", "备注").replace(":", "：")
    return text.replace("审核意见：", "审核意见").split()


def printed(office: Office, identity: int, login: str) -> Paper:
    session = office.session
    with office.acting(login) as actor:
        application = sheets.load_sheet(session, identity, actor)
        copy = printing.make_copy(session, application, actor=actor, now=office.now)
        session.commit()
        return Paper(printing.print_form(session, application, copy))


@pytest.mark.rule("A3", "A4", "A5", "A6", "A7")
@pytest.mark.parametrize("kind", ANNEXES)
def test_an_empty_form_reads_as_its_annex_from_top_to_bottom(office: Office, kind):
    identity = drafted(office, kind, [], strict=False)
    paper = printed(office, identity, administrator_of(unit_of(kind)))
    words = words_of_annex(ANNEXES[kind])
    assert words[0] == KINDS[kind].name.zh
    assert len(words) > 12
    assert paper.in_order(0, words)
    assert paper.numbered(0) == [1, 2, 3, 4, 5]
    assert paper.text(0).startswith(f"附件{ANNEXES[kind]}")


@pytest.mark.rule("A3", "A4", "A5", "A6", "A7")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_prints_its_columns_and_what_was_entered(office: Office, kind):
    identity = drafted(office, kind)
    paper = printed(office, identity, administrator_of(unit_of(kind)))
    assert paper.sizes() == [A4_ACROSS]
    application = office.application(identity)
    headings = [column.heading.zh for column in KINDS[kind].columns]
    values = [value for value in row(application, kind) if value]
    assert paper.in_order(
        0, [KINDS[kind].name.zh, "序号", *headings, "1", *values, "2", "审核意见"]
    )
    assert [(c.number, c.copy, c.page) for c in paper.codes()] == [(application.number, 1, 1)]


def row(application: Application, kind: ApplicationKind) -> list[str]:
    """What the one line of a form says, column by column."""
    (line,) = application.lines
    found = []
    for column in KINDS[kind].columns:
        value = getattr(line, column.field)
        if column.field == "sex":
            found.append({"male": "男", "female": "女"}[value])
        elif isinstance(value, list):
            found.append("；".join(item.title_zh for item in value))
        else:
            found.append(value or "")
    return found


@pytest.mark.rule("M6.2")
def test_the_pledge_of_an_enterprises_cancellation_is_printed_in_its_words(office: Office):
    kind = ApplicationKind.ENTERPRISE_CANCELLATION
    login = administrator_of(unit_of(kind))
    identity = drafted(office, kind)
    paper = printed(office, identity, login)
    assert "提交注销用户名下没有未完成业务" in paper.text(0)
    before = drawn_lines(paper)
    office.perform(login, identity, "submit", data={"pledge": True})
    assert drawn_lines(printed(office, identity, login)) == before + 1


@pytest.mark.rule("M6.2")
def test_the_box_of_a_pledge_that_nobody_ticked_is_left_to_the_pen(office: Office):
    kind = ApplicationKind.ENTERPRISE_CANCELLATION
    login = administrator_of(unit_of(kind))
    identity = drafted(office, kind)
    before = drawn_lines(printed(office, identity, login))
    office.perform(login, identity, "submit")
    assert drawn_lines(printed(office, identity, login)) == before


def drawn_lines(paper: Paper) -> int:
    """How many lines are drawn on the page: a ticked box has one more than an empty one."""
    from pypdfium2.raw import FPDF_PAGEOBJ_PATH

    return len(list(paper.document[0].get_objects(filter=[FPDF_PAGEOBJ_PATH], max_depth=9)))


@pytest.mark.rule("M11")
def test_the_paper_keeps_the_words_of_the_day_on_which_it_was_handed_in(office: Office):
    identity = office.submitted("east")
    old = office.session.query(Pledge).filter_by(kind=ApplicationKind.NEW_USER).one()
    new_version(office, old, version=2, text_zh="新的承诺。")
    mark_changed(office.session, now=office.now)
    office.session.commit()
    office.now = at(CHANGE)
    with_the_old_words = printed(office, identity, "east.admin")
    assert "我单位郑重承诺" in with_the_old_words.text(0)
    assert "新的承诺" not in with_the_old_words.text(0)
    assert "新的承诺" in printed(office, office.draft("east"), "east.admin").text(0)

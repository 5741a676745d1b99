"""The loader takes nothing that is not exactly right, and says where it is wrong."""

import re

import pytest

from app.catalog.loader import (
    DATA,
    FILES,
    CatalogError,
    file_of,
    load_catalog,
    load_file,
    load_from,
)

ROAD = """\
- kind: login_restoration
  position: 1
  action: restore_login
  duty: issue_management_keys
  category: null
  name:
    zh: 城建研究中心恢复登录资格
    en: Urban Construction Research Centre restores the login
  article: 第六条（四）
  rule: M6.4
  valid_from: 2014-01-01
"""


def refusal(text: str) -> CatalogError:
    with pytest.raises(CatalogError) as refused:
        load_file(file_of("roads"), text)
    return refused.value


def test_a_right_entry_is_taken():
    (step,) = load_file(file_of("roads"), ROAD)
    assert step.name.zh == step.name_zh == "城建研究中心恢复登录资格"
    assert step.category is None
    assert step.valid_until is None


@pytest.mark.parametrize(
    ("line", "instead", "field", "reason"),
    [
        ("  rule: M6.4\n", "", "rule", "missing field"),
        ("  rule: M6.4\n", "  rule: M6.4\n  ruel: M6\n", "ruel", "unknown field"),
        ("restore_login", "restore_logins", "action", "is not one of"),
        ("position: 1", "position: '1'", "position", "expected"),
        ("position: 1", "position: true", "position", "expected"),
        ("position: 1", "position: 1.5", "position", "expected"),
        ("2014-01-01", "2014-13-01", "", "not readable"),
        ("2014-01-01", "soon", "valid_from", "expected"),
        ("2014-01-01", "2014-01-01 10:00:00", "valid_from", "expected"),
        ("第六条（四）", "null", "article", "expected"),
        ("第六条（四）", '"\\0"', "article", "NUL"),
        (
            "    en: Urban Construction Research Centre restores the login\n",
            "",
            "name.en",
            "missing",
        ),
        ("  rule: M6.4\n", "  rule: M6.4\n  rule: M6.4\n", "", "not readable"),
    ],
)
def test_a_wrong_field_is_refused_by_name(line, instead, field, reason):
    assert line in ROAD
    error = refusal(ROAD.replace(line, instead))
    assert error.file == "roads.yaml"
    assert error.field == field
    assert reason in str(error)
    if field:
        assert error.entry == "#1 login_restoration"
        assert str(error).startswith(f"roads.yaml: #1 login_restoration: {field}: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a list"),
        ("kind: new_user", "expected a list"),
        ("- just words", "expected named fields"),
        ("- [unclosed", "not readable as YAML"),
        ("- !!python/object/apply:os.system [true]", "not readable as YAML"),
        (ROAD + ROAD, "stands here twice"),
    ],
)
def test_a_file_that_is_no_list_of_entries_is_refused(text, reason):
    assert reason in str(refusal(text))


def test_a_further_wording_of_an_entry_is_no_duplicate():
    later = ROAD.replace("2014-01-01", "2020-01-01").replace("恢复登录资格", "恢复登录")
    assert len(load_file(file_of("roads"), ROAD + later)) == 2


def test_acts_are_written_by_business_type():
    text = (DATA / "permission_items.yaml").read_text(encoding="utf-8")
    broken = re.sub(r"building_table: \[browse\]", "building_table: browse", text, count=1)
    assert broken != text
    with pytest.raises(CatalogError, match="expected a list") as refused:
        load_file(file_of("permission_items"), broken)
    assert refused.value.field == "acts.building_table"


def test_a_missing_file_is_named(tmp_path):
    for file in FILES[1:]:
        (tmp_path / file.filename).write_text("[]", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"there is no such file") as refused:
        load_from(tmp_path)
    assert refused.value.file == FILES[0].filename


def test_a_file_in_another_encoding_is_refused(tmp_path):
    for file in FILES:
        (tmp_path / file.filename).write_bytes("- 城建".encode("gbk"))
    with pytest.raises(CatalogError, match="UTF-8"):
        load_from(tmp_path)


def test_the_shipped_catalogue_is_read_once():
    assert load_catalog() is load_catalog()

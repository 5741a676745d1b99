"""Names, login names, serial numbers and phones in their one spelling (M5)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.identity import (
    LOGIN_NAME_LENGTH,
    ORGANIZATION_NAME_LENGTH,
    PERSON_NAME_LENGTH,
    IdentityError,
    Problem,
    normalise_key_serial,
    normalise_login_name,
    normalise_name,
    normalise_organization_name,
    normalise_phone,
)


def refusal(act, *arguments):
    with pytest.raises(IdentityError) as caught:
        act(*arguments)
    return caught.value


@pytest.mark.rule("M5")
@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张三", "张三"),
        ("  张三\u3000", "张三"),
        ("张\u3000三", "张三"),
        ("张 三", "张三"),
        ("\ufeff李四\u200b", "李四"),
        ("阿不都·买买提", "阿不都·买买提"),
        ("阿不都•买买提", "阿不都·买买提"),
        ("阿不都．买买提", "阿不都·买买提"),
        ("阿不都 ・ 买买提", "阿不都·买买提"),
        ("John   Smith", "John Smith"),
        ("Ｊｏｈｎ Ｓｍｉｔｈ", "John Smith"),
        ("O'Neill", "O'Neill"),
        ("Anne-Marie", "Anne-Marie"),
        ("赵C", "赵C"),
        ("Jose\u0301", "José"),
        ("李〇", "李〇"),
        ("⽂⼀", "文一"),
        ("张三（大）", "张三（大）"),
    ],
)
def test_a_name_has_one_spelling(typed, name):
    assert normalise_name(typed) == name


@pytest.mark.rule("M5")
@pytest.mark.parametrize(
    "character",
    [
        "\U00020bb7",  # 𠮷, Extension B
        "\U0002ceb3",  # Extension E
        "\U00031350",  # Extension H, younger than Python 3.11's tables
        "\u9fef",
        "\uf9dd",  # a compatibility ideograph that NFC would replace
        "\U0002f800",
        "\u4e08\U000e0100",  # with a variation selector
    ],
)
def test_a_rare_character_stays_itself(character):
    assert normalise_name(f"王{character}") == f"王{character}"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", Problem.MISSING),
        (" \u3000\u200b ", Problem.MISSING),
        ("张\x00三", Problem.NAME_CHARACTER),
        ("\x00张三", Problem.NAME_CHARACTER),
        ("张\n三", Problem.NAME_CHARACTER),
        ("张\t三", Problem.NAME_CHARACTER),
        ("张\u202e三", Problem.NAME_CHARACTER),
        ("张\u200b三", Problem.NAME_CHARACTER),
        ("张\ud800三", Problem.NAME_CHARACTER),
        ("张\ufffd", Problem.NAME_CHARACTER),
        ("张\U0002ffff", Problem.NAME_CHARACTER),
        ("张?", Problem.NAME_CHARACTER),
        ("张*三", Problem.NAME_CHARACTER),
        ("<b>张三</b>", Problem.NAME_CHARACTER),
        ("张三/李四", Problem.NAME_CHARACTER),
        ("张三😀", Problem.NAME_CHARACTER),
        ("张\ue123", Problem.NAME_PRIVATE_CHARACTER),
        ("=1+1", Problem.NAME_FORMULA),
        ("\t=1+1", Problem.NAME_FORMULA),
        ("\u200b@SUM(A1)", Problem.NAME_FORMULA),
        ("+张三", Problem.NAME_FORMULA),
        ("-张三", Problem.NAME_FORMULA),
        ("＝张三", Problem.NAME_FORMULA),
        ("＠张三", Problem.NAME_FORMULA),
        ("张" * (PERSON_NAME_LENGTH + 1), Problem.NAME_TOO_LONG),
        ("张" * 1_000_000, Problem.NAME_TOO_LONG),
        ("123", Problem.NAME_WITHOUT_LETTER),
        ("··", Problem.NAME_WITHOUT_LETTER),
    ],
)
def test_what_is_no_name_is_refused_with_its_reason(typed, problem):
    assert refusal(normalise_name, typed).problem is problem


def test_a_refused_character_is_named_by_place_and_code():
    assert refusal(normalise_name, "张\x00三").params == {"position": 2, "character": "U+0000"}


def test_the_longest_name_is_accepted():
    assert len(normalise_name("张" * PERSON_NAME_LENGTH)) == PERSON_NAME_LENGTH
    assert refusal(normalise_name, "张" * (PERSON_NAME_LENGTH + 1)).params == {
        "limit": PERSON_NAME_LENGTH
    }


@given(st.text(max_size=80))
def test_a_name_once_settled_stays_settled(text):
    try:
        name = normalise_name(text)
    except IdentityError:
        return
    assert normalise_name(name) == name
    assert 1 <= len(name) <= PERSON_NAME_LENGTH
    assert name[0] not in "=+-@"
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("北京某某房地产开发（集团）有限公司", "北京某某房地产开发（集团）有限公司"),
        ("北京\u3000\u3000某某银行 ", "北京 某某银行"),
        ("Ａ＋Ｂ置业", "A＋B置业"),
        ("Bank & Sons <Beijing>", "Bank & Sons <Beijing>"),
    ],
)
def test_an_organisation_keeps_its_own_signs(typed, name):
    assert normalise_organization_name(typed) == name


@pytest.mark.parametrize("typed", ["", "=某某", "某\x00某", "某" * (ORGANIZATION_NAME_LENGTH + 1)])
def test_what_is_no_name_of_an_organisation_is_refused(typed):
    refusal(normalise_organization_name, typed)


@pytest.mark.parametrize(
    ("typed", "name", "key"),
    [
        ("Zhang.San", "Zhang.San", "zhang.san"),
        (" zhangsan01\n", "zhangsan01", "zhangsan01"),
        ("ＺＳ－０１", "ZS-01", "zs-01"),
        ("a@b.cn", "a@b.cn", "a@b.cn"),
        ("朝阳_张三", "朝阳_张三", "朝阳_张三"),
    ],
)
def test_a_login_name_is_kept_and_its_key_is_lower_case(typed, name, key):
    assert normalise_login_name(typed) == (name, key)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", Problem.MISSING),
        ("a", Problem.LOGIN_NAME_LENGTH),
        ("a" * (LOGIN_NAME_LENGTH + 1), Problem.LOGIN_NAME_LENGTH),
        ("a b", Problem.LOGIN_NAME_CHARACTERS),
        ("a\x00b", Problem.LOGIN_NAME_CHARACTERS),
        ("-ab", Problem.LOGIN_NAME_CHARACTERS),
        ("=ab", Problem.LOGIN_NAME_CHARACTERS),
        ("аdmin", Problem.LOGIN_NAME_CHARACTERS),  # the а is Cyrillic
        ("İstanbul", Problem.LOGIN_NAME_CHARACTERS),
        ("K\u212a", Problem.LOGIN_NAME_CHARACTERS),
    ],
)
def test_a_login_name_of_other_characters_is_refused(typed, problem):
    assert refusal(normalise_login_name, typed).problem is problem


@given(st.text(max_size=70))
def test_keys_of_login_names_never_differ_by_case_alone(text):
    try:
        name, key = normalise_login_name(text)
    except IdentityError:
        return
    assert normalise_login_name(name.upper()).key == key
    assert normalise_login_name(key) == (key, key)


@pytest.mark.parametrize(
    ("typed", "serial"),
    [
        ("bj-2026-0001", "BJ-2026-0001"),
        (" ab12 ", "AB12"),
        ("ＫＥＹ１", "KEY1"),
        ("A" * 32, "A" * 32),
    ],
)
def test_a_serial_number_is_written_in_capitals(typed, serial):
    assert normalise_key_serial(typed) == serial


@pytest.mark.parametrize(
    "typed", ["AB1", "A" * 33, "-AB12", "AB_12", "AB\x0012", "密钥0001", "=AB12"]
)
def test_a_serial_number_of_another_form_is_refused(typed):
    assert refusal(normalise_key_serial, typed).problem is Problem.KEY_SERIAL_FORMAT


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13800138000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("010-65883205", "010-65883205"),
        ("01065883205", "010-65883205"),
        ("(010) 6588 3205", "010-65883205"),
        ("０１０－６５８８３２０５", "010-65883205"),
        ("+86 10 6588 3205", "010-65883205"),
        ("+86-(0)10-65883205", "010-65883205"),
        ("0311-87654321", "0311-87654321"),
        ("65883205", "65883205"),
        ("010-65883205-8012", "010-65883205-8012"),
        ("010-65883205转8012", "010-65883205-8012"),
        ("65883205 ext. 12", "65883205-12"),
        ("4007001900", "4007001900"),
        ("+86 400 700 1900", "4007001900"),
        ("95588", "95588"),
        ("12345", "12345"),
        ("+852 2345 6789", "+85223456789"),
    ],
)
def test_a_phone_number_has_one_spelling(typed, phone):
    assert normalise_phone(typed) == phone
    assert normalise_phone(phone) == phone


@pytest.mark.parametrize(
    "typed",
    [
        "123",
        "abc",
        "010",
        "12800138000",
        "1380013800",
        "010-65883205/13800138000",
        "1380013800\x000",
    ],
)
def test_what_is_no_phone_number_is_refused(typed):
    assert refusal(normalise_phone, typed).problem is Problem.PHONE_FORMAT

"""Citizen ID numbers and organisation codes against their standards (M5, M2)."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_11_2

from app.catalog.enums import CodeKind, Sex
from app.catalog.identity import (
    IdentityError,
    OrganizationIdentifier,
    Problem,
    check_sex,
    citizen_id_check_character,
    mask_citizen_id,
    organization_code_check_character,
    parse_citizen_id,
    parse_organization_code,
    parse_organization_identifier,
    parse_social_credit_code,
    social_credit_check_character,
)
from app.catalog.identity.citizens import PROVINCES
from app.catalog.identity.organizations import AUTHORITIES, SOCIAL_CREDIT_ALPHABET

TODAY = date(2026, 11, 21)
DIGITS = "0123456789"


def parse(text, today=TODAY):
    return parse_citizen_id(text, today=today)


def completed(body):
    return body + citizen_id_check_character(body)


def refusal(act, *arguments, **named):
    with pytest.raises(IdentityError) as caught:
        act(*arguments, **named)
    return caught.value


citizen_numbers = st.builds(
    lambda province, area, born, order: completed(f"{province}{area:04}{born:%Y%m%d}{order:03}"),
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 9999),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)
social_credit_codes = st.builds(
    lambda authority, digits, rest: (
        f"{authority}{digits:07}{rest}"
        + social_credit_check_character(f"{authority}{digits:07}{rest}")
    ),
    st.sampled_from(sorted(AUTHORITIES)),
    st.integers(0, 9_999_999),
    st.text(SOCIAL_CREDIT_ALPHABET, min_size=9, max_size=9),
)


def organization_codes(alphabet):
    return st.text(alphabet, min_size=8, max_size=8).map(
        lambda body: body + organization_code_check_character(body)
    )


def substituted(draw, code, alphabet):
    position = draw(st.integers(0, len(code) - 1))
    character = draw(st.sampled_from(alphabet))
    assume(character != code[position])
    return code[:position] + character + code[position + 1 :]


def transposed(draw, code):
    position = draw(st.integers(0, len(code) - 2))
    first, second = code[position : position + 2]
    assume(first != second)
    return code[:position] + second + first + code[position + 2 :]


# citizen ID numbers


@pytest.mark.rule("M5")
@pytest.mark.parametrize(
    ("number", "born", "sex"),
    [
        ("11010519491231002X", date(1949, 12, 31), Sex.FEMALE),
        ("440524188001010014", None, None),
        ("440524198001010013", date(1980, 1, 1), Sex.MALE),
        ("810000199408230021", date(1994, 8, 23), Sex.FEMALE),
        ("830000199201300022", date(1992, 1, 30), Sex.FEMALE),
    ],
)
def test_numbers_printed_in_the_standards_are_read(number, born, sex):
    if born is None:
        assert refusal(parse, number).problem is Problem.CITIZEN_ID_BIRTH_DATE
    else:
        citizen = parse(number)
        assert (citizen.number, citizen.birth_date, citizen.sex) == (number, born, sex)
        assert not citizen.upgraded


@given(citizen_numbers)
def test_the_check_digit_agrees_with_other_implementations(number):
    assert mod_11_2.is_valid(number)
    assert ric.calc_check_digit(number) == number[-1]
    assert parse(number).number == number


@pytest.mark.rule("M5")
@given(st.data())
def test_any_changed_character_is_noticed(data):
    number = data.draw(citizen_numbers)
    refusal(parse, substituted(data.draw, number, DIGITS + "X"))


@pytest.mark.rule("M5")
@given(st.data())
def test_any_exchange_of_neighbours_is_noticed(data):
    number = data.draw(citizen_numbers)
    refusal(parse, transposed(data.draw, number))


@given(st.text() | st.text(DIGITS + "Xx ", min_size=14, max_size=19))
def test_any_text_is_either_read_or_refused(text):
    try:
        citizen = parse(text)
    except IdentityError:
        return
    assert parse(citizen.number) == citizen


def test_a_refusal_does_not_repeat_the_number():
    refused = refusal(parse, "110105194912310021")
    shown = f"{refused} {refused.msgid % refused.params} {refused!r}"
    assert "19491231" not in shown


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 11010519491231002X\t",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002ｘ",
        "110105\u300019491231\u3000002X",
    ],
)
def test_the_usual_spellings_are_taken_as_meant(typed):
    assert parse(typed).number == "11010519491231002X"


@pytest.mark.rule("M5")
@pytest.mark.parametrize(
    ("old", "number"),
    [
        ("110105491231002", "11010519491231002X"),
        ("440524800101001", "440524198001010013"),
        ("１１０１０５４９１２３１００２", "11010519491231002X"),
    ],
)
def test_an_old_number_is_upgraded(old, number):
    citizen = parse(old)
    assert citizen.number == number
    assert citizen.upgraded
    assert citizen == parse(number)


@given(citizen_numbers.filter(lambda number: number[6:8] == "19"))
def test_upgrading_gives_the_number_that_the_person_has_now(number):
    assert parse(number[:6] + number[8:17]).number == number


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.MISSING),
        (" \u3000\n", Problem.MISSING),
        ("11010519491231002", Problem.CITIZEN_ID_LENGTH),
        ("11010519491231002XX", Problem.CITIZEN_ID_LENGTH),
        ("1" * 100_000, Problem.CITIZEN_ID_LENGTH),
        ("X1010519491231002X", Problem.CITIZEN_ID_CHARACTERS),
        ("11010519491231002A", Problem.CITIZEN_ID_CHARACTERS),
        ("11010519491231\x0002X", Problem.CITIZEN_ID_CHARACTERS),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", Problem.CITIZEN_ID_CHARACTERS),
        ("11010549123100X", Problem.CITIZEN_ID_CHARACTERS),
        ("=10105194912310021", Problem.CITIZEN_ID_CHARACTERS),
        (completed("16010519491231002"), Problem.CITIZEN_ID_REGION),
        (completed("84000019491231002"), Problem.CITIZEN_ID_REGION),
        (completed("11010518991231002"), Problem.CITIZEN_ID_BIRTH_DATE),
        (completed("11010519490229002"), Problem.CITIZEN_ID_BIRTH_DATE),
        (completed("11010519000229002"), Problem.CITIZEN_ID_BIRTH_DATE),
        (completed("11010519491301002"), Problem.CITIZEN_ID_BIRTH_DATE),
        (completed("11010500000101002"), Problem.CITIZEN_ID_BIRTH_DATE),
        ("110105490229002", Problem.CITIZEN_ID_BIRTH_DATE_OLD),
        (completed("11010520261122002"), Problem.CITIZEN_ID_FUTURE),
        ("110105194912310021", Problem.CITIZEN_ID_CHECK_DIGIT),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(text, problem):
    refused = refusal(parse, text)
    assert refused.problem is problem
    assert refused.code == problem.code
    assert (refused.rule or "M5") == "M5"


@pytest.mark.parametrize("born", [date(1900, 1, 1), date(2000, 2, 29), TODAY])
def test_dates_at_the_edge_are_accepted(born):
    assert parse(completed(f"110105{born:%Y%m%d}002")).birth_date == born


def test_the_last_birth_date_moves_with_the_day():
    tomorrow = TODAY + timedelta(days=1)
    number = completed(f"110105{tomorrow:%Y%m%d}002")
    refusal(parse, number)
    assert parse(number, today=tomorrow).birth_date == tomorrow


@pytest.mark.rule("M5")
def test_sex_on_the_form_must_agree_with_the_number():
    woman = parse("11010519491231002X")
    check_sex(woman, Sex.FEMALE)
    assert refusal(check_sex, woman, Sex.MALE).code == "citizen_id_sex"


def test_a_number_is_masked_wherever_it_is_represented():
    citizen = parse("11010519491231002X")
    assert citizen.masked == "110105********002X"
    assert repr(citizen) == str(citizen) == "CitizenId(110105********002X)"


@pytest.mark.parametrize("text", ["", "110105", "110105491231002", "x" * 19])
def test_what_is_no_full_number_is_masked_whole(text):
    assert mask_citizen_id(text) == "********"


def test_a_refusal_becomes_a_detail_of_its_field():
    detail = refusal(parse, "123").detail("lines.2.citizen_id")
    assert (detail.field, detail.code, detail.rule) == (
        "lines.2.citizen_id",
        "citizen_id_length",
        "M5",
    )
    assert detail.params == {"length": 3}


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_fills_its_words(problem):
    parameters = ("length", "region", "character", "position", "limit", "minimum")
    assert "%(" not in problem.msgid % dict.fromkeys(parameters, 1)


# codes of organisations


@pytest.mark.rule("M2")
@pytest.mark.parametrize("code", ["91110000600037341L", "91330201MA282UF146", "91330401MA28ADM67R"])
def test_social_credit_codes_of_real_enterprises_are_read(code):
    assert parse_social_credit_code(code) == code
    assert parse_social_credit_code(f" {code[:8].lower()} {code[8:].lower()}") == code


@pytest.mark.parametrize(
    "start", ["11", "12", "51", "54", "91", "92", "93", "A1", "N1", "N2", "N9", "Y1"]
)
def test_every_kind_of_authority_is_known(start):
    body = f"{start}110105MA0012345"
    code = body + social_credit_check_character(body)
    assert parse_social_credit_code(code) == code


@given(social_credit_codes)
def test_the_check_character_agrees_with_another_implementation(code):
    assert uscc.calc_check_digit(code[:-1]) == code[-1]
    assert parse_social_credit_code(code) == code


@pytest.mark.rule("M2")
@given(st.data())
def test_any_changed_character_of_a_social_credit_code_is_noticed(data):
    code = data.draw(social_credit_codes)
    refusal(parse_social_credit_code, substituted(data.draw, code, SOCIAL_CREDIT_ALPHABET))


@pytest.mark.rule("M2")
@given(st.data())
def test_any_exchange_of_neighbours_in_a_social_credit_code_is_noticed(data):
    refusal(parse_social_credit_code, transposed(data.draw, data.draw(social_credit_codes)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.MISSING),
        ("9111000060003734L", Problem.SOCIAL_CREDIT_CODE_LENGTH),
        ("91110000600037341I", Problem.SOCIAL_CREDIT_CODE_CHARACTERS),
        ("9A110000600037341L", Problem.SOCIAL_CREDIT_CODE_CHARACTERS),
        ("9111000O600037341L", Problem.SOCIAL_CREDIT_CODE_CHARACTERS),
        ("91110000\x0000037341L", Problem.SOCIAL_CREDIT_CODE_CHARACTERS),
        ("91110000600037342L", Problem.SOCIAL_CREDIT_CODE_CHECK_CHARACTER),
        (
            "B1110000600037341" + social_credit_check_character("B1110000600037341"),
            Problem.SOCIAL_CREDIT_CODE_AUTHORITY,
        ),
    ],
)
def test_a_wrong_social_credit_code_is_refused_with_its_reason(text, problem):
    refused = refusal(parse_social_credit_code, text)
    assert refused.problem is problem
    assert (refused.rule or "M2") == "M2"


@pytest.mark.parametrize(
    "code", ["D2143569X", "D2143569-X", "ｄ２１４３５６９－ｘ", " D2143569 - X "]
)
def test_an_organization_code_is_read_with_and_without_hyphen(code):
    assert parse_organization_code(code) == "D2143569X"


@pytest.mark.rule("M2")
@given(st.data())
def test_any_changed_digit_of_an_organization_code_is_noticed(data):
    code = data.draw(organization_codes(DIGITS))
    refusal(parse_organization_code, substituted(data.draw, code, DIGITS))


@pytest.mark.rule("M2")
@given(st.data())
def test_any_exchange_of_neighbouring_digits_of_an_organization_code_is_noticed(data):
    code = data.draw(organization_codes(DIGITS))
    wrong = transposed(data.draw, code)
    assume(wrong[-2] != "X")  # ten as the check character, but thirty-three as a letter before it
    refusal(parse_organization_code, wrong)


@given(organization_codes(DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_organization_codes_with_letters_are_read(code):
    assert parse_organization_code(f"{code[:8]}-{code[8]}") == code


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-", Problem.MISSING),
        ("D214356X", Problem.ORGANIZATION_CODE_LENGTH),
        ("D2143569A", Problem.ORGANIZATION_CODE_CHARACTERS),
        ("D21435_9X", Problem.ORGANIZATION_CODE_CHARACTERS),
        ("D21435691", Problem.ORGANIZATION_CODE_CHECK_CHARACTER),
    ],
)
def test_a_wrong_organization_code_is_refused_with_its_reason(text, problem):
    assert refusal(parse_organization_code, text).problem is problem


@pytest.mark.rule("M2")
def test_an_identifier_is_known_by_its_length():
    assert parse_organization_identifier("91110000-600037341L") == OrganizationIdentifier(
        "91110000600037341L", CodeKind.SOCIAL_CREDIT
    )
    assert parse_organization_identifier("D2143569-X") == OrganizationIdentifier(
        "D2143569X", CodeKind.ORGANIZATION_CODE
    )
    refused = refusal(parse_organization_identifier, "110000")
    assert refused.problem is Problem.ORGANIZATION_IDENTIFIER_LENGTH
    assert refused.params == {"length": 6}

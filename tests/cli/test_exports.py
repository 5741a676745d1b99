"""Lists taken out at the command line, in every format that the pages have (X6)."""

import stat

import pytest

from app.catalog.enums import AuditOutcome
from tests.support.factories import staff_of

REVIEWER = staff_of("REG")
BEGINS = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}


@pytest.mark.rule("X6")
@pytest.mark.parametrize("form", BEGINS)
def test_a_list_is_written_in_each_format_and_on_record(flask, office, at_work, tmp_path, form):
    at_work(REVIEWER)
    path = tmp_path / f"list.{form}"

    result = flask(
        *("exports", "write", "accounts", "--as", REVIEWER, "--format", form),
        *("--filter", "login_name=reg1", "--to", path),
    )

    assert result.exit_code == 0, result.stderr
    assert "1 rows written" in result.stderr
    assert path.read_bytes().startswith(BEGINS[form])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    event = office.last_event()
    assert (event.tag, event.new["format"], event.new["count"]) == ("list:exported", form, 1)


def test_without_a_file_the_list_goes_to_standard_output(flask, at_work):
    at_work(REVIEWER)
    result = flask("exports", "write", "permission_items", "--as", REVIEWER)
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) == 58


@pytest.fixture
def asked(flask, at_work, tmp_path):
    """Ask for the list of people, to a file."""
    at_work(REVIEWER)
    path = tmp_path / "list.csv"

    def ask(*options):
        start = ("exports", "write", "accounts", "--as", REVIEWER, "--to", path)
        return flask(*start, *options), path

    return ask


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--format", "doc"), 2, "--format"),
        (("--filter", "state"), 1, "COLUMN=VALUE"),
        (("--filter", "nothing=1"), 1, "no column named nothing"),
        (("--filter", "state=asleep"), 1, "does not fit State"),
        (("--order", "state"), 1, "but by: id, name, login_key"),
        (("--columns", "password_hash"), 1, "no column named password_hash"),
    ],
)
def test_what_cannot_be_asked_leaves_no_file(asked, options, code, words):
    result, path = asked(*options)
    assert (result.exit_code, path.exists()) == (code, False)
    assert words in result.stderr


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_done(
    flask, office, at_work, tmp_path
):
    at_work(REVIEWER)
    path = tmp_path / "nowhere" / "list.csv"
    for command in (
        ("exports", "write", "accounts", "--as", REVIEWER, "--to", path),
        ("demo", "load", "--accounts-file", path),
    ):
        result = flask(*command)
        assert result.exit_code == 1
        assert f"{path}" in result.stderr
        assert "cannot be written" in result.stderr
    assert office.last_event().outcome == AuditOutcome.REFUSED


def test_the_catalogue_speaks_the_language_of_the_terminal(flask):
    assert "holds together" in flask("catalog", "check").stdout
    assert "目录" in flask("catalog", "check", env={"LC_ALL": "zh_CN.UTF-8"}).stdout

"""Business and archives at the command line (第六条, 第九条)."""

from app.models.archives import ArchiveFile
from app.models.cases import Case
from tests.support.archives import RESEARCH, shelved
from tests.support.cases import INFO, case, case_of

ROWS = "number,business_type,owner,district_code\nJ-1,transfer_registration,east.admin,110101\n"


def test_a_spreadsheet_is_looked_over_and_taken_over(flask, at_work, office, tmp_path):
    at_work(INFO)
    path = tmp_path / "cases.csv"
    path.write_text(ROWS, encoding="utf-8")
    dry = flask("cases", "import", path, "--as", INFO, "--dry-run")
    assert (dry.exit_code, office.count(Case)) == (0, 0)
    assert "New: 1" in dry.stdout
    done = flask("cases", "import", path, "--as", INFO)
    again = flask("cases", "import", path, "--as", INFO)
    assert (done.exit_code, again.exit_code, office.count(Case)) == (0, 0, 1)
    assert "On record already: 1" in again.stdout


def test_a_wrong_row_refuses_the_file_and_names_the_cell(flask, at_work, office, tmp_path):
    at_work(INFO)
    path = tmp_path / "cases.csv"
    path.write_text(ROWS + "J-2,castle,east.admin,110101\n", encoding="utf-8")
    refused = flask("cases", "import", path, "--as", INFO)
    assert (refused.exit_code, office.count(Case)) == (1, 0)
    assert "B3" in refused.output
    part = flask("cases", "import", path, "--as", INFO, "--good-part")
    assert (part.exit_code, office.count(Case)) == (0, 1)


def test_business_is_finished_and_listed(flask, at_work, office):
    at_work(INFO)
    identity = case(office, "east.admin", number="J-7")
    listed = flask("cases", "list", "--as", INFO)
    assert "J-7" in listed.stdout
    silent = flask("cases", "close", "j-7", "--as", INFO)
    assert silent.exit_code == 1
    done = flask("cases", "close", "j-7", "--as", INFO, "--comment", "办结")
    assert done.exit_code == 0
    assert case_of(office, identity).state == "closed"
    assert flask("cases", "close", "NONE", "--as", INFO, "--comment", "?").exit_code == 1


def test_a_file_is_put_elsewhere_by_its_keeper(flask, at_work, office):
    at_work(RESEARCH)
    identity = shelved(office)
    number = office.session.get_one(ArchiveFile, identity).number
    data = '{"box": "Q-1", "place": "二号库房"}'
    done = flask("archives", "do", number, "move", "--as", RESEARCH, "--data", data)
    assert done.exit_code == 0, done.output
    assert office.session.get_one(ArchiveFile, identity).box == "Q-1"
    wrong = flask("archives", "do", number, "move", "--as", RESEARCH, "--data", "{}")
    assert wrong.exit_code == 1

"""`flask catalog check | sync | diff | export`."""

import shutil

import pytest

from app.catalog.loader import DATA, FILES, load_catalog, load_from


@pytest.fixture
def folder(tmp_path):
    """A copy of the catalogue's files, to be changed."""
    made = tmp_path / "catalogue"
    shutil.copytree(DATA, made)
    return made


def rewrite(folder, filename: str, old: str, new: str) -> None:
    path = folder / filename
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(runner, *arguments: str):
    return runner.invoke(args=["catalog", *map(str, arguments)])


def test_check_counts_the_entries(runner):
    result = run(runner, "check")
    assert result.exit_code == 0, result.output
    entries = sum(len(getattr(load_catalog(), file.name)) for file in FILES)
    assert str(entries) in result.output


def test_check_names_every_problem_and_fails(runner, folder):
    rewrite(folder, "sections.yaml", "items: 9", "items: 10")
    rewrite(folder, "roads.yaml", "article: 第三条", "article: 第三十条")
    result = run(runner, "check", "--from", folder)
    assert result.exit_code == 1
    assert "permission_items.yaml: municipal transaction" in result.output
    assert "第三十条" in result.output


def test_check_names_file_entry_and_field_of_a_wrong_value(runner, folder):
    rewrite(folder, "roads.yaml", "action: configure", "action: configurate")
    result = run(runner, "check", "--from", folder)
    assert result.exit_code == 1
    assert "roads.yaml: #4 new_user: action" in result.output


def test_a_synced_database_has_nothing_to_sync_and_no_difference(runner):
    assert run(runner, "sync").exit_code == 0
    before = run(runner, "sync")
    assert before.exit_code == 0
    assert before.output.count("\n") == 1
    assert run(runner, "diff").exit_code == 0


def test_a_dry_run_leaves_the_change_to_be_made(runner, folder):
    rewrite(folder, "articles.yaml", "严禁将用户和密钥转借他人", "不得将用户和密钥转借他人")
    for _ in range(2):
        planned = run(runner, "sync", "--from", folder, "--dry-run")
        assert planned.exit_code == 0
        assert "article 8" in planned.output
    assert run(runner, "diff", "--from", folder).exit_code == 1
    made = run(runner, "sync", "--from", folder)
    assert "article 8" in made.output
    assert "article 8" not in run(runner, "sync", "--from", folder).output


def test_a_broken_catalogue_is_not_synced(runner, folder):
    rewrite(folder, "offices.yaml", "duties: [review_registration]", "duties: []")
    result = run(runner, "sync", "--from", folder)
    assert result.exit_code == 1
    assert "offices.yaml: review_registration" in result.output
    assert run(runner, "diff").exit_code == 0


def test_export_writes_the_files_back(runner, tmp_path):
    target = tmp_path / "out"
    result = run(runner, "export", "--to", target)
    assert result.exit_code == 0, result.output
    assert load_from(target) == load_catalog()
    for path in DATA.glob("*.yaml"):
        assert (target / path.name).read_bytes() == path.read_bytes()


def test_export_prints_where_no_folder_is_given(runner):
    result = run(runner, "export")
    assert result.exit_code == 0
    assert "第七条" not in result.output
    assert "企业用户应及时将申请的业务提交至系统受理环节" in result.output

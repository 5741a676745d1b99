"""The numbered migrations and the models say the same."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, inspect

from app.models.base import metadata
from config import ROOT

REVISIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))


def assignments(path: Path) -> dict[str, object]:
    return {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        and target.id in {"revision", "down_revision", "branch_labels", "depends_on"}
    }


def test_there_is_a_first_migration():
    assert [path.name[:4] for path in REVISIONS][:1] == ["0001"]


@pytest.mark.parametrize("path", REVISIONS, ids=lambda p: p.stem)
def test_a_migration_is_numbered_and_says_what_it_does(path: Path):
    number, _, words = path.stem.partition("_")
    assert re.fullmatch(r"\d{4}", number)
    assert re.fullmatch(r"[a-z0-9_]{3,}", words)
    assert assignments(path)["revision"] == number
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring is not None
    assert docstring.splitlines()[0].endswith(".")


def test_migrations_follow_one_another_without_a_gap():
    for before, after in pairwise(REVISIONS):
        assert int(after.name[:4]) == int(before.name[:4]) + 1
        assert assignments(after)["down_revision"] == assignments(before)["revision"]


def test_head_equals_the_models(runner):
    result = runner.invoke(args=["db", "check"])
    assert result.exit_code == 0, result.output


def test_every_migration_can_be_taken_back_and_made_again(runner):
    for arguments in (["db", "downgrade", "base"], ["db", "upgrade"], ["db", "check"]):
        result = runner.invoke(args=arguments)
        assert result.exit_code == 0, f"{arguments}: {result.output} {result.exception!r}"


def literals(sql: object) -> list[str]:
    return sorted(re.findall(r"'([^']*)'", str(sql)))


def test_every_check_of_the_models_stands_in_the_database_with_the_same_values(session):
    """Alembic compares columns, keys and indexes, not CHECKs."""
    connection = session.connection()
    inspector, dialect = inspect(connection), connection.dialect
    tables = [t for t in metadata.sorted_tables if inspector.has_table(t.name)]
    declared = {
        (table.name, dialect.identifier_preparer.format_constraint(check)): literals(
            check.sqltext.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        )
        for table in tables
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    reflected = {
        (table.name, check["name"]): literals(check["sqltext"])
        for table in tables
        for check in inspector.get_check_constraints(table.name)
    }
    assert len(declared) > 20
    assert reflected == declared

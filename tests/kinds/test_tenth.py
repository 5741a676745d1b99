"""A kind is one model file, one lifecycle entry, one migration and its words: a tenth shows it."""

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.catalog.lifecycles import ApplicationKind
from config import ROOT
from tests.support.databases import Backend, PostgresqlBackend

DECLARED = Path(__file__).with_name("tenth")
ENTRIES = "app/catalog/lifecycles/applications.py"
WORDS = "translations/zh/LC_MESSAGES/messages.po"
ADDED = {"app/models/kinds/hours_extension.py", "migrations/versions/{number}_hours_extension.py"}
CHANGED = {ENTRIES, WORDS}
PROGRAM = {".py", ".html", ".js", ".css"}
IMPORT = "from app.catalog.enums import ApplicationState as S\n"


def copied(folder: Path) -> Path:
    """Copy the program, without what is made of it."""
    for part in ("app", "migrations", "translations"):
        shutil.copytree(
            ROOT / part,
            folder / part,
            ignore=shutil.ignore_patterns("__pycache__", "*.mo"),
            symlinks=True,
        )
    for part in ("config.py", "run.py"):
        shutil.copy(ROOT / part, folder / part)
    return folder


def declare(folder: Path) -> str:
    """Add the kind to the program in `folder`; the number of its migration."""
    shutil.copy(DECLARED / "hours_extension.py", folder / "app/models/kinds")
    entries = folder / ENTRIES
    text = entries.read_text("utf-8")
    text = text.replace(IMPORT, f"{IMPORT}from app.catalog.enums import OrganizationType\n")
    entry = (DECLARED / "lifecycle.txt").read_text("utf-8")
    text, count = re.subn(r"(?m)^\)\n\n\nclass ApplicationKind", lambda it: entry + it[0], text)
    assert count == 1
    entries.write_text(text, "utf-8")
    versions = folder / "migrations/versions"
    before = max(path.name[:4] for path in versions.glob("*.py"))
    number = f"{int(before) + 1:04d}"
    migration = (DECLARED / "migration.py").read_text("utf-8")
    (versions / f"{number}_hours_extension.py").write_text(
        migration % {"number": number, "before": before}, "utf-8"
    )
    words = folder / WORDS
    with words.open("a", encoding="utf-8") as file:
        file.write((DECLARED / "words.txt").read_text("utf-8"))
    with words.open("rb") as source, words.with_suffix(".mo").open("wb") as target:
        write_mo(target, read_po(source, locale="zh"))
    return number


def differing(folder: Path) -> tuple[set[str], set[str]]:
    """Which files of the copy are new, and which are not as they were; compiled ones apart."""
    files = [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".mo", ".pyc"}
    ]
    new = {name for name in files if not (ROOT / name).exists()}
    return new, {
        name
        for name in set(files) - new
        if not filecmp.cmp(ROOT / name, folder / name, shallow=False)
    }


@pytest.mark.sqlite
@pytest.mark.postgresql
def test_a_tenth_kind_has_page_editor_print_import_rest_and_audit(backend: Backend, tmp_path: Path):
    program = copied(tmp_path / "program")
    number = declare(program)
    assert differing(program) == ({name.format(number=number) for name in ADDED}, CHANGED)
    url, own = f"sqlite:///{tmp_path / 'keydesk.db'}", None
    if isinstance(backend, PostgresqlBackend):
        own = PostgresqlBackend(backend.server_url, "tenth")
        url = own.url
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.kinds.tenth.walk", url, str(tmp_path / "files")],
            cwd=program,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(program), str(ROOT)])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    finally:
        if own is not None:
            own.drop()
    assert done.returncode == 0, done.stdout[-4000:]


def test_no_other_part_of_the_program_knows_a_kind_by_its_name():
    own = {ROOT / f"app/models/kinds/{kind}.py" for kind in ApplicationKind}
    names = re.compile(rf"\b(?<!kinds\.)({'|'.join(ApplicationKind)})\b", re.IGNORECASE)
    naming = {
        str(path.relative_to(ROOT)): found
        for path in (ROOT / "app").rglob("*")
        if path.suffix in PROGRAM and path not in own and "vendor" not in path.parts
        if (found := names.findall(path.read_text("utf-8")))
    }
    assert set(naming) == {ENTRIES}, naming

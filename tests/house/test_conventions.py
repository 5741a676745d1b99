"""What every file of the project keeps to."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from app.catalog.event_words import TOLD
from app.catalog.lifecycles import all_lifecycles
from config import ROOT

LONGEST = 400
OURS = {"app", "config", "run", "tests", "bench"}
VAGUE = {"common", "helper", "helpers", "misc", "util", "utils"}
LOCKS = ("requirements-setup", "requirements", "requirements-dev")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ARTICLE = re.compile(r"第[一二三四五六七八九十]+条(?:（[一二三四五六七八九十]+）)?|附件[1-7１-７]")
LANGUAGE_NAMES = {"中文"}
# These take Chinese apart (numbers of articles, names) or make up people; none of it is page text.
READS_CHINESE = ("app/catalog/citations.py", "app/catalog/identity/", "app/services/demo")


def sources(*patterns: str) -> list[Path]:
    return sorted(
        path
        for pattern in patterns
        for path in ROOT.glob(pattern)
        if "vendor" not in path.parts and "output" not in path.parts
    )


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_longer_than_one_can_read():
    patterns = ("app/**/*.py", "app/**/*.html", "app/**/*.js", "tests/**/*.py", "scripts/*.py")
    lengths = {name(p): len(p.read_text("utf-8").splitlines()) for p in sources(*patterns)}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_module_has_a_vague_name():
    assert [name(p) for p in sources("app/**/*.py", "tests/**/*.py") if p.stem in VAGUE] == []


def test_templates_and_scripts_say_everything_by_msgid():
    found = [
        f"{name(path)}: {line.strip()}"
        for path in sources("app/templates/**/*.html", "app/static/**/*.js")
        for line in without_notes(path.read_text(encoding="utf-8")).splitlines()
        if CHINESE.search(line)
    ]
    assert found == []


def test_code_says_everything_by_msgid():
    found = [
        f"{name(path)}:{node.lineno}: {node.value}"
        for path in sources("app/**/*.py")
        for node in string_literals(ast.parse(path.read_text(encoding="utf-8")))
        if CHINESE.search(without_notes(node.value)) and not name(path).startswith(READS_CHINESE)
    ]
    assert found == []


def without_notes(text: str) -> str:
    """Drop comments, names of languages and references to the Measures."""
    text = re.sub(r"\{#.*?#\}|/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"//.*", "", text)
    for word in LANGUAGE_NAMES:
        text = text.replace(word, "")
    return ARTICLE.sub("", text)


def string_literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every string that is not a docstring nor the comment under a member of an enum."""
    notes = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_every_package_by_hash_and_names_no_address(lock: str):
    text = (ROOT / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links)", text, re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9.-]+(\[\w+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_everything_that_is_asked_for(lock: str):
    asked = wanted(ROOT / f"{lock}.in")
    locked = (ROOT / f"{lock}.txt").read_text(encoding="utf-8")
    assert asked <= set(re.findall(r"^([a-z0-9.-]+)==", locked, re.MULTILINE))


def test_runtime_and_development_locks_agree():
    pins = [
        set(re.findall(r"^\S+==\S+", (ROOT / f"{lock}.txt").read_text("utf-8"), re.MULTILINE))
        for lock in ("requirements", "requirements-dev")
    ]
    assert pins[0] - pins[1] == set()


def test_every_package_that_the_product_imports_is_asked_for_by_name():
    asked = wanted(ROOT / "requirements.in")
    distributions = packages_distributions()
    missing = {
        f"{name(path)}: {module}"
        for path in [*sources("app/**/*.py", "migrations/**/*.py"), ROOT / "config.py"]
        for module in imports(path)
        if module not in OURS | set(sys.stdlib_module_names)
        and not {d.lower().replace("_", "-") for d in distributions.get(module, ())} & asked
    }
    assert missing == set()


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def wanted(path: Path) -> set[str]:
    """Return the names that a requirements file asks for."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        re.split(r"[\[<>=~ ]", line)[0].lower()
        for line in lines
        if line.strip() and not line.startswith(("#", "-"))
    }


def test_every_rule_that_a_test_claims_is_named_where_it_is_enforced():
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in sources("app/**/*.py", "app/**/*.yaml")
    )
    marks = {
        rule
        for path in sources("tests/**/*.py")
        for mark in re.findall(r"mark\.rule\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for rule in re.findall(r'"([^"]+)"', mark)
    }
    assert {
        m for m in marks if not re.search(rf"(?<![\w.]){re.escape(m)}(?![\w.]*\w)", code)
    } == set()


def test_nobody_but_the_owner_reads_what_make_run_writes():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8")
    for made in ("/instance/", "/.venv/", "/app/static/vendor/", "*.mo"):
        assert made in ignored


def test_every_act_on_record_has_words():
    """A reader of the audit trail never meets a bare tag."""
    tags = {
        word.value.value
        for path in sources("app/**/*.py")
        for word in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(word, ast.keyword)
        and word.arg == "tag"
        and isinstance(word.value, ast.Constant)
    }
    assert len(tags) > len(all_lifecycles())
    assert sorted(tags - TOLD.keys()) == []

"""The gate that keeps the Chinese catalogue whole, and right by the glossary."""

import importlib.util
import sys
from typing import Any

import pytest
from babel.messages.catalog import Catalog

from config import ROOT


def load_gate() -> Any:
    path = ROOT / "scripts" / "check_translations.py"
    spec = importlib.util.spec_from_file_location("check_translations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


gate = load_gate()
GLOSSARY = [
    gate.Term("key", ("密钥",), avoid=("密匙",), not_in=("press a key",)),
    gate.Term("duty", ("职责",)),
    gate.Term("organization", ("单位",), synonyms=("organisation",)),
]


def catalogue(*entries: tuple[Any, Any], **options: Any) -> Catalog:
    made = Catalog(locale="zh")
    for english, chinese in entries:
        made.add(english, chinese, locations=[("app/views/keys.py", 1)], **options)
    return made


def problems(template: Catalog, made: Catalog) -> list[str]:
    return [line.partition(":")[0] for line in gate.check(template, made, GLOSSARY)]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Issue the key", "发放密钥"),
        ("Press a key to go on", "按任意键继续"),
        ("%(count)s keys", "%(count)s 把密钥"),
        ("Monkey", "猴子"),
        ("Two duties", "两项职责"),
    ],
)
def test_a_good_entry_passes(english: str, chinese: str):
    assert problems(catalogue((english, "")), catalogue((english, chinese))) == []


@pytest.mark.parametrize(
    ("english", "chinese", "problem"),
    [
        ("Issue the key", "", "empty"),
        ("Issue the key", " ", "empty"),
        ("Issue the key", "发放", "lacks 密钥 for “key”"),
        ("Hand over", "交密匙", "says 密匙; the glossary says 密钥"),
        ("Duties", "责任", "lacks 职责 for “duty”"),
        (
            "Your organisation",
            "贵单位",
            "the glossary's word is “organization”, not “organisation”",
        ),
        ("%(count)s found", "找到", "placeholders or tags differ"),
        ("%(a)s found", "找到 %(b)s", "placeholders or tags differ"),
        ("<b>Now</b>", "<i>现在</i>", "placeholders or tags differ"),
    ],
)
def test_a_bad_entry_is_named(english: str, chinese: str, problem: str):
    assert problems(catalogue((english, "")), catalogue((english, chinese))) == [problem]


def test_missing_stale_and_fuzzy_entries_are_named():
    template = catalogue(("Now", ""), ("Then", ""))
    made = catalogue(("Then", "那时"), flags=["fuzzy"])
    made.add("Gone", "没有了")
    made.obsolete["Long gone"] = made["Gone"]
    assert sorted(problems(template, made)) == ["fuzzy", "missing", "stale", "stale"]


def test_every_form_of_a_plural_is_held_against_its_placeholders():
    english = ("%(num)s line", "%(num)s lines")
    assert problems(catalogue((english, ("",))), catalogue((english, ("%(num)s 行",)))) == []
    found = problems(catalogue((english, ("",))), catalogue((english, ("几行",))))
    assert found == ["placeholders or tags differ"]


def test_the_glossary_contradicts_itself_nowhere():
    terms = gate.read_glossary()
    right = {word for term in terms for word in term.chinese}
    assert terms
    assert not {word for term in terms for word in term.avoid} & right

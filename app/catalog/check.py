"""What must hold over the whole catalogue, beyond the shape of each entry."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from app.catalog.citations import annex_of, place
from app.catalog.enums import Category, Duty, LegalForm, OfficeCode
from app.catalog.lifecycles import ApplicationKind
from app.catalog.loader import FILES, CatalogFile, file_of, label
from app.catalog.shapes import declared
from app.catalog.types import Act, Catalog, RoadAction, Text
from app.i18n import N_, _

_RULE = re.compile(r"[A-Z]\d+(\.\d+|[a-z])?")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
APPLICATION_FORM = "application_form"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold: which file, which entry, why."""

    file: str
    entry: str
    msgid: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return place and reason in the reader's language."""
        place_ = [each for each in (self.file, self.entry) if each]
        return ": ".join([*place_, _(self.msgid, **self.params)])


def check(catalog: Catalog) -> list[Problem]:
    """Return everything that does not hold, in the order of the checks; empty is good."""
    return [problem for rule in CHECKS for problem in rule(catalog)]


def _problem(name: str, entry: Any, msgid: str, **params: Any) -> Problem:
    file = file_of(name)
    called = entry if isinstance(entry, str) else label(file, entry)
    return Problem(file.filename, called, msgid, params)


def _everything(catalog: Catalog) -> Iterator[tuple[CatalogFile, Any]]:
    for file in FILES:
        for entry in getattr(catalog, file.name):
            yield file, entry


def latest(entries: Iterable[Any]) -> list[Any]:
    """Return the entries that nothing ends: the wording that stands at the end."""
    return [entry for entry in entries if entry.valid_until is None]


def _standing(file: CatalogFile, entries: Iterable[Any]) -> list[Any]:
    """Return the last version of each entry, without those that have ended for good."""
    last = {file.key(entry): entry for entry in sorted(entries, key=lambda e: e.valid_from)}
    return latest(last.values())


def counts(catalog: Catalog) -> Iterator[Problem]:
    """M4a, M4b: as many items under each heading as the annex prints, numbered without a gap."""
    found = defaultdict(list)
    for item in _standing(file_of("permission_items"), catalog.permission_items):
        found[item.tier, item.category].append(item)
    printed = {(s.tier, s.category): s for s in catalog.sections}
    for key, section in printed.items():
        items = found.pop(key, [])
        if len(items) != section.items:
            yield _problem(
                "permission_items",
                " ".join(key),
                N_("the annex prints %(printed)s items, here are %(found)s"),
                printed=section.items,
                found=len(items),
            )
        numbers = sorted(item.number for item in items)
        if numbers != list(range(1, len(items) + 1)):
            yield _problem(
                "permission_items", " ".join(key), N_("the numbers do not run from 1 without a gap")
            )
        yield from _item_places(section, items)
    for key in found:
        yield _problem("sections", " ".join(key), N_("the annexes have no such heading"))


def _item_places(section: Any, items: Iterable[Any]) -> Iterator[Problem]:
    for item in items:
        if item.code != f"{item.tier}.{item.category}.{item.number}":
            yield _problem("permission_items", item, N_("the code is not tier.category.number"))
        if item.annex != section.annex:
            yield _problem("permission_items", item, N_("the heading stands in another annex"))
        if item.mark not in {section.mark, f"{section.mark}{item.number}"}:
            yield _problem(
                "permission_items", item, N_("the mark is not under %(mark)s"), mark=section.mark
            )


def acts(catalog: Catalog) -> Iterator[Problem]:
    """B1, B2: every item opens acts of business types that exist; no type stays shut."""
    known = {business.code for business in catalog.business_types}
    opened = set()
    for item in catalog.permission_items:
        if not item.acts:
            yield _problem("permission_items", item, N_("opens nothing"))
        for pair, times in Counter(item.acts).items():
            code, _sep, act = pair.partition(":")
            opened.add(code)
            if code not in known:
                yield _problem(
                    "permission_items",
                    item,
                    N_("there is no business type %(code)s"),
                    code=code,
                )
            if act not in set(Act):
                yield _problem("permission_items", item, N_("there is no act %(act)s"), act=pair)
            if times > 1:
                yield _problem("permission_items", item, N_("names %(act)s twice"), act=pair)
    for business in catalog.business_types:
        if business.code not in opened:
            yield _problem("business_types", business, N_("no permission item opens it"))


def posts(catalog: Catalog) -> Iterator[Problem]:
    """M4a: a post's items exist and are for users of its own tier."""
    tiers = {item.code: item.tier for item in catalog.permission_items}
    for post in catalog.posts:
        if not post.items:
            yield _problem("posts", post, N_("opens nothing"))
        for code, times in Counter(post.items).items():
            if code not in tiers:
                yield _problem("posts", post, N_("there is no item %(code)s"), code=code)
            elif tiers[code] != post.tier:
                yield _problem("posts", post, N_("%(code)s is of another tier"), code=code)
            if times > 1:
                yield _problem("posts", post, N_("names %(act)s twice"), act=code)


def citations(catalog: Catalog) -> Iterator[Problem]:
    """M3, M11: every citation leads to an article in force on the entry's day, or to an annex."""
    articles = defaultdict(list)
    for article in catalog.articles:
        articles[article.number, article.clause].append(article)
    annexes = {s.annex for s in catalog.sections} | {k.annex for k in catalog.kinds if k.annex}
    for file, entry in _everything(catalog):
        reference = getattr(entry, "article", None)
        if reference is None:
            continue
        annex = annex_of(reference)
        if annex is not None:
            if annex not in annexes:
                yield _problem(file.name, entry, N_("there is no %(cited)s"), cited=reference)
            continue
        try:
            clauses = articles.get(place(reference), [])
        except ValueError:
            yield _problem(file.name, entry, N_("%(cited)s is no citation"), cited=reference)
            continue
        on = getattr(entry, "valid_from", None)
        if not any(_covers(clause, on) for clause in clauses):
            yield _problem(file.name, entry, N_("there is no %(cited)s"), cited=reference)


def _covers(entry: Any, on: date | None) -> bool:
    if on is None:
        return True
    return bool(entry.valid_from <= on and (entry.valid_until is None or on < entry.valid_until))


def rules(catalog: Catalog) -> Iterator[Problem]:
    """Every rule is named by an id such as M5.1."""
    for file, entry in _everything(catalog):
        rule = getattr(entry, "rule", None)
        if rule is not None and not _RULE.fullmatch(rule):
            yield _problem(file.name, entry, N_("%(rule)s is no rule's id"), rule=rule)


def duties(catalog: Catalog) -> Iterator[Problem]:
    """M3: each duty of 第三条 is held by exactly one office, and every office holds one."""
    held = Counter(duty for office in catalog.offices for duty in office.duties)
    for duty in Duty:
        if held[duty] != 1:
            yield _problem(
                "offices",
                duty.value,
                N_("held by %(count)s offices instead of one"),
                count=held[duty],
            )
    present = {office.code for office in catalog.offices}
    for code in OfficeCode:
        if code not in present:
            yield _problem("offices", code.value, N_("is missing"))
    for office in catalog.offices:
        if not office.duties:
            yield _problem("offices", office, N_("has no duty"))


def roads(catalog: Catalog) -> Iterator[Problem]:
    """Every kind has a road whose every position is taken by someone, and it ends."""
    steps = defaultdict(list)
    for step in _standing(file_of("roads"), catalog.roads):
        steps[step.kind].append(step)
    for kind in ApplicationKind:
        if not steps[kind]:
            yield _problem("roads", kind.value, N_("has no road"))
            continue
        positions = sorted({step.position for step in steps[kind]})
        if positions != list(range(1, len(positions) + 1)):
            yield _problem("roads", kind.value, N_("the positions do not run from 1 without a gap"))
        for position in positions:
            yield from _taken(kind, position, [s for s in steps[kind] if s.position == position])
        last = [s for s in steps[kind] if s.position == positions[-1]]
        if any(s.action is RoadAction.APPROVE or s.category for s in last):
            yield _problem("roads", kind.value, N_("ends in a review: nothing is done after it"))


def _taken(kind: ApplicationKind, position: int, steps: list[Any]) -> Iterator[Problem]:
    """A position is always taken, or taken for every category that can be asked for."""
    asked = {step.category for step in steps}
    if None not in asked and asked != set(Category):
        missing = sorted(set(Category) - asked)
        yield _problem(
            "roads",
            f"{kind} {position}",
            N_("nobody takes this position for %(missing)s"),
            missing=", ".join(missing),
        )


def kinds(catalog: Catalog) -> Iterator[Problem]:
    """Each of the nine kinds is described, can be handed in by someone, and carries a pledge."""
    described = {entry.kind: entry for entry in _standing(file_of("kinds"), catalog.kinds)}
    pledged = {entry.kind: entry for entry in _standing(file_of("pledges"), catalog.pledges)}
    for kind in ApplicationKind:
        if kind not in described:
            yield _problem("kinds", kind.value, N_("is missing"))
            continue
        entry = described[kind]
        if not entry.applicants:
            yield _problem("kinds", entry, N_("nobody may hand it in"))
        if not entry.columns:
            yield _problem("kinds", entry, N_("has no columns"))
        if kind not in pledged:
            yield _problem("pledges", kind.value, N_("is missing"))
        elif pledged[kind].annex != entry.annex:
            yield _problem("pledges", kind.value, N_("names another annex than its form"))


def papers(catalog: Catalog) -> Iterator[Problem]:
    """M5.2: every legal form has a checklist with the form on it; every paper asks something."""
    groups = defaultdict(list)
    for paper in _standing(file_of("papers"), catalog.papers):
        groups[paper.applies_to.value].append(paper)
        if not (paper.original or paper.copy):
            yield _problem("papers", paper, N_("asks for neither original nor copy"))
    for form in LegalForm:
        if APPLICATION_FORM not in {paper.code for paper in groups[form.value]}:
            yield _problem("papers", form.value, N_("the printed form is not on the checklist"))
    for group, found in groups.items():
        if len({paper.position for paper in found}) != len(found):
            yield _problem("papers", group, N_("two papers have the same place"))


def languages(catalog: Catalog) -> Iterator[Problem]:
    """X7: every text says something in both languages, and each in its own script."""
    for file, entry in _everything(catalog):
        for name, text in _texts(entry):
            if not text.zh.strip() or not text.en.strip():
                yield _problem(file.name, entry, N_("%(field)s is empty in a language"), field=name)
            elif not _HAN.search(text.zh):
                yield _problem(file.name, entry, N_("%(field)s is not Chinese"), field=name)
            elif _HAN.search(text.en):
                yield _problem(file.name, entry, N_("%(field)s is not English"), field=name)


def _texts(entry: Any, at: str = "") -> Iterator[tuple[str, Text]]:
    for f in declared(type(entry)):
        value = getattr(entry, f.name)
        if isinstance(value, Text):
            yield f"{at}{f.name}", value
        elif isinstance(value, tuple):
            for number, each in enumerate(value, 1):
                if hasattr(each, "__dataclass_fields__"):
                    yield from _texts(each, f"{at}{f.name}.{number}.")


def dates(catalog: Catalog) -> Iterator[Problem]:
    """M11: an entry ends after it begins, and its versions follow each other without overlap."""
    versions = defaultdict(list)
    for file, entry in _everything(catalog):
        begin, end = getattr(entry, "valid_from", None), getattr(entry, "valid_until", None)
        if begin is None:
            continue
        versions[file.name, file.key(entry)].append(entry)
        if end is not None and end <= begin:
            yield _problem(file.name, entry, N_("ends on %(day)s, before it begins"), day=end)
    for (name, _key), entries in versions.items():
        for earlier, later in pairwise(sorted(entries, key=lambda e: e.valid_from)):
            if earlier.valid_until is None or earlier.valid_until > later.valid_from:
                yield _problem(
                    name,
                    earlier,
                    N_("does not end when the wording of %(day)s begins"),
                    day=later.valid_from,
                )


CHECKS: tuple[Callable[[Catalog], Iterable[Problem]], ...] = (
    counts,
    acts,
    posts,
    citations,
    rules,
    duties,
    roads,
    kinds,
    papers,
    languages,
    dates,
)

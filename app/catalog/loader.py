"""The one way from the catalogue's files to a `Catalog`: strict, and cached."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.catalog import types as t
from app.catalog.enums import Category, Duty, OfficeCode, OrganizationType
from app.catalog.lifecycles import ApplicationKind
from app.catalog.shapes import ShapeError, parse, plain
from app.errors import DomainError
from app.i18n import N_

DATA = Path(__file__).parent / "data"


class CatalogError(DomainError):
    """The catalogue's files cannot be taken: which file, which entry, which field, and why."""

    code = "catalogue"

    def __init__(
        self, msgid: str, *, file: str, entry: str = "", field: str = "", **params: Any
    ) -> None:
        """Keep the place beside the words."""
        super().__init__(msgid, **params)
        self.file = file
        self.entry = entry
        self.field = field

    def __str__(self) -> str:
        """Return place and reason in the reader's language."""
        place = [each for each in (self.file, self.entry, self.field) if each]
        return ": ".join([*place, super().__str__()])


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """One file: the entry class of its list, what makes an entry unique, and its order."""

    name: str
    entry: type[Any]
    key: Callable[[Any], tuple[Any, ...]]
    order: Callable[[Any], tuple[Any, ...]]

    @property
    def filename(self) -> str:
        """The name on disk."""
        return f"{self.name}.yaml"


def _at(members: Iterable[Any], member: Any) -> int:
    """Return the place of `member` in its vocabulary, before all others where there is none."""
    return -1 if member is None else list(members).index(member)


def _clause(clause: str) -> tuple[int, ...]:
    """Return the order of clauses: opening words, numbered ones, closing paragraph."""
    if clause == "last":
        return (1_000,)
    return tuple(int(part) for part in clause.split(".") if part.isdigit())


def _by_kind(entry: Any) -> int:
    return _at(ApplicationKind, entry.kind)


def _section(entry: Any) -> tuple[int, ...]:
    return (_at(OrganizationType, entry.tier), _at(Category, entry.category))


FILES: tuple[CatalogFile, ...] = (
    CatalogFile(
        "articles",
        t.Article,
        lambda e: (e.number, e.clause),
        lambda e: (e.number, *_clause(e.clause)),
    ),
    CatalogFile("sections", t.Section, lambda e: (e.tier, e.category), _section),
    CatalogFile(
        "permission_items",
        t.PermissionItem,
        lambda e: (e.code,),
        lambda e: (*_section(e), e.number),
    ),
    CatalogFile("posts", t.Post, lambda e: (e.code,), lambda e: (_at(OrganizationType, e.tier),)),
    CatalogFile("business_types", t.BusinessType, lambda e: (e.code,), lambda _: ()),
    CatalogFile(
        "offices", t.OfficeEntry, lambda e: (e.code,), lambda e: (_at(OfficeCode, e.code),)
    ),
    CatalogFile("districts", t.District, lambda e: (e.code,), lambda e: (e.code,)),
    CatalogFile(
        "papers",
        t.PaperRequirement,
        lambda e: (e.applies_to, e.code),
        lambda e: (_at(t.PaperGroup, e.applies_to), e.position),
    ),
    CatalogFile("pledges", t.Pledge, lambda e: (e.kind,), lambda e: (_by_kind(e),)),
    CatalogFile("kinds", t.KindEntry, lambda e: (e.kind,), lambda e: (_by_kind(e),)),
    CatalogFile(
        "roads",
        t.RoadStep,
        lambda e: (e.kind, e.position, e.action, e.duty, e.category),
        lambda e: (
            _by_kind(e),
            e.position,
            _at(Category, e.category),
            _at(t.RoadAction, e.action),
            _at(Duty, e.duty),
        ),
    ),
)


def file_of(name: str) -> CatalogFile:
    """Return the declaration of the file called `name`."""
    return next(file for file in FILES if file.name == name)


def label(file: CatalogFile, entry: Any) -> str:
    """Return how messages call an entry: its key, and its date where it has one."""
    parts = [str(part) for part in file.key(entry) if part not in {"", None}]
    return " ".join(parts)


def in_order(file: CatalogFile, entries: Iterable[Any]) -> tuple[Any, ...]:
    """Return `entries` as the file lists them; versions of one entry by date of effect."""
    return tuple(sorted(entries, key=lambda e: (file.order(e), getattr(e, "valid_from", None))))


class _Loader(yaml.CSafeLoader):
    """The safe loader, which also refuses a name that stands twice in one entry."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        """Return the mapping; two values under one name are an error, not a choice."""
        seen = set()
        for name, _value in node.value:
            if name.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name.value} twice", name.start_mark
                )
            seen.add(name.value)
        return super().construct_mapping(node, deep)


def load_file(file: CatalogFile, text: str) -> tuple[Any, ...]:
    """Return the entries that `text` lists; CatalogError names file, entry and field."""
    try:
        written = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a thirteenth month
        mark = getattr(error, "problem_mark", None)
        raise CatalogError(
            N_("not readable as YAML"),
            file=file.filename,
            entry=f"line {mark.line + 1}" if mark else "",
        ) from error
    if not isinstance(written, list):
        raise CatalogError(N_("expected a list of entries"), file=file.filename)
    entries = []
    seen: set[tuple[Any, ...]] = set()
    for number, each in enumerate(written, 1):
        try:
            entry = parse(file.entry, each)
        except ShapeError as error:
            raise CatalogError(
                error.msgid,
                file=file.filename,
                entry=_called(number, each),
                field=error.field,
                **error.params,
            ) from error
        identity = (*file.key(entry), getattr(entry, "valid_from", None))
        if identity in seen:
            raise CatalogError(
                N_("stands here twice"), file=file.filename, entry=_called(number, each)
            )
        seen.add(identity)
        entries.append(entry)
    return tuple(entries)


def _called(number: int, written: Any) -> str:
    """Return how to find an entry that may not be whole: its number and what it calls itself."""
    named = ""
    if isinstance(written, dict):
        named = next(
            (str(written[k]) for k in ("code", "kind", "number", "tier") if k in written), ""
        )
    return f"#{number} {named}".rstrip()


def load_from(folder: Path) -> t.Catalog:
    """Return the catalogue whose files lie in `folder`."""
    parts = {}
    for file in FILES:
        path = folder / file.filename
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise CatalogError(N_("there is no such file"), file=file.filename) from error
        except UnicodeDecodeError as error:
            raise CatalogError(N_("not written in UTF-8"), file=file.filename) from error
        parts[file.name] = load_file(file, text)
    return t.Catalog(**parts)


@cache
def load_catalog() -> t.Catalog:
    """Return the catalogue that ships with the program, read once."""
    return load_from(DATA)


class _Dumper(yaml.SafeDumper):
    """Plain block style, words of any language as they are, short lists on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value where it stands: a jurist reads no anchors."""
        del data
        return True

    def represent_codes(self, data: list[Any]) -> yaml.SequenceNode:
        """Put a list of codes on one line."""
        scalars = all(isinstance(each, str) for each in data)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=scalars)


_Dumper.add_representer(list, _Dumper.represent_codes)


def dump(file: CatalogFile, entries: Iterable[Any]) -> str:
    """Return the file's text for `entries`, in the file's order; `load_file` takes it back."""
    written = [plain(entry) for entry in in_order(file, entries)]
    return yaml.dump(written, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)

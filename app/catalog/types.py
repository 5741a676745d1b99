"""Entries of the catalogue: what the Measures say, as plain frozen data."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.catalog.citations import cite, cite_annex
from app.catalog.enums import Category, Duty, OfficeCode, OrganizationType
from app.catalog.lifecycles import ApplicationKind


class Act(StrEnum):
    """What a permission item lets its holder do to a case of a business type (附件1–2)."""

    DRAFT = "draft"
    APPLY = "apply"
    ACCEPT = "accept"
    FIRST_REVIEW = "first_review"
    SECOND_REVIEW = "second_review"
    APPROVE = "approve"
    DECIDE = "decide"
    REGISTER = "register"
    MAKE_CERTIFICATE = "make_certificate"
    ISSUE_CERTIFICATE = "issue_certificate"
    CLOSE = "close"
    ARCHIVE = "archive"
    SEE_RESULTS = "see_results"
    BROWSE = "browse"
    QUERY = "query"


class RoadAction(StrEnum):
    """What is done at a step of an application's road."""

    APPROVE = "approve"
    CONFIGURE = "configure"
    ISSUE_KEY = "issue_key"
    TAKE_BACK_KEY = "take_back_key"
    REBIND_KEY = "rebind_key"
    CANCEL_USER = "cancel_user"
    DELETE_BUSINESS = "delete_business"
    RESTORE_LOGIN = "restore_login"


class RuleOrigin(StrEnum):
    """Who wrote a row: the catalogue's files, or the office in the console."""

    CATALOGUE = "catalogue"
    OFFICE = "office"


class PaperGroup(StrEnum):
    """Whom a paper is asked of: a legal form, or one type of organisation besides (M5.2)."""

    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"
    DEVELOPER = "developer"
    FINANCIAL = "financial"
    INSTITUTION = "institution"


GROUPED = {"grouped": True}
"""Marks a field of `head:tail` strings that the files write as `head: [tail, ...]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The same words in Chinese (which bind) and in English (which explain)."""

    zh: str
    en: str


class Worded:
    """Lets a text field `name` be read as rows are: `name_zh`, `name_en`."""

    __slots__ = ()

    def __getattr__(self, attribute: str) -> str:
        """Return one language of a text field."""
        stem, _, code = attribute.rpartition("_")
        if stem and code in {"zh", "en"} and stem in type(self).__dataclass_fields__:  # type: ignore[attr-defined]
            text = getattr(self, stem)
            if isinstance(text, Text):
                return text.zh if code == "zh" else text.en
        raise AttributeError(attribute)


def heading(words: str, colon: str) -> str:
    """Return what stands before the first colon: how an item is called for short."""
    return words.partition(colon)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Worded):
    """One clause of the Measures; `clause` is empty for an article's own opening words."""

    number: int
    clause: str
    text: Text
    valid_from: date
    valid_until: date | None = None

    @property
    def reference(self) -> str:
        """How it is cited, and how other entries point here: 第六条（四）."""
        return cite(self.number, self.clause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Worded):
    """One heading of annexes 1–2, and how many items the annex prints under it (M4a, M4b)."""

    annex: int
    tier: OrganizationType
    category: Category
    mark: str
    tier_heading: Text
    heading: Text
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionItem(Worded):
    """One permission item in the annex's own words (附件1–2).

    `mark` is where the annex prints it, such as `二（二）10`; `acts` are `business_type:act`.
    """

    code: str
    annex: int
    tier: OrganizationType
    category: Category
    number: int
    mark: str
    name: Text
    acts: tuple[str, ...] = field(metadata=GROUPED)
    valid_from: date
    valid_until: date | None = None

    @property
    def title_zh(self) -> str:
        """The heading before the colon, or the whole wording where there is none."""
        return heading(self.name.zh, "：")

    @property
    def title_en(self) -> str:
        """The heading before the colon, or the whole wording where there is none."""
        return heading(self.name.en, ": ")

    @property
    def source(self) -> str:
        """Where the annex prints it: 附件1 二（二）10."""
        return cite_annex(self.annex, self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Worded):
    """A post and the items that go with it, ticked together on a form (第四条, 附件1)."""

    code: str
    tier: OrganizationType
    name: Text
    items: tuple[str, ...]
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessType(Worded):
    """A kind of business that annexes 1–2 name (B1)."""

    code: str
    category: Category
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeEntry(Worded):
    """One office and the duties that the article gives it (M3, 第三条)."""

    code: OfficeCode
    name: Text
    short_name: Text
    duties: tuple[Duty, ...]
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class District(Worded):
    """An area that district units, cases and halls belong to."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRequirement(Worded):
    """One paper of the checklist of 第五条（二） (M5.2).

    `original`: the office checks the original; `copy`: it keeps a copy; `stamp`: what it keeps
    bears the organisation's seal; `per_person`: one for every person on the form.
    """

    applies_to: PaperGroup
    position: int
    code: str
    name: Text
    original: bool
    copy: bool
    stamp: bool
    per_person: bool
    article: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge(Worded):
    """The pledge that an application of this kind carries."""

    kind: ApplicationKind
    annex: int | None
    text: Text
    article: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadStep(Worded):
    """One step of a kind's road: who does what, after which position.

    Steps of the same position stand side by side. A step with a `category` is taken only where the
    application asks for items of that category; one without is always taken.
    """

    kind: ApplicationKind
    position: int
    action: RoadAction
    duty: Duty
    category: Category | None
    name: Text
    article: str
    rule: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormColumn(Worded):
    """One column of a form's lines: the field that fills it and its printed heading."""

    field: str
    heading: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class KindEntry(Worded):
    """One kind of written application: its form, who may hand it in, what it rests on."""

    kind: ApplicationKind
    annex: int | None
    name: Text
    description: Text
    applicants: tuple[OrganizationType, ...]
    identity_papers: bool
    columns: tuple[FormColumn, ...]
    rule: str
    article: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything of one catalogue, in the order in which its files say it."""

    articles: tuple[Article, ...]
    sections: tuple[Section, ...]
    permission_items: tuple[PermissionItem, ...]
    posts: tuple[Post, ...]
    business_types: tuple[BusinessType, ...]
    offices: tuple[OfficeEntry, ...]
    districts: tuple[District, ...]
    papers: tuple[PaperRequirement, ...]
    pledges: tuple[Pledge, ...]
    kinds: tuple[KindEntry, ...]
    roads: tuple[RoadStep, ...]

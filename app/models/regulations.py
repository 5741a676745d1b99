"""The Measures as rows, dated: articles, pledges, kinds, checklists, roads."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.citations import cite
from app.catalog.enums import Category, Duty
from app.catalog.fields import field_info
from app.catalog.lifecycles import ApplicationKind
from app.catalog.types import PaperGroup, RoadAction
from app.i18n import N_
from app.models.base import Base, UtcDateTime, check, enum_type
from app.models.dated import Dated, dated_constraints

_OPEN_ALWAYS = text("valid_until IS NULL AND category IS NULL")


class Article(Dated, Base):
    """One clause of the Measures; `clause` is empty for an article's own opening words."""

    __tablename__ = "article"
    __table_args__ = (
        *dated_constraints("article", "number", "clause"),
        check("number >= 1", "number_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(
        info=field_info(label=N_("Article"), kind="integer", required=True, in_list=True)
    )
    clause: Mapped[str] = mapped_column(
        String(16), default="", info=field_info(label=N_("Clause"), in_list=True)
    )
    text_zh: Mapped[str] = mapped_column(
        Text,
        info=field_info(
            label=N_("Wording in Chinese"),
            kind="longtext",
            required=True,
            in_list=True,
            in_form=True,
        ),
    )
    text_en: Mapped[str] = mapped_column(
        Text,
        info=field_info(
            label=N_("Wording in English"), kind="longtext", required=True, in_form=True
        ),
    )

    @property
    def reference(self) -> str:
        """How it is cited: 第六条（四）."""
        return cite(self.number, self.clause)

    def __str__(self) -> str:
        """Return the citation."""
        return self.reference


class Pledge(Dated, Base):
    """The pledge that a kind's form carries; an application keeps the version it accepted."""

    __tablename__ = "pledge"
    __table_args__ = (
        *dated_constraints("pledge", "kind"),
        Index("uq_pledge_kind_version", "kind", "version", unique=True),
        check("version >= 1", "version_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ApplicationKind] = mapped_column(
        enum_type(ApplicationKind),
        info=field_info(label=N_("Kind"), kind="choice", required=True, in_list=True),
    )
    version: Mapped[int] = mapped_column(
        info=field_info(label=N_("Version"), kind="integer", in_list=True)
    )
    annex: Mapped[int | None] = mapped_column(info=field_info(label=N_("Annex"), kind="integer"))
    text_zh: Mapped[str] = mapped_column(
        Text,
        info=field_info(
            label=N_("Wording in Chinese"),
            kind="longtext",
            required=True,
            in_list=True,
            in_form=True,
        ),
    )
    text_en: Mapped[str] = mapped_column(
        Text,
        info=field_info(
            label=N_("Wording in English"), kind="longtext", required=True, in_form=True
        ),
    )
    article: Mapped[str] = mapped_column(String(32), info=field_info(label=N_("Article")))

    def __str__(self) -> str:
        """Return kind and version."""
        return f"{self.kind.value} {self.version}"


class KindInfo(Dated, Base):
    """What a kind of application is called and means, and who hands it in."""

    __tablename__ = "kind_info"
    __table_args__ = dated_constraints("kind_info", "kind")

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ApplicationKind] = mapped_column(
        enum_type(ApplicationKind),
        info=field_info(label=N_("Kind"), kind="choice", required=True, in_list=True),
    )
    annex: Mapped[int | None] = mapped_column(info=field_info(label=N_("Annex"), kind="integer"))
    name_zh: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Name in Chinese"), required=True, in_list=True)
    )
    name_en: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("Name in English"), required=True, in_list=True)
    )
    description_zh: Mapped[str] = mapped_column(
        Text, info=field_info(label=N_("Description in Chinese"), kind="longtext", in_form=True)
    )
    description_en: Mapped[str] = mapped_column(
        Text, info=field_info(label=N_("Description in English"), kind="longtext", in_form=True)
    )
    applicants: Mapped[list[str]] = mapped_column(JSON, info=field_info(label=N_("Who applies")))
    identity_papers: Mapped[bool] = mapped_column(
        Boolean, info=field_info(label=N_("Asks for papers of identity"), kind="boolean")
    )
    columns: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON, info=field_info(label=N_("Columns of the form"))
    )
    rule: Mapped[str] = mapped_column(String(16), info=field_info(label=N_("Rule"), in_list=True))
    article: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Article"), in_list=True)
    )

    def __str__(self) -> str:
        """Return the form's Chinese name."""
        return self.name_zh


class PaperRequirement(Dated, Base):
    """One paper of the checklist of 第五条（二） (M5.2).

    `applies_to` is a legal form, or a type of organisation that owes the paper besides. `original`:
    the original is checked; `copy`: a copy is kept; `stamp`: what is kept bears the seal.
    """

    __tablename__ = "paper_requirement"
    __table_args__ = (
        *dated_constraints("paper_requirement", "applies_to", "code"),
        check("original OR copy", "something_is_asked"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    applies_to: Mapped[PaperGroup] = mapped_column(
        enum_type(PaperGroup),
        info=field_info(
            label=N_("Asked of"), kind="choice", required=True, in_list=True, filterable=True
        ),
    )
    position: Mapped[int] = mapped_column(info=field_info(label=N_("No."), kind="integer"))
    code: Mapped[str] = mapped_column(
        String(64), info=field_info(label=N_("Code"), required=True, in_list=True)
    )
    name_zh: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Name in Chinese"), required=True, in_list=True)
    )
    name_en: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("Name in English"), required=True, in_list=True)
    )
    original: Mapped[bool] = mapped_column(
        info=field_info(label=N_("Original is checked"), kind="boolean", in_list=True)
    )
    copy: Mapped[bool] = mapped_column(
        info=field_info(label=N_("Copy is kept"), kind="boolean", in_list=True)
    )
    stamp: Mapped[bool] = mapped_column(
        info=field_info(label=N_("Bears the seal"), kind="boolean", in_list=True)
    )
    per_person: Mapped[bool] = mapped_column(
        info=field_info(label=N_("One for every person"), kind="boolean", in_list=True)
    )
    article: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Article"), in_list=True)
    )

    def __str__(self) -> str:
        """Return the paper's Chinese name."""
        return self.name_zh


class RoadStep(Dated, Base):
    """One step of a kind's road; steps of the same position stand side by side.

    A step with a `category` is taken only where the application asks for items of that category.
    """

    __tablename__ = "road_step"
    __table_args__ = (
        *dated_constraints("road_step", "kind", "position", "action", "duty", "category"),
        Index(
            "uq_road_step_open_always",
            "kind",
            "position",
            "action",
            "duty",
            unique=True,
            postgresql_where=_OPEN_ALWAYS,
            sqlite_where=_OPEN_ALWAYS,
        ),
        check("position >= 1", "position_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ApplicationKind] = mapped_column(
        enum_type(ApplicationKind),
        info=field_info(
            label=N_("Kind"),
            kind="choice",
            required=True,
            in_list=True,
            in_form=True,
            filterable=True,
        ),
    )
    position: Mapped[int] = mapped_column(
        info=field_info(
            label=N_("Position"), kind="integer", required=True, in_list=True, in_form=True
        )
    )
    action: Mapped[RoadAction] = mapped_column(
        enum_type(RoadAction),
        info=field_info(label=N_("Act"), kind="choice", required=True, in_list=True, in_form=True),
    )
    duty: Mapped[Duty] = mapped_column(
        enum_type(Duty),
        info=field_info(
            label=N_("Duty"), kind="choice", required=True, in_list=True, in_form=True, rule="M3"
        ),
    )
    category: Mapped[Category | None] = mapped_column(
        enum_type(Category),
        info=field_info(label=N_("Only for"), kind="choice", in_list=True, in_form=True),
    )
    name_zh: Mapped[str] = mapped_column(
        String(120),
        info=field_info(label=N_("Name in Chinese"), required=True, in_list=True, in_form=True),
    )
    name_en: Mapped[str] = mapped_column(
        String(200),
        info=field_info(label=N_("Name in English"), required=True, in_list=True, in_form=True),
    )
    article: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Article"), required=True, in_list=True)
    )
    rule: Mapped[str] = mapped_column(
        String(16), info=field_info(label=N_("Rule"), required=True, in_list=True)
    )

    def __str__(self) -> str:
        """Return the step's Chinese name."""
        return self.name_zh


REVISION_READ = "revision that this transaction has read"
"""Where a session keeps a transaction and the token that it has read beside something else."""


class CatalogueRevision(Base):
    """One row naming the present state of the rules; readers keep what they read under it."""

    __tablename__ = "catalogue_revision"
    __table_args__ = (check("id = 1", "one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(32))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

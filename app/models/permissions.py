"""Permission items: the 57 entries of annexes 1–2 (M4a, M4b), and the posts that bundle them."""

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.citations import cite_annex
from app.catalog.enums import Category, OrganizationType
from app.catalog.fields import field_info
from app.catalog.types import heading
from app.i18n import N_
from app.models.base import Base, check, enum_type
from app.models.dated import Dated, dated_constraints


class PermissionItem(Dated, Base):
    """One item in the annex's words; `acts` are the `business_type:act` pairs it opens (B2).

    Versions of one item share its `code`: what a holder may do now is asked by code, what was
    granted is the version that the grant points to.
    """

    __tablename__ = "permission_item"
    __table_args__ = (
        *dated_constraints("permission_item", "code"),
        check("number >= 1", "number_from_one"),
        check("annex >= 1", "annex_from_one"),
        Index("ix_permission_item_tier_category_number", "tier", "category", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(
        String(40),
        info=field_info(label=N_("Code"), required=True, in_list=True, search="prefix"),
    )
    annex: Mapped[int] = mapped_column(
        info=field_info(label=N_("Annex"), kind="integer", in_list=True)
    )
    tier: Mapped[OrganizationType] = mapped_column(
        enum_type(OrganizationType),
        info=field_info(
            label=N_("Tier"), kind="choice", required=True, in_list=True, filterable=True
        ),
    )
    category: Mapped[Category] = mapped_column(
        enum_type(Category),
        info=field_info(
            label=N_("Category"), kind="choice", required=True, in_list=True, filterable=True
        ),
    )
    number: Mapped[int] = mapped_column(info=field_info(label=N_("No."), kind="integer"))
    mark: Mapped[str] = mapped_column(String(20), info=field_info(label=N_("Place in the annex")))
    name_zh: Mapped[str] = mapped_column(
        Text,
        info=field_info(
            label=N_("Wording in Chinese"),
            kind="longtext",
            required=True,
            in_list=True,
            in_form=True,
        ),
    )
    name_en: Mapped[str] = mapped_column(
        Text,
        info=field_info(
            label=N_("Wording in English"), kind="longtext", required=True, in_form=True
        ),
    )
    acts: Mapped[list[str]] = mapped_column(JSON, info=field_info(label=N_("Acts opened")))

    @property
    def title_zh(self) -> str:
        """The heading before the colon, or the whole wording where there is none."""
        return heading(self.name_zh, "：")

    @property
    def title_en(self) -> str:
        """The heading before the colon, or the whole wording where there is none."""
        return heading(self.name_en, ": ")

    @property
    def source(self) -> str:
        """Where the annex prints it: 附件1 二（二）10."""
        return cite_annex(self.annex, self.mark)

    def __str__(self) -> str:
        """Return the heading."""
        return self.title_zh


class Post(Dated, Base):
    """A post of a tier and the codes of the items that go with it (第四条, 附件1)."""

    __tablename__ = "post"
    __table_args__ = dated_constraints("post", "code")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(
        String(40), info=field_info(label=N_("Code"), required=True, in_list=True)
    )
    tier: Mapped[OrganizationType] = mapped_column(
        enum_type(OrganizationType),
        info=field_info(
            label=N_("Tier"), kind="choice", required=True, in_list=True, filterable=True
        ),
    )
    name_zh: Mapped[str] = mapped_column(
        String(60), info=field_info(label=N_("Name in Chinese"), required=True, in_list=True)
    )
    name_en: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("Name in English"), required=True, in_list=True)
    )
    items: Mapped[list[str]] = mapped_column(
        JSON, info=field_info(label=N_("Permission items"), in_list=True)
    )

    def __str__(self) -> str:
        """Return the name."""
        return self.name_zh

"""What a resource is: a table that people list, read and change, on every door."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import inspect

from app.catalog.fields import Field
from app.catalog.permissions import Permission
from app.errors import Detail, InvalidInput, NotFound
from app.i18n import N_
from app.services.columns import Column, UnfitValueError, columns_of

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One table as people meet it; `name` stands in its addresses.

    `title` names the attributes by which a person knows a row, the first the most; of a bilingual
    pair only the stem. `orders` are the columns a list may be ordered by, each served by an index;
    the default is the first, descending where it begins with "-". `under` puts a second column in
    the cell of the first, `folds` bring a searched word into the spelling that is stored, `fixed`
    are the entries of the form that never change once the row is there, `through` are references
    whose own rows the search box looks into, `listed` are the columns of the list where the
    table's own order does not read well. `acts` says that rows live by a lifecycle.
    """

    name: str
    model: type[Any]
    singular: str
    plural: str
    title: tuple[str, ...]
    permission: Permission
    add: Permission | None = None
    edit: Permission | None = None
    orders: tuple[str, ...] = ("-id",)
    tabs: str | None = None
    under: dict[str, str] = field(default_factory=dict)
    folds: dict[str, Callable[[str], str]] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    through: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    acts: bool = False

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every declared column by name."""
        return columns_of(inspect(self.model))

    @cached_property
    def key(self) -> Any:
        """The attribute of the primary key."""
        mapper = inspect(self.model)
        return getattr(self.model, mapper.get_property_by_column(mapper.primary_key[0]).key)

    @cached_property
    def list_columns(self) -> tuple[Column, ...]:
        """What a list shows unless a person chose otherwise."""
        if self.listed:
            return tuple(self.columns[name] for name in self.listed)
        return tuple(c for c in self.columns.values() if c.field.in_list)

    @cached_property
    def filters(self) -> tuple[Column, ...]:
        """What the filter row offers."""
        return tuple(c for c in self.columns.values() if c.field.filterable and c.operators)

    @cached_property
    def asked(self) -> tuple[Column, ...]:
        """Whatever a condition can be set on: the key, and every column that has an answer."""
        key = () if self.key.key in self.columns else (self.key_column,)
        return (*key, *(c for c in self.columns.values() if c.operators))

    @cached_property
    def searched(self) -> tuple[Column, ...]:
        """What the search box looks into."""
        return tuple(c for c in self.columns.values() if c.field.search and c.operators)

    @cached_property
    def exported(self) -> tuple[Column, ...]:
        """What an export and REST's rows hold."""
        return tuple(c for c in self.columns.values() if c.field.exported)

    @cached_property
    def new_form(self) -> tuple[Column, ...]:
        """What is asked when a row is added."""
        return tuple(c for c in self.columns.values() if c.field.in_form)

    @cached_property
    def edit_form(self) -> tuple[Column, ...]:
        """What of it may be changed afterwards: never whom the row belongs to."""
        return tuple(c for c in self.new_form if c.name not in self.fixed)

    @cached_property
    def ordered_by(self) -> dict[str, Any]:
        """The attributes a list may be ordered by."""
        names = [name.removeprefix("-") for name in self.orders]
        return {name: getattr(self.model, name) for name in names}

    @cached_property
    def title_attributes(self) -> tuple[str, ...]:
        """The columns that the title is made of, both languages of a bilingual one."""
        return tuple(
            name
            for stem in self.title
            for name in (
                (stem,)
                if hasattr(self.model, stem)
                else tuple(f"{stem}_{code}" for code in LANGUAGES)
            )
        )

    def column(self, name: str) -> Column:
        """Return the column `name`, a declared one or the key; InvalidInput for any other word."""
        found = self.columns.get(name) or (self.key_column if name == self.key.key else None)
        if found is None:
            words = N_("There is no column named %(name)s here.")
            said = name.replace("\x00", "")[:60]
            raise InvalidInput(
                words,
                code="unknown_column",
                details=[Detail(said, "unknown_column", words, {"name": said})],
                name=said,
            )
        return found

    def identity(self, raw: Any) -> Any:
        """Return `raw` as a primary key; NotFound for what can be none."""
        try:
            return self.key_column.parse(raw)
        except UnfitValueError:
            raise NotFound from None

    @cached_property
    def key_column(self) -> Column:
        """The primary key as a column, declared or not."""
        column = inspect(self.model).primary_key[0]
        named = self.columns.get(self.key.key)
        if named is not None:
            return named
        return Column(
            name=self.key.key,
            field=Field(label=N_("Number of the record")),
            attribute=self.key,
            stored="text" if column.type.python_type is str else "integer",
            nullable=False,
            big=type(column.type).__name__ == "BigInteger",
        )

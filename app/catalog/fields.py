"""What a column means to a person: declared once, beside the column, read by every door.

A model column carries `info={"field": Field(...)}`. Lists, forms, REST, import and export are
generated from these declarations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Kind = Literal[
    "text",
    "longtext",
    "choice",
    "citizen_id",
    "organization_code",
    "phone",
    "person_name",
    "organization_name",
    "login_name",
    "serial",
    "reference",
    "items",
    "case_numbers",
    "datetime",
    "date",
    "integer",
    "boolean",
]
Search = Literal["prefix", "contains", "exact"]
Present = Literal["name", "login_name", "key_serial", "items"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column as people meet it.

    `label` and `help` are English msgids. `resource` names the resource a reference points to.
    `in_list`, `in_form`, `filterable`, `exported` say where it appears; `search` says how the
    list's search box finds it; `masked` hides the value until it is revealed by an audited act;
    `inside` says that it means something to the commission's own people only.
    `present` says which value of the account that a line names stands here as the record has it;
    the one that is `login_name` is what the account is found by.
    `named` says of a reference that its row is called by its name to whoever reads this one, even
    where the row itself lies beyond the reader's reach.
    """

    label: str
    kind: Kind = "text"
    help: str = ""
    required: bool = False
    in_list: bool = False
    in_form: bool = False
    filterable: bool = False
    exported: bool = True
    search: Search | None = None
    masked: bool = False
    resource: str | None = None
    choices: Mapping[str, str] | None = None
    max_length: int | None = None
    min_length: int | None = None
    rule: str | None = None
    present: Present | None = None
    inside: bool = False
    named: bool = False

    @property
    def finds_account(self) -> bool:
        """Whether the account that a line names is found by this field."""
        return self.present == "login_name"

    @property
    def repeats_record(self) -> bool:
        """Whether the value is the record's own, so that nobody has to type it."""
        return self.present is not None and not self.finds_account


T = TypeVar("T")


def field_info(**declared: Any) -> dict[str, Field]:
    """Wrap a `Field` the way `mapped_column(info=...)` wants it."""
    return {"field": Field(**declared)}

"""The papers of closed applications have archive files, with a log of who had them out.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OUT = sa.text("returned_at IS NULL")
KINDS = (
    "new_user",
    "key_replacement",
    "user_rename",
    "permission_change",
    "user_cancellation",
    "enterprise_user",
    "enterprise_cancellation",
    "business_deletion",
    "login_restoration",
)
SEARCHED = (("number", 20), ("application_number", 20), ("box", 20))


def upgrade() -> None:
    _create_files()
    _create_loans()
    if op.get_bind().dialect.name != "postgresql":
        return
    for column, length in SEARCHED:
        op.execute(
            f'ALTER TABLE archive_file ALTER COLUMN {column} TYPE varchar({length}) COLLATE "C"'
        )
    op.execute('ALTER TABLE archive_file ALTER COLUMN people TYPE text COLLATE "C"')
    op.execute(
        "CREATE INDEX ix_archive_file_people_bigrams ON archive_file "
        "USING gin (keydesk_bigrams(people))"
    )


def downgrade() -> None:
    op.drop_table("archive_loan")
    op.drop_table("archive_file")


def _closed(name: str, *members: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=32)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    target = to.partition(".")[0]
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}_{target}"))


def _create_files() -> None:
    op.create_table(
        "archive_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("application_number", sa.String(length=20), nullable=False),
        sa.Column("kind", _closed("application_kind", *KINDS), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("office_code", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            _closed("archive_state", "unfiled", "filed", "lent", "destroyed"),
            nullable=False,
        ),
        sa.Column("box", sa.String(length=20), nullable=False),
        sa.Column("volume", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column(
            "retention",
            _closed("retention_period", "permanent", "years_30", "years_10"),
            nullable=False,
        ),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("retained_until", sa.Date(), nullable=True),
        sa.Column("filed_by_id", sa.Integer(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'unfiled') = (filed_at IS NULL)",
            name=op.f("ck_archive_file_filed_once_shelved"),
        ),
        sa.CheckConstraint(
            "state = 'unfiled' OR (box <> '' AND place <> '')",
            name=op.f("ck_archive_file_filed_has_place"),
        ),
        sa.CheckConstraint(
            "pages IS NULL OR pages > 0", name=op.f("ck_archive_file_pages_positive")
        ),
        sa.CheckConstraint(
            "(retention = 'permanent') = (retained_until IS NULL)",
            name=op.f("ck_archive_file_retained_until_its_end"),
        ),
        _refers("archive_file", "application_id", "application.id"),
        _refers("archive_file", "organization_id", "organization.id"),
        _refers("archive_file", "office_code", "office.code"),
        _refers("archive_file", "filed_by_id", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_file")),
        sa.UniqueConstraint("number", name=op.f("uq_archive_file_number")),
        sa.UniqueConstraint("application_id", name=op.f("uq_archive_file_application_id")),
    )
    for columns in (
        ("office_code", "state", "id"),
        ("office_code", "box"),
        ("state", "id"),
        ("organization_id", "id"),
        ("box", "id"),
        ("application_number",),
        ("retained_until",),
    ):
        op.create_index(f"ix_archive_file_{'_'.join(columns)}", "archive_file", list(columns))


def _create_loans() -> None:
    op.create_table(
        "archive_loan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("office_code", sa.String(length=16), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("lent_by_id", sa.Integer(), nullable=False),
        sa.Column("lent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_to_id", sa.Integer(), nullable=True),
        sa.Column("condition", sa.String(length=200), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(returned_at IS NULL) = (returned_to_id IS NULL)",
            name=op.f("ck_archive_loan_returned_to_somebody"),
        ),
        sa.CheckConstraint("purpose <> ''", name=op.f("ck_archive_loan_purpose_said")),
        _refers("archive_loan", "file_id", "archive_file.id"),
        _refers("archive_loan", "office_code", "office.code"),
        _refers("archive_loan", "borrower_id", "account.id"),
        _refers("archive_loan", "lent_by_id", "account.id"),
        _refers("archive_loan", "returned_to_id", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_loan")),
    )
    op.create_index(
        "uq_archive_loan_out",
        "archive_loan",
        ["file_id"],
        unique=True,
        postgresql_where=OUT,
        sqlite_where=OUT,
    )
    op.create_index(
        "ix_archive_loan_overdue",
        "archive_loan",
        ["due_on"],
        postgresql_where=OUT,
        sqlite_where=OUT,
    )
    for column in ("file_id", "borrower_id", "office_code"):
        op.create_index(f"ix_archive_loan_{column}_id", "archive_loan", [column, "id"])

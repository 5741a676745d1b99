"""The audit trail, written in the act's own transaction, never changed (X2)."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.enums import AuditOutcome, Channel
from app.catalog.fields import field_info
from app.i18n import N_
from app.models.base import Base, UtcDateTime, enum_type

BigId = BigInteger().with_variant(Integer, "sqlite")


class AuditEvent(Base):
    """Who did what to which record, when, from where, why, by which rule, before and after.

    Names of people are kept as they were then; no foreign key, so that nothing can be forgotten by
    deleting what it was about.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject_type_subject_id_id", "subject_type", "subject_id", "id"),
        Index("ix_audit_event_actor_id_id", "actor_id", "id"),
        Index("ix_audit_event_tag_id", "tag", "id"),
        Index("ix_audit_event_organization_id_id", "organization_id", "id"),
        Index("ix_audit_event_person_id_id", "person_id", "id"),
        Index("ix_audit_event_subject_label_id", "subject_label", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=field_info(label=N_("When"), kind="datetime", in_list=True)
    )
    tag: Mapped[str] = mapped_column(
        String(48), info=field_info(label=N_("Act"), in_list=True, filterable=True)
    )
    outcome: Mapped[AuditOutcome] = mapped_column(
        enum_type(AuditOutcome),
        default=AuditOutcome.DONE,
        info=field_info(label=N_("Outcome"), kind="choice", in_list=True, filterable=True),
    )
    subject_type: Mapped[str] = mapped_column(
        String(32), info=field_info(label=N_("Kind of record"))
    )
    subject_id: Mapped[int | None] = mapped_column(
        BigId, info=field_info(label=N_("Number of the record"), kind="integer")
    )
    subject_label: Mapped[str] = mapped_column(
        String(200), info=field_info(label=N_("Subject"), in_list=True, search="prefix")
    )
    organization_id: Mapped[int | None] = mapped_column(
        info=field_info(
            label=N_("Organization"), kind="reference", resource="organizations", filterable=True
        )
    )
    person_id: Mapped[int | None] = mapped_column(
        info=field_info(
            label=N_("About whom"), kind="reference", resource="accounts", filterable=True
        )
    )
    actor_id: Mapped[int | None] = mapped_column(
        info=field_info(
            label=N_("Account that acted"), kind="reference", resource="accounts", filterable=True
        )
    )
    actor_label: Mapped[str] = mapped_column(
        String(120), info=field_info(label=N_("By whom"), in_list=True)
    )
    channel: Mapped[Channel] = mapped_column(
        enum_type(Channel),
        info=field_info(label=N_("Door"), kind="choice", in_list=True, filterable=True),
    )
    remote_addr: Mapped[str] = mapped_column(
        String(45), default="", info=field_info(label=N_("From where"))
    )
    rule: Mapped[str] = mapped_column(
        String(16), default="", info=field_info(label=N_("Rule"), in_list=True, filterable=True)
    )
    article: Mapped[str] = mapped_column(
        String(32), default="", info=field_info(label=N_("Article"), in_list=True)
    )
    comment: Mapped[str] = mapped_column(
        Text, default="", info=field_info(label=N_("Reason"), kind="longtext")
    )
    old: Mapped[dict[str, object] | None] = mapped_column(JSON, info=field_info(label=N_("Before")))
    new: Mapped[dict[str, object] | None] = mapped_column(JSON, info=field_info(label=N_("After")))


class IdempotencyKey(Base):
    """The outcome of an act that a caller named by a key, answered again on repetition."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("actor_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int] = mapped_column()
    action: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NumberSeries(Base):
    """The last number given out in a series on a day."""

    __tablename__ = "number_series"

    prefix: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column()

"""Closed vocabularies. The value is what the database stores and what REST speaks."""

from enum import StrEnum


class OrganizationType(StrEnum):
    """Whom a user belongs to (M2, 第二条); the tiers of annexes 1–2 carry the same names."""

    MUNICIPAL = "municipal"
    DISTRICT = "district"
    DEVELOPER = "developer"
    FINANCIAL = "financial"
    OTHER = "other"

    @property
    def is_management(self) -> bool:
        """Whether this is a management unit (管理单位) and not an enterprise."""
        return self in {OrganizationType.MUNICIPAL, OrganizationType.DISTRICT}


class LegalForm(StrEnum):
    """What decides the papers an organisation hands in (M5.2, 第五条（二）)."""

    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"
    FINANCIAL = "financial"
    INSTITUTION = "institution"


class CodeKind(StrEnum):
    """Which identifier an organisation is registered under."""

    SOCIAL_CREDIT = "social_credit"
    ORGANIZATION_CODE = "organization_code"


class OrganizationState(StrEnum):
    """Whether an organisation takes part."""

    ACTIVE = "active"
    CLOSED = "closed"


class Category(StrEnum):
    """The three groups of permission items in annexes 1–2."""

    TRANSACTION = "transaction"
    REGISTRATION = "registration"
    SYSTEM = "system"


class OfficeCode(StrEnum):
    """The five offices of 第三条."""

    REG = "REG"
    MKT = "MKT"
    INFO = "INFO"
    RESEARCH = "RESEARCH"
    SERVICE = "SERVICE"


class Duty(StrEnum):
    """The five duties that 第三条 hands out, one to each office (M3)."""

    REVIEW_REGISTRATION = "review_registration"
    REVIEW_TRANSACTION = "review_transaction"
    CONFIGURE_PERMISSIONS = "configure_permissions"
    ISSUE_MANAGEMENT_KEYS = "issue_management_keys"
    ISSUE_ENTERPRISE_KEYS = "issue_enterprise_keys"


class ApplicationState(StrEnum):
    """Where an application stands on its road."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    PASSED = "passed"
    CONFIGURED = "configured"
    COMPLETED = "completed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen to the application any more."""
        return self in {
            ApplicationState.COMPLETED,
            ApplicationState.REJECTED,
            ApplicationState.WITHDRAWN,
        }


class Pledged(StrEnum):
    """How a pledge was accepted (M8)."""

    EXPRESSLY = "expressly"
    BY_SUBMITTING = "by_submitting"


class LineVerdict(StrEnum):
    """What was decided about one person of a form."""

    PENDING = "pending"
    PASSED = "passed"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Coded reasons of a refusal; the words beside them are the reviewer's own."""

    IDENTITY_MISMATCH = "identity_mismatch"
    NOT_IN_POST = "not_in_post"
    ITEM_NOT_NEEDED = "item_not_needed"
    PAPERS_LACKING = "papers_lacking"
    DUPLICATE = "duplicate"
    OTHER = "other"


class StepOutcome(StrEnum):
    """How a work item ended."""

    PASSED = "passed"
    RETURNED = "returned"
    REJECTED = "rejected"
    DONE = "done"
    CANCELLED = "cancelled"


class AccountState(StrEnum):
    """Where an account stands; only an active one signs in (M4)."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class KeyState(StrEnum):
    """Where a key is (M9)."""

    RECEIVED = "received"
    IN_STOCK = "in_stock"
    IN_TRANSIT = "in_transit"
    ISSUED = "issued"
    RETURNED = "returned"
    LOST = "lost"
    REPLACED = "replaced"
    DESTROYED = "destroyed"

    @property
    def is_held_by_office(self) -> bool:
        """Whether the key lies, or ought to lie, in the safe of its issuing office."""
        return self in {KeyState.RECEIVED, KeyState.IN_STOCK, KeyState.RETURNED}


class CaseState(StrEnum):
    """Whether a piece of business is unfinished, finished, or deleted on application (M6)."""

    OPEN = "open"
    CLOSED = "closed"
    DELETED = "deleted"


class CeremonyPurpose(StrEnum):
    """What a physical key is asked for."""

    BIND = "bind"
    ENROL = "enrol"
    SIGN_IN = "sign_in"


class StockTakeState(StrEnum):
    """How far a count of a stock of keys has come."""

    COUNTING = "counting"
    COMPARED = "compared"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class CountVerdict(StrEnum):
    """What a count says about one serial number."""

    FOUND = "found"
    MISSING = "missing"
    WRONG_STATE = "wrong_state"
    OTHER_OFFICE = "other_office"
    UNKNOWN = "unknown"


class ArchiveState(StrEnum):
    """Where an archive file is (M9)."""

    UNFILED = "unfiled"
    FILED = "filed"
    LENT = "lent"
    DESTROYED = "destroyed"


class RetentionPeriod(StrEnum):
    """How long archived papers are kept (M9)."""

    PERMANENT = "permanent"
    YEARS_30 = "years_30"
    YEARS_10 = "years_10"


class Sex(StrEnum):
    """As printed in annexes 3 and 5."""

    MALE = "male"
    FEMALE = "female"


class Channel(StrEnum):
    """Through which door an act came."""

    PAGE = "page"
    REST = "rest"
    CLI = "cli"
    JOB = "job"


class AuditOutcome(StrEnum):
    """Whether an act was done, asked for only, or refused."""

    DONE = "done"
    REFUSED = "refused"


class JobState(StrEnum):
    """How far a run of a job, due by the clock or asked for by a person, has come."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class ScanOutcome(StrEnum):
    """What became of a scanned page (M9)."""

    WAITING = "waiting"
    FILED = "filed"
    DISCARDED = "discarded"


class ScanProblem(StrEnum):
    """Why a scanned page did not file itself."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    SEVERAL = "several"
    NOT_OURS = "not_ours"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"
    VOID = "void"
    CLOSED = "closed"
    BLANK = "blank"

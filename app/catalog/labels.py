"""The English msgid of every closed vocabulary's member; Chinese lives in `translations/`."""

from enum import StrEnum

from app.catalog import enums as e
from app.catalog import types as t
from app.catalog.lifecycles import APPLICATIONS, ApplicationKind
from app.catalog.loader import load_catalog
from app.i18n import N_, _, pick

LABELS: dict[type[StrEnum], dict[str, str]] = {
    e.OrganizationType: {
        e.OrganizationType.MUNICIPAL: N_("Municipal management unit"),
        e.OrganizationType.DISTRICT: N_("District management unit"),
        e.OrganizationType.DEVELOPER: N_("Real estate developer"),
        e.OrganizationType.FINANCIAL: N_("Financial institution"),
        e.OrganizationType.OTHER: N_("Other organization"),
    },
    e.LegalForm: {
        e.LegalForm.GOVERNMENT: N_("Management unit"),
        e.LegalForm.ENTERPRISE: N_("Enterprise"),
        e.LegalForm.FINANCIAL: N_("Financial institution"),
        e.LegalForm.INSTITUTION: N_("Public institution, agency or association"),
    },
    e.CodeKind: {
        e.CodeKind.SOCIAL_CREDIT: N_("Unified social credit code"),
        e.CodeKind.ORGANIZATION_CODE: N_("Organization code"),
    },
    e.OrganizationState: {
        e.OrganizationState.ACTIVE: N_("Active"),
        e.OrganizationState.CLOSED: N_("Closed"),
    },
    e.Category: {
        e.Category.TRANSACTION: N_("Housing transaction"),
        e.Category.REGISTRATION: N_("Housing registration"),
        e.Category.SYSTEM: N_("System management"),
    },
    e.Duty: {
        e.Duty.REVIEW_REGISTRATION: N_("Review of registration permissions"),
        e.Duty.REVIEW_TRANSACTION: N_("Review of transaction permissions"),
        e.Duty.CONFIGURE_PERMISSIONS: N_("Configuration of permissions"),
        e.Duty.ISSUE_MANAGEMENT_KEYS: N_("Issue of keys to management units"),
        e.Duty.ISSUE_ENTERPRISE_KEYS: N_("Issue of keys to enterprises"),
    },
    e.ApplicationState: {
        e.ApplicationState.DRAFT: N_("Draft"),
        e.ApplicationState.SUBMITTED: N_("Submitted"),
        e.ApplicationState.UNDER_REVIEW: N_("Under review"),
        e.ApplicationState.RETURNED: N_("Returned for correction"),
        e.ApplicationState.PASSED: N_("Passed"),
        e.ApplicationState.CONFIGURED: N_("Configured"),
        e.ApplicationState.COMPLETED: N_("Completed"),
        e.ApplicationState.REJECTED: N_("Rejected"),
        e.ApplicationState.WITHDRAWN: N_("Withdrawn"),
    },
    e.Pledged: {
        e.Pledged.EXPRESSLY: N_("Accepted expressly"),
        e.Pledged.BY_SUBMITTING: N_("Accepted by submitting"),
    },
    e.LineVerdict: {
        e.LineVerdict.PENDING: N_("Undecided"),
        e.LineVerdict.PASSED: N_("Passed"),
        e.LineVerdict.REFUSED: N_("Refused"),
    },
    e.RefusalReason: {
        e.RefusalReason.IDENTITY_MISMATCH: N_("Identity does not match the papers"),
        e.RefusalReason.NOT_IN_POST: N_("Not in this post"),
        e.RefusalReason.ITEM_NOT_NEEDED: N_("Permission not needed for the post"),
        e.RefusalReason.PAPERS_LACKING: N_("Papers lacking"),
        e.RefusalReason.DUPLICATE: N_("Already has an account"),
        e.RefusalReason.OTHER: N_("Other reason"),
    },
    e.StepOutcome: {
        e.StepOutcome.PASSED: N_("Passed"),
        e.StepOutcome.RETURNED: N_("Returned for correction"),
        e.StepOutcome.REJECTED: N_("Rejected"),
        e.StepOutcome.DONE: N_("Done"),
        e.StepOutcome.CANCELLED: N_("Called off"),
    },
    e.AccountState: {
        e.AccountState.PENDING: N_("Waiting for key"),
        e.AccountState.ACTIVE: N_("Active"),
        e.AccountState.SUSPENDED: N_("Suspended"),
        e.AccountState.CANCELLED: N_("Cancelled"),
    },
    e.StockTakeState: {
        e.StockTakeState.COUNTING: N_("Being counted"),
        e.StockTakeState.COMPARED: N_("Compared"),
        e.StockTakeState.CLOSED: N_("Closed"),
        e.StockTakeState.ABANDONED: N_("Abandoned"),
    },
    e.CountVerdict: {
        e.CountVerdict.FOUND: N_("As it should be"),
        e.CountVerdict.MISSING: N_("Missing"),
        e.CountVerdict.WRONG_STATE: N_("Should not be here"),
        e.CountVerdict.OTHER_OFFICE: N_("Another office's"),
        e.CountVerdict.UNKNOWN: N_("Not on record"),
    },
    e.KeyState: {
        e.KeyState.RECEIVED: N_("Received"),
        e.KeyState.IN_STOCK: N_("In stock"),
        e.KeyState.IN_TRANSIT: N_("On the way"),
        e.KeyState.ISSUED: N_("Issued"),
        e.KeyState.RETURNED: N_("Handed back"),
        e.KeyState.LOST: N_("Lost"),
        e.KeyState.REPLACED: N_("Replaced"),
        e.KeyState.DESTROYED: N_("Destroyed"),
    },
    e.CaseState: {
        e.CaseState.OPEN: N_("Unfinished"),
        e.CaseState.CLOSED: N_("Finished"),
        e.CaseState.DELETED: N_("Deleted"),
    },
    e.ArchiveState: {
        e.ArchiveState.UNFILED: N_("To be filed"),
        e.ArchiveState.FILED: N_("On the shelf"),
        e.ArchiveState.LENT: N_("Lent"),
        e.ArchiveState.DESTROYED: N_("Destroyed"),
    },
    e.RetentionPeriod: {
        e.RetentionPeriod.PERMANENT: N_("Permanent"),
        e.RetentionPeriod.YEARS_30: N_("30 years"),
        e.RetentionPeriod.YEARS_10: N_("10 years"),
    },
    e.Sex: {e.Sex.MALE: N_("Male"), e.Sex.FEMALE: N_("Female")},
    e.Channel: {
        e.Channel.PAGE: N_("Page"),
        e.Channel.REST: N_("REST"),
        e.Channel.CLI: N_("Command line"),
        e.Channel.JOB: N_("Scheduled job"),
    },
    t.Act: {
        t.Act.DRAFT: N_("Drafting"),
        t.Act.APPLY: N_("Applying"),
        t.Act.ACCEPT: N_("Accepting"),
        t.Act.FIRST_REVIEW: N_("First review"),
        t.Act.SECOND_REVIEW: N_("Second review"),
        t.Act.APPROVE: N_("Approval"),
        t.Act.DECIDE: N_("Decision"),
        t.Act.REGISTER: N_("Entry in the register"),
        t.Act.MAKE_CERTIFICATE: N_("Making the certificate"),
        t.Act.ISSUE_CERTIFICATE: N_("Issuing the certificate"),
        t.Act.CLOSE: N_("Closing"),
        t.Act.ARCHIVE: N_("Archiving"),
        t.Act.SEE_RESULTS: N_("Seeing the results"),
        t.Act.BROWSE: N_("Browsing"),
        t.Act.QUERY: N_("Query"),
    },
    t.RoadAction: {
        t.RoadAction.APPROVE: N_("Review"),
        t.RoadAction.CONFIGURE: N_("Configure"),
        t.RoadAction.ISSUE_KEY: N_("Issue key"),
        t.RoadAction.TAKE_BACK_KEY: N_("Take back key"),
        t.RoadAction.REBIND_KEY: N_("Rebind or reissue key"),
        t.RoadAction.CANCEL_USER: N_("Cancel user"),
        t.RoadAction.DELETE_BUSINESS: N_("Delete business"),
        t.RoadAction.RESTORE_LOGIN: N_("Restore sign-in"),
    },
    t.PaperGroup: {
        t.PaperGroup.GOVERNMENT: N_("Management unit"),
        t.PaperGroup.ENTERPRISE: N_("Enterprise"),
        t.PaperGroup.DEVELOPER: N_("Real estate developer"),
        t.PaperGroup.FINANCIAL: N_("Financial institution"),
        t.PaperGroup.INSTITUTION: N_("Public institution, agency or association"),
    },
    t.RuleOrigin: {
        t.RuleOrigin.CATALOGUE: N_("Shipped catalogue"),
        t.RuleOrigin.OFFICE: N_("The office"),
    },
    e.ScanOutcome: {
        e.ScanOutcome.WAITING: N_("waits to be filed"),
        e.ScanOutcome.FILED: N_("filed"),
        e.ScanOutcome.DISCARDED: N_("discarded"),
    },
    e.ScanProblem: {
        e.ScanProblem.UNREADABLE: N_("no code can be read on it"),
        e.ScanProblem.TOO_LARGE: N_("it cannot be drawn: too large or damaged"),
        e.ScanProblem.SEVERAL: N_("it bears the codes of several pages"),
        e.ScanProblem.NOT_OURS: N_("its code was not printed here"),
        e.ScanProblem.UNKNOWN: N_("no such printout is known"),
        e.ScanProblem.FOREIGN: N_("it belongs to a form beyond your reach"),
        e.ScanProblem.VOID: N_("a void printout: the form was changed after it was printed"),
        e.ScanProblem.CLOSED: N_("the form takes no more papers"),
        e.ScanProblem.BLANK: N_("blank"),
    },
    e.AuditOutcome: {
        e.AuditOutcome.DONE: N_("Done"),
        e.AuditOutcome.REFUSED: N_("Denied"),
    },
    e.JobState: {
        e.JobState.WAITING: N_("Waiting to begin"),
        e.JobState.RUNNING: N_("Running"),
        e.JobState.STOPPED: N_("Stopped"),
        e.JobState.DONE: N_("Done"),
        e.JobState.FAILED: N_("Failed"),
    },
}


def label_of(member: StrEnum) -> str:
    """Return the msgid of `member`; KeyError names a vocabulary that was never labelled."""
    return LABELS[type(member)][member]


def words_of(member: StrEnum) -> str:
    """Return what `member` is called in the reader's language; kinds by the annex's own name."""
    if isinstance(member, ApplicationKind):
        form = APPLICATIONS[member].form
        return _(form.name) if form is not None else pick(_KINDS[member], "name")
    return _(label_of(member))


_KINDS = {entry.kind: entry for entry in load_catalog().kinds}

"""What the tags of the audit trail mean to a reader."""

from app.catalog.lifecycles import KEY, all_lifecycles
from app.i18n import N_, _

TOLD: dict[str, str] = {
    **{t.tag: t.label for lifecycle in all_lifecycles() for t in lifecycle.transitions},
    "done": N_("Done"),
    "refused": N_("Not done"),
    "application:many": N_("Many forms decided at once"),
    "application:drafted": N_("Drafted"),
    "application:edited": N_("Edited"),
    "application:imported": N_("Taken over from a spreadsheet"),
    "application:submitted": N_("Handed in"),
    "application:withdrawn": N_("Withdrawn"),
    "application:claimed": N_("Taken on"),
    "application:handed_back": N_("Handed back to the office"),
    "application:approved": N_("Passed"),
    "application:returned": N_("Returned for correction"),
    "application:rejected": N_("Rejected"),
    "application:configured": N_("Configured"),
    "application:key_issued": N_("Key issued"),
    "application:completed": N_("Completed"),
    "application:papers_checked": N_("Papers recorded"),
    "application:printed": N_("Form printed"),
    "application:copy_opened": N_("Printout opened"),
    "pages_read": N_("Pages read"),
    "forms_printed": N_("Forms printed"),
    "forms_left_out": N_("Forms out of reach"),
    "archive:cover_printed": N_("Archive cover printed"),
    "key:sheet_printed": N_("Sheet of keys printed"),
    "scan:received": N_("Scanned form sent in"),
    "scan:read": N_("Scanned form read"),
    "scan:filed": N_("Scanned pages filed"),
    "scan:discarded": N_("Scanned pages discarded"),
    "application:copies_voided": N_("Printouts made void"),
    "application:person_revealed": N_("Personal number shown"),
    "material:added": N_("Paper attached"),
    "material:removed": N_("Paper removed"),
    "account:opened": N_("Account opened"),
    "account:granted": N_("Permissions granted"),
    "account:ungranted": N_("Permissions ended"),
    "account:renamed": N_("Name changed"),
    "key:rebound": N_("Key bound to the new name"),
    "account:amended": N_("Account corrected"),
    "account:password_changed": N_("Password changed"),
    "account:password_reset": N_("New initial password"),
    "account:revealed": N_("Personal number shown"),
    "account:roles_assigned": N_("Roles assigned"),
    "session:signed_in": N_("Signed in"),
    "session:signed_out": N_("Signed out"),
    "session:refused": N_("Sign-in refused"),
    "page:refused": N_("Refused at a page"),
    "session:key_asked": N_("Password right, key asked for"),
    "key:received": N_("Key received"),
    "key:sent": N_("Sent on"),
    "archive_file:opened": N_("Archive file opened"),
    "archive_file:shelved": N_("Put on the shelf"),
    "archive_file:moved": N_("Moved to another place"),
    "archive_file:lent": N_("Lent"),
    "archive_file:consulted": N_("Consulted on the spot"),
    "archive_file:given_back": N_("Came back"),
    "archive_file:appraised": N_("Retention period changed"),
    "archive_file:destroyed": N_("Papers destroyed"),
    "cases:recorded": N_("Business recorded"),
    "cases:amended": N_("Business corrected"),
    "cases:closed": N_("Business finished"),
    "cases:deleted": N_("Business deleted"),
    "key:bound": N_("Key bound to its holder"),
    "key:unbound": N_("Binding given up"),
    "key:enrolment_opened": N_("Link made to bind the key"),
    "stock_take:begun": N_("Count begun"),
    "key:custody_exported": N_("Chain of custody exported"),
    "stock_account:exported": N_("Stock balance exported"),
    "stock_level:set": N_("Low-stock warning set"),
    "organization:registered": N_("Organization registered"),
    "organization:amended": N_("Organization corrected"),
    "job:done": N_("Job done"),
    "list:export_begun": N_("Taking a list out begun"),
    "list:exported": N_("List taken out"),
    "job:asked_for": N_("Long work asked for"),
    "job:stop_wanted": N_("Long work stopped"),
    "job:goes_on": N_("Long work goes on"),
    "job:failed": N_("Long work failed"),
    "job:result_fetched": N_("Result fetched"),
    "office:loaded": N_("Switched over from the former lists"),
    "office:seated": N_("Office attached to an organization"),
    "account:bootstrapped": N_("First account opened"),
    "audit:exported": N_("Audit trail exported"),
    "catalogue:added": N_("Rule added"),
    "catalogue:reworded": N_("Rule changed"),
    "catalogue:ended": N_("Rule ended"),
}
"""What each tag of the trail means to a reader."""


MOVEMENTS = {"receive": "key:received", **{t.action: t.tag for t in KEY.transitions}}
"""The tag that each movement of a key leaves in the trail."""


def told(tag: str) -> str:
    """Return what a tag means."""
    return _(TOLD[tag]) if tag in TOLD else tag


def movement(action: str) -> str:
    """Return what a movement of a key is called."""
    return told(MOVEMENTS.get(action, action))

"""What each permission lets a person do, as the page of roles says it."""

from app.catalog.permissions import Permission
from app.i18n import N_

P = Permission

PERMISSION_LABELS: dict[P, str] = {
    P.ORGANIZATIONS_LIST: N_("See organizations"),
    P.ORGANIZATIONS_ADD: N_("Register organizations"),
    P.ORGANIZATIONS_EDIT: N_("Correct organizations"),
    P.ACCOUNTS_LIST: N_("See accounts"),
    P.ACCOUNTS_ADD: N_("Open accounts by hand"),
    P.ACCOUNTS_EDIT: N_("Correct accounts"),
    P.ACCOUNTS_REVEAL: N_("Show a whole citizen ID number, on record"),
    P.ACCOUNTS_SUSPEND: N_("Suspend sign-in"),
    P.ACCOUNTS_RESTORE: N_("Restore sign-in"),
    P.ACCOUNTS_CANCEL: N_("Cancel accounts"),
    P.ACCOUNTS_PASSWORD: N_("Give new initial passwords"),
    P.ROLES_ASSIGN: N_("Give and take roles"),
    P.ROLES_LIST: N_("See roles"),
    P.PERMISSION_ITEMS_LIST: N_("Read permission items"),
    P.KEYS_LIST: N_("See keys"),
    P.KEYS_ADD: N_("Take keys into stock"),
    P.KEYS_ISSUE: N_("Hand keys out"),
    P.KEYS_TAKE_BACK: N_("Take keys back and destroy them"),
    P.KEYS_TRANSFER: N_("Send keys to the other issuing office and accept them"),
    P.KEYS_REPORT_LOST: N_("Report keys lost"),
    P.KEY_MOVEMENTS_LIST: N_("Read the ledger of keys"),
    P.APPLICATIONS_LIST: N_("See applications"),
    P.APPLICATIONS_ADD: N_("Apply for the own organization"),
    P.APPLICATIONS_REVIEW: N_("Decide on applications"),
    P.APPLICATIONS_CONFIGURE: N_("Configure granted permissions"),
    P.APPLICATIONS_ISSUE: N_("Issue keys on applications"),
    P.MATERIALS_LIST: N_("Open papers"),
    P.MATERIALS_ADD: N_("Attach papers"),
    P.CASES_LIST: N_("See business"),
    P.CASES_ADD: N_("Record business"),
    P.CASES_EDIT: N_("Correct business"),
    P.CASES_CLOSE: N_("Finish business"),
    P.CASES_IMPORT: N_("Take over business from the running system"),
    P.PRINT_COPIES_LIST: N_("See who printed what"),
    P.PRINT_COPIES_ADD: N_("Print forms, on record"),
    P.LISTS_EXPORT: N_("Take lists out as files, on record"),
    P.JOB_RUNS_LIST: N_("See the own long work"),
    P.AUDIT_EVENTS_LIST: N_("Read the audit trail"),
    P.CATALOGUE_LIST: N_("Read articles, roads, checklists and offices"),
    P.CATALOGUE_EDIT: N_("Change roads and office duties"),
}

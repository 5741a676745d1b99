"""Permissions are verbs on nouns; a role is a bundle of them. On which rows is the scopes' matter.

The framework knows each as `can_<verb>` on `<noun>`.
"""

from enum import StrEnum

from app.i18n import N_


class Permission(StrEnum):
    """Everything a person can be allowed to do."""

    ORGANIZATIONS_LIST = "organizations.list"
    """See organisations within one's reach."""
    ORGANIZATIONS_ADD = "organizations.add"
    """Register an organisation."""
    ORGANIZATIONS_EDIT = "organizations.edit"
    """Correct an organisation's data."""

    ACCOUNTS_LIST = "accounts.list"
    """See accounts within one's reach, personal numbers masked."""
    ACCOUNTS_ADD = "accounts.add"
    """Open an account by hand (commission staff, first administrator of an organisation)."""
    ACCOUNTS_EDIT = "accounts.edit"
    """Correct an account's data."""
    ACCOUNTS_REVEAL = "accounts.reveal"
    """Reveal a masked personal number; every revealing is recorded."""
    ACCOUNTS_SUSPEND = "accounts.suspend"
    """Suspend an account's sign-in."""
    ACCOUNTS_RESTORE = "accounts.restore"
    """Restore a suspended account (第六条（四）)."""
    ACCOUNTS_CANCEL = "accounts.cancel"
    """Cancel an account for good (第六条（一）)."""
    ACCOUNTS_PASSWORD = "accounts.password"  # noqa: S105 - a verb
    """Give an account a new initial password."""
    ACCOUNTS_TAKE_OVER = "accounts.take_over"
    """Take an office's people, keys and items over when it begins to use the system."""
    ROLES_ASSIGN = "roles.assign"
    """Give and take roles."""
    ROLES_LIST = "roles.list"
    """See which role holds what."""

    PERMISSION_ITEMS_LIST = "permission_items.list"
    """Read the items of annexes 1–2."""

    KEYS_LIST = "keys.list"
    """See keys within one's reach."""
    KEYS_ADD = "keys.add"
    """Take received keys into stock (第九条)."""
    KEYS_ISSUE = "keys.issue"
    """Hand keys out."""
    KEYS_TAKE_BACK = "keys.take_back"
    """Take keys back, destroy them."""
    KEYS_TRANSFER = "keys.transfer"
    """Send keys to the other issuing office, accept what it sent (第九条)."""
    KEYS_REPORT_LOST = "keys.report_lost"
    """Report the own key, or one that one answers for, lost: it is frozen at once."""
    KEY_MOVEMENTS_LIST = "key_movements.list"
    """Read the ledger of keys and the account of a stock."""
    STOCK_LEVELS_LIST = "stock_levels.list"
    """See below how many keys a stock is low."""
    STOCK_LEVELS_EDIT = "stock_levels.edit"
    """Say below how many keys the own stock is low."""
    STOCK_TAKES_LIST = "stock_takes.list"
    """Read counts of a stock and their differences."""
    STOCK_TAKES_ADD = "stock_takes.add"
    """Count the own stock and settle differences (第九条)."""

    APPLICATIONS_LIST = "applications.list"
    """See applications within one's reach."""
    APPLICATIONS_ADD = "applications.add"
    """Draft, submit and withdraw applications of one's organisation."""
    APPLICATIONS_REVIEW = "applications.review"
    """Decide on applications by the duty of one's office."""
    APPLICATIONS_CONFIGURE = "applications.configure"
    """Configure granted permissions (INFO, 第三条)."""
    APPLICATIONS_ISSUE = "applications.issue"
    """Issue keys on decided applications (RESEARCH, SERVICE, 第三条)."""
    MATERIALS_LIST = "materials.list"
    """Open papers of applications within one's reach."""
    MATERIALS_ADD = "materials.add"
    """Attach papers to one's own draft."""
    PRINT_COPIES_LIST = "print_copies.list"
    """Read who printed which form, when and how often."""
    PRINT_COPIES_ADD = "print_copies.add"
    """Print forms, personal numbers whole; every copy is numbered and recorded (A3)."""
    SCANS_LIST = "scans.list"
    """See scanned forms that one's office, or unit, has sent in."""
    SCANS_ADD = "scans.add"
    """Send in scanned forms and file what found no form by itself (第九条)."""

    CASES_LIST = "cases.list"
    """See business within one's reach."""
    CASES_ADD = "cases.add"
    """Record business of one's own, or of one's organisation's people."""
    CASES_EDIT = "cases.edit"
    """Correct business that is unfinished."""
    CASES_CLOSE = "cases.close"
    """Put on record that business is finished."""
    CASES_IMPORT = "cases.import"
    """Take over business from the running system, of any organisation, at any stage."""

    LISTS_EXPORT = "lists.export"
    """Take lists that one may see out as files, on record."""
    JOB_RUNS_LIST = "job_runs.list"
    """See the long work that one has asked for; who reads the catalogue sees every run."""
    ARCHIVES_LIST = "archives.list"
    """See archive files of the own office and the log of their retrieval (第九条)."""
    ARCHIVES_FILE = "archives.file"
    """Put archive files on the shelf and change their place."""
    ARCHIVES_LEND = "archives.lend"
    """Lend archive files, log consultations and returns."""
    ARCHIVES_APPRAISE = "archives.appraise"
    """Change retention periods, destroy what has come to its end."""

    AUDIT_EVENTS_LIST = "audit_events.list"
    """Read the audit trail."""
    CATALOGUE_LIST = "catalogue.list"
    """Read articles, roads, checklists, offices."""
    CATALOGUE_EDIT = "catalogue.edit"
    """Change roads and office duties."""

    @property
    def noun(self) -> str:
        """Return the resource the verb acts on."""
        return self.value.partition(".")[0]

    @property
    def verb(self) -> str:
        """Return the verb."""
        return self.value.partition(".")[2]


P = Permission


class RoleName(StrEnum):
    """The roles; names of rows in the framework's role table."""

    ORGANIZATION_ADMINISTRATOR = "organization_administrator"
    REVIEWER = "reviewer"
    CONFIGURATOR = "configurator"
    KEY_OFFICER = "key_officer"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    HOLDER = "holder"


_READ_OFFICE = frozenset(
    {
        P.JOB_RUNS_LIST,
        P.LISTS_EXPORT,
        P.ORGANIZATIONS_LIST,
        P.ACCOUNTS_LIST,
        P.ACCOUNTS_REVEAL,
        P.PERMISSION_ITEMS_LIST,
        P.APPLICATIONS_LIST,
        P.MATERIALS_LIST,
        P.CASES_LIST,
        P.PRINT_COPIES_LIST,
        P.PRINT_COPIES_ADD,
        P.SCANS_LIST,
        P.SCANS_ADD,
        P.CATALOGUE_LIST,
    }
)
_OWN_CASES = frozenset({P.CASES_LIST, P.CASES_ADD, P.CASES_EDIT, P.CASES_CLOSE})

_OWN_KEY = frozenset({P.KEYS_LIST, P.KEYS_REPORT_LOST})
"""Everybody holds a key, sees it and reports it lost (第八条)."""

BUNDLES: dict[RoleName, frozenset[Permission]] = {
    RoleName.HOLDER: _OWN_KEY | _OWN_CASES | {P.ACCOUNTS_LIST, P.PERMISSION_ITEMS_LIST},
    RoleName.ORGANIZATION_ADMINISTRATOR: frozenset(
        {
            *_OWN_CASES,
            P.JOB_RUNS_LIST,
            P.LISTS_EXPORT,
            P.ORGANIZATIONS_LIST,
            P.ACCOUNTS_LIST,
            P.ACCOUNTS_REVEAL,
            P.PERMISSION_ITEMS_LIST,
            *_OWN_KEY,
            P.APPLICATIONS_LIST,
            P.APPLICATIONS_ADD,
            P.MATERIALS_LIST,
            P.MATERIALS_ADD,
            P.PRINT_COPIES_LIST,
            P.PRINT_COPIES_ADD,
            P.SCANS_LIST,
            P.SCANS_ADD,
        }
    ),
    RoleName.REVIEWER: _READ_OFFICE | {P.APPLICATIONS_REVIEW, *_OWN_KEY},
    RoleName.CONFIGURATOR: _READ_OFFICE
    | {
        P.APPLICATIONS_REVIEW,
        P.APPLICATIONS_CONFIGURE,
        P.ACCOUNTS_SUSPEND,
        P.ACCOUNTS_CANCEL,
        *_OWN_KEY,
        P.CASES_ADD,
        P.CASES_EDIT,
        P.CASES_CLOSE,
        P.CASES_IMPORT,
    },
    RoleName.KEY_OFFICER: _READ_OFFICE
    | {
        P.ORGANIZATIONS_ADD,
        P.ORGANIZATIONS_EDIT,
        P.APPLICATIONS_REVIEW,
        P.APPLICATIONS_ISSUE,
        P.ACCOUNTS_RESTORE,
        *_OWN_KEY,
        P.KEYS_ADD,
        P.KEYS_ISSUE,
        P.KEYS_TAKE_BACK,
        P.KEYS_TRANSFER,
        P.KEY_MOVEMENTS_LIST,
        P.STOCK_LEVELS_LIST,
        P.STOCK_LEVELS_EDIT,
        P.STOCK_TAKES_LIST,
        P.STOCK_TAKES_ADD,
        P.ARCHIVES_LIST,
        P.ARCHIVES_FILE,
        P.ARCHIVES_LEND,
        P.ARCHIVES_APPRAISE,
    },
    RoleName.AUDITOR: frozenset(
        {
            P.JOB_RUNS_LIST,
            P.LISTS_EXPORT,
            P.ORGANIZATIONS_LIST,
            P.ACCOUNTS_LIST,
            P.ACCOUNTS_REVEAL,
            P.ROLES_LIST,
            P.PERMISSION_ITEMS_LIST,
            *_OWN_KEY,
            P.KEY_MOVEMENTS_LIST,
            P.STOCK_LEVELS_LIST,
            P.STOCK_TAKES_LIST,
            P.APPLICATIONS_LIST,
            P.MATERIALS_LIST,
            P.CASES_LIST,
            P.PRINT_COPIES_LIST,
            P.SCANS_LIST,
            P.ARCHIVES_LIST,
            P.AUDIT_EVENTS_LIST,
            P.CATALOGUE_LIST,
        }
    ),
    RoleName.SYSTEM_ADMINISTRATOR: frozenset(
        {
            P.JOB_RUNS_LIST,
            P.LISTS_EXPORT,
            P.ORGANIZATIONS_LIST,
            P.ACCOUNTS_LIST,
            P.PERMISSION_ITEMS_LIST,
            P.CATALOGUE_LIST,
            P.CATALOGUE_EDIT,
            P.ROLES_LIST,
            *_OWN_KEY,
        }
    ),
    RoleName.SECURITY_ADMINISTRATOR: frozenset(
        {
            P.JOB_RUNS_LIST,
            P.LISTS_EXPORT,
            P.ORGANIZATIONS_LIST,
            P.ORGANIZATIONS_ADD,
            P.ORGANIZATIONS_EDIT,
            P.ACCOUNTS_LIST,
            P.ACCOUNTS_ADD,
            P.ACCOUNTS_EDIT,
            P.ACCOUNTS_REVEAL,
            P.ACCOUNTS_SUSPEND,
            P.ACCOUNTS_PASSWORD,
            P.ACCOUNTS_TAKE_OVER,
            P.ROLES_LIST,
            P.ROLES_ASSIGN,
            P.PERMISSION_ITEMS_LIST,
            *_OWN_KEY,
            P.CATALOGUE_LIST,
        }
    ),
}

ROLE_PURPOSES: dict[RoleName, str] = {
    RoleName.HOLDER: N_("Works on the business that the permission items granted open"),
    RoleName.ORGANIZATION_ADMINISTRATOR: N_("Hands in the forms of the organization's people"),
    RoleName.REVIEWER: N_("Decides on applications by the duty of the office"),
    RoleName.CONFIGURATOR: N_("Configures what was granted, suspends and cancels users"),
    RoleName.KEY_OFFICER: N_("Issues and takes back keys, keeps the stock and the archives"),
    RoleName.AUDITOR: N_("Reads everything, changes nothing"),
    RoleName.SYSTEM_ADMINISTRATOR: N_("Keeps roads, duties and the catalogue"),
    RoleName.SECURITY_ADMINISTRATOR: N_("Opens accounts, gives roles, takes existing users over"),
}
"""What each role is for, in one line."""

ROLE_LABELS: dict[RoleName, str] = {
    RoleName.HOLDER: N_("Key holder"),
    RoleName.ORGANIZATION_ADMINISTRATOR: N_("Organization administrator"),
    RoleName.REVIEWER: N_("Reviewer"),
    RoleName.CONFIGURATOR: N_("Configurator"),
    RoleName.KEY_OFFICER: N_("Key officer"),
    RoleName.AUDITOR: N_("Auditor"),
    RoleName.SYSTEM_ADMINISTRATOR: N_("System administrator"),
    RoleName.SECURITY_ADMINISTRATOR: N_("Security administrator"),
}

SEPARATED = frozenset(
    {RoleName.SYSTEM_ADMINISTRATOR, RoleName.SECURITY_ADMINISTRATOR, RoleName.AUDITOR}
)
"""三员分立: no account holds two of these."""

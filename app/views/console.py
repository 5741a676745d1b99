"""The rooms of the console, in the order of the menu."""

from flask_appbuilder import BaseView

from app.views.accounts import AccountView
from app.views.archives import ArchiveLoanView, ArchiveView
from app.views.audit import AuditEventView
from app.views.cases import CaseView
from app.views.jobs import JobRunView
from app.views.key_credentials import KeyCredentialView
from app.views.key_desk import KeyDeskView, KeyReturnsView
from app.views.keys import KeyMovementView, KeyView
from app.views.lost_key import LostKeyView
from app.views.organizations import OrganizationView
from app.views.permissions import PermissionItemView, PostView
from app.views.pickers import PickerView
from app.views.prints import PrintCopyView
from app.views.regulations import (
    ArticleView,
    OfficeDutyView,
    OfficeView,
    PaperRequirementView,
    PledgeView,
    RoadStepView,
)
from app.views.roles import RoleAssignmentView, RoleView
from app.views.scans import ScanView
from app.views.search import SearchView
from app.views.stock_accounts import StockAccountView
from app.views.stock_takes import StockLevelView, StockTakeLineView, StockTakeView

CONSOLE: tuple[type[BaseView], ...] = (
    AccountView,
    RoleAssignmentView,
    OrganizationView,
    KeyView,
    KeyMovementView,
    KeyDeskView,
    KeyReturnsView,
    LostKeyView,
    KeyCredentialView,
    CaseView,
    StockAccountView,
    StockTakeView,
    StockTakeLineView,
    StockLevelView,
    ArchiveView,
    ArchiveLoanView,
    AuditEventView,
    PermissionItemView,
    PostView,
    ArticleView,
    PledgeView,
    RoadStepView,
    PaperRequirementView,
    OfficeView,
    OfficeDutyView,
    JobRunView,
    RoleView,
    PrintCopyView,
    ScanView,
    SearchView,
    PickerView,
)

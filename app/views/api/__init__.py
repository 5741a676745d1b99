"""REST under /api/v1, generated from the same declarations as the pages."""

from flask_appbuilder import AppBuilder

from app.views.api.accounts import AccountsApi
from app.views.api.applications import ApplicationsApi
from app.views.api.archives import ArchiveLoansApi, ArchivesApi
from app.views.api.audit import AuditEventsApi
from app.views.api.cases import CasesApi
from app.views.api.jobs import JobRunsApi
from app.views.api.key_credentials import KeyCredentialsApi
from app.views.api.keys import KeyMovementsApi, KeysApi
from app.views.api.materials import MaterialsApi
from app.views.api.openapi import OpenApiDocument, SpecifiedApi
from app.views.api.organizations import OrganizationsApi
from app.views.api.permissions import PermissionItemsApi
from app.views.api.prints import PrintCopiesApi
from app.views.api.scans import ScansApi
from app.views.api.security import SecurityApi
from app.views.api.stock_takes import StockLevelsApi, StockTakeLinesApi, StockTakesApi

APIS: tuple[type[SpecifiedApi], ...] = (
    OpenApiDocument,
    SecurityApi,
    OrganizationsApi,
    AccountsApi,
    PermissionItemsApi,
    KeysApi,
    KeyMovementsApi,
    KeyCredentialsApi,
    StockTakesApi,
    StockTakeLinesApi,
    StockLevelsApi,
    ApplicationsApi,
    MaterialsApi,
    CasesApi,
    PrintCopiesApi,
    ScansApi,
    ArchivesApi,
    ArchiveLoansApi,
    AuditEventsApi,
    JobRunsApi,
)
"""Every API in the order of the document: add a line for yours."""


def register(builder: AppBuilder) -> None:
    """Add every API to the application."""
    for api in APIS:
        builder.add_api(api)

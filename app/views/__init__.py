"""Pages."""

from flask import Flask
from flask_appbuilder import AppBuilder, BaseView

from app.views import api, errors, frame, signin
from app.views.application_form import FormView
from app.views.applications import ApplicationView
from app.views.bulk import BulkView
from app.views.console import CONSOLE
from app.views.decisions import DecisionView
from app.views.inbox import InboxView
from app.views.key_signin import KeySignInView
from app.views.language import LanguageView
from app.views.line_imports import LineImportView
from app.views.materials import MaterialView
from app.views.prints import PrintView
from app.views.sheets import SheetView
from app.views.signin import SignInView

VIEWS: tuple[type[BaseView], ...] = (
    SignInView,
    KeySignInView,
    LanguageView,
    InboxView,
    FormView,
    LineImportView,
    DecisionView,
    BulkView,
    ApplicationView,
    MaterialView,
    PrintView,
    SheetView,
    *CONSOLE,
)
"""Every view of pages beside the first page, in the order of their rooms: add a line for yours."""


def register(application: Flask, builder: AppBuilder) -> None:
    """Add every page and REST resource to the application."""
    frame.init_app(application)
    errors.init_app(application)
    signin.init_app(application)
    for view in VIEWS:
        builder.add_view_no_menu(view)
    api.register(builder)

"""The framework's application builder, serving no page of the framework's own."""

from typing import Any

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from werkzeug.routing import IntegerConverter, Map

from app.views.language import choose_language

MOST_ROWS = 2**31 - 1
"""The numbers of rows, the audit trail apart, are of four bytes."""


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: a number that no row can have leads to no page."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **{"max": MOST_ROWS, **options})


class KeydeskBuilder(AppBuilder):
    """Registers our first page and nothing else: what is served is in `app/views` alone."""

    def init_app(self, app: Flask, session: object) -> None:
        """Set the framework up and let our own rule choose the language."""
        app.url_map.converters["int"] = RowNumber
        super().init_app(app, session)
        current_app.extensions["babel"].locale_selector = choose_language

    def _add_global_static(self) -> None:
        """Serve none of the framework's assets."""

    def _add_admin_views(self) -> None:
        """Register the first page; no redirector, language switch, menu or user screens."""
        self._indexview = self.add_view_no_menu(self.indexview)

"""The first page of each role."""

from flask_appbuilder import BaseView, expose


class HomeView(BaseView):
    """Where a person starts."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> str:
        """Show the role's work list."""
        return ""

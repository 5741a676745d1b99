"""Roles are the framework's rows; which verbs each holds is `app/catalog/permissions.py`."""

# The naming of constraints has to stand before the framework's tables are declared.
import app.models.base  # noqa: F401  # isort: skip
from flask_appbuilder.security.sqla.models import Permission as FabPermission
from flask_appbuilder.security.sqla.models import (
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)

permission_role = assoc_permissionview_role
"""Which role holds which pair of verb and noun."""

__all__ = ["FabPermission", "PermissionView", "Role", "ViewMenu", "permission_role"]

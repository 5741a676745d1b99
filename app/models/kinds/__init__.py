"""The kinds of application, one file each; importing this package declares them all."""

from app.models.kinds.enterprise_user import EnterpriseUserApplication, EnterpriseUserLine
from app.models.kinds.new_user import NewUserApplication, NewUserLine

__all__ = [
    "EnterpriseUserApplication",
    "EnterpriseUserLine",
    "NewUserApplication",
    "NewUserLine",
]

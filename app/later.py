"""Modules that libraries import and most requests never use: each runs at its first use.

Together they would take 10 MB of every process. Whoever imports this has it done.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

DRIVERS = {
    "postgresql": "asyncpg pg8000 psycopg2cffi",
    "sqlite": "aiosqlite pysqlcipher",
    "mssql": "aioodbc mssqlpython pymssql",
    "mysql": "aiomysql asyncmy cymysql mariadbconnector mysqlconnector pymysql pyodbc",
}
"""Drivers that Keydesk does not use, all of them loaded with their dialects."""
LATER = frozenset(
    {
        "PIL.Image",
        "PIL.ImageOps",
        "cryptography.x509",
        "ctypes",
        "ctypes.util",
        "jsonschema",
        "limits.aio",
        "pdb",
        "sqlalchemy.dialects.mssql.information_schema",
        "sqlalchemy.dialects.oracle",
        "sqlite3",
        *(f"sqlalchemy.dialects.{name}.{it}" for name in DRIVERS for it in DRIVERS[name].split()),
    }
)
_one_at_a_time = RLock()
_begun: set[str] = set()


class _Later(ModuleType):
    """A module that runs when it is asked for something that it does not have yet.

    `importlib.util.LazyLoader` would do, but before Python 3.11.8 it shows other threads half a
    module.
    """

    def __getattr__(self, name: str) -> Any:
        with _one_at_a_time:
            if self.__name__ not in _begun:
                _begun.add(self.__name__)
                self.__loader__.exec_module(self)  # type: ignore[union-attr]
        try:
            return self.__dict__[name]
        except KeyError:
            message = f"module {self.__name__!r} has no attribute {name!r}"
            raise AttributeError(message) from None


class _AtFirstUse(Loader):
    """Makes the module and leaves running it to its first use."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.loader
        module.__class__ = _Later


class _Finder(MetaPathFinder):
    """Finds what is put off where it would be found anyway."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in LATER:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _AtFirstUse(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())

"""The kinds of application, one file each; importing this package declares them all.

Each has a class of its lines and a class of its form, known by the word under which its lifecycle
stands in `app/catalog/lifecycles/applications.py`. `account.py` and `person.py` are no kinds: they
hold the columns of those who are named and of those who are new.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

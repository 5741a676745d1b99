"""Copy Bootstrap 5 from the installed Bootstrap-Flask package into app/static/vendor/.

The files are not committed and nothing is fetched: the version is the one that the lock names.
"""

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
FILES = {
    "css/bootstrap.min.css": "bootstrap/css/bootstrap.min.css",
    "icons/bootstrap-icons.svg": "icons/bootstrap-icons.svg",
}
SOURCE_MAP = re.compile(rb"^(//|/\*)# sourceMappingURL=.*$", re.MULTILINE)


def main() -> int:
    """Copy every file, without the line that names a source map which is not copied."""
    package = find_spec("flask_bootstrap")
    if package is None or package.origin is None:
        print("Bootstrap-Flask is not installed", file=sys.stderr)
        return 1
    source = Path(package.origin).parent / "static" / "bootstrap5"
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, place in FILES.items():
        target = TARGET / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(SOURCE_MAP.sub(b"", (source / name).read_bytes()))
    print(f"{len(FILES)} files in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

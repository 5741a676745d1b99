"""Write random secrets for the demo into instance/demo.env, once, readable by its owner only.

The demo signs in by password: nobody in it has a key to plug in. A file from before says so too.

Nothing is written where the environment already names every secret.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config import DEMO_ENV, KEY_BYTES, read_env_file

KEYS = ("FIELD_KEY", "AUDIT_KEY")
SWITCH = "LOGIN_REQUIRES_KEY"
BY_PASSWORD = f"{SWITCH}=false\n"


def _complete(path: Path) -> None:
    """Add what a file from an earlier version does not say."""
    if SWITCH not in read_env_file(path):
        with path.open("a", encoding="utf-8") as file:
            file.write(BY_PASSWORD)


def main() -> int:
    """Create the file unless it stands already."""
    if all(os.environ.get(name) for name in ("SECRET_KEY", *KEYS)):
        return 0
    DEMO_ENV.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(DEMO_ENV, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        _complete(DEMO_ENV)
        return 0
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("# Random secrets of the demo on this machine. Not for an office's real data.\n")
        file.write(f"SECRET_KEY={secrets.token_urlsafe(48)}\n")
        for name in KEYS:
            key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
            file.write(f"{name}={key}\n")
        file.write(BY_PASSWORD)
    print(f"Random demo secrets written to {DEMO_ENV}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A server that asks no key loads nothing for it."""

import subprocess
import sys

from config import ROOT


def test_the_library_of_keys_is_loaded_when_a_key_is_asked():
    program = "import sys, app; sys.exit('webauthn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0

"""A kind is one model file, one lifecycle, one migration and its words: a tenth one shows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT


@pytest.mark.sqlite
def test_a_tenth_kind_has_page_editor_template_print_rest_and_audit(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.kinds.tenth", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]

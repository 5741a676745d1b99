"""What libraries load and hardly any request uses waits for its first use."""

import subprocess
import sys

from config import ROOT

START = """
import sys
import app
from app.later import LATER
awake = [name for name in LATER if name in sys.modules and len(vars(sys.modules[name])) > 12]
print(*sorted(awake))
"""
AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import app
import jsonschema
assert "validate" not in vars(jsonschema), "already loaded"
def look(number):
    jsonschema.validate(number, {"type": "integer"})
    try:
        jsonschema.validate("", {"type": "integer"})
    except jsonschema.ValidationError:
        return number
with ThreadPoolExecutor(16) as threads:
    print(*threads.map(look, range(16)))
try:
    jsonschema.nothing
except AttributeError as error:
    print(error)
"""


def said_by(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_start_of_the_application_wakes_none_of_what_is_put_off() -> None:
    assert said_by(START) == [""]


def test_many_that_use_it_first_at_once_all_see_the_whole_of_it() -> None:
    numbers, missing = said_by(AT_ONCE)
    assert numbers.split() == [str(number) for number in range(16)]
    assert missing == "module 'jsonschema' has no attribute 'nothing'"

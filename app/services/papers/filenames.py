"""The name under which a file is shown and downloaded; it never becomes a path of the server."""

import re
import unicodedata

NAME_LENGTH = 120

_ENDINGS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/png": (".png",),
    "image/tiff": (".tif", ".tiff"),
}
_FORBIDDEN = re.compile(r'[<>:"|?*%]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_DEFAULT = "paper"


def safe_filename(given: str, content_type: str) -> str:
    """Return the last part of `given` without control characters, ending as its content does.

    Folders, NUL bytes, hidden names, names that Windows reserves and false endings are mended, not
    refused: the name is only a label.
    """
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    name = " ".join(_FORBIDDEN.sub("_", name).split())
    endings = _ENDINGS[content_type]
    stem, ending = name, endings[0]
    for candidate in endings:
        if name.lower().endswith(candidate):
            stem, ending = name[: -len(candidate)], candidate
    stem = stem.strip(". ")[: NAME_LENGTH - len(ending)].rstrip(". ")
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return f"{stem or _DEFAULT}{ending}"

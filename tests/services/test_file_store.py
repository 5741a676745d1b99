"""The store of papers: by content, whole or not at all, reached by digest alone (M5.2)."""

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.services.file_store import FileStore, FileStoreError, StoredFileMissingError

CONTENT = b"a paper" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files")


def kept_files(store):
    return sorted(path for path in store.root.rglob("*") if path.is_file())


def test_content_comes_back_by_its_digest(store):
    assert store.store(CONTENT) == DIGEST
    with store.open(DIGEST) as kept:
        assert kept.read() == CONTENT
    assert store.has(DIGEST)
    assert store.is_intact(DIGEST)
    assert list(store.digests()) == [DIGEST]


def test_a_file_is_stored_from_its_path_and_stays_there(store, tmp_path):
    source = tmp_path / "scan.pdf"
    source.write_bytes(CONTENT)
    assert store.store(source) == DIGEST
    assert source.read_bytes() == CONTENT


def test_equal_papers_are_kept_once_and_nothing_else_is_left(store):
    store.store(CONTENT)
    store.store(CONTENT)
    assert kept_files(store) == [store.root / DIGEST[:2] / DIGEST[2:4] / DIGEST]


def test_storing_again_mends_a_damaged_file(store):
    store.store(CONTENT)
    kept_files(store)[0].write_bytes(b"damaged")
    assert not store.is_intact(DIGEST)
    store.store(CONTENT)
    assert store.is_intact(DIGEST)


def test_files_are_not_readable_by_everybody(store):
    store.store(CONTENT)
    mode = stat.S_IMODE(kept_files(store)[0].stat().st_mode)
    assert not mode & 0o007
    assert not mode & 0o111


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        DIGEST.upper(),
        DIGEST[:-1],
        f"{DIGEST}\n",
        "é" * 64,
    ],
)
def test_nothing_but_a_digest_is_looked_up(store, digest):
    for act in (store.open, store.has, store.is_intact):
        with pytest.raises(FileStoreError, match="not a SHA-256"):
            act(digest)


def test_a_missing_file_is_an_error_of_its_own(store):
    assert not store.has(DIGEST)
    assert list(store.digests()) == []
    with pytest.raises(StoredFileMissingError, match=DIGEST):
        store.open(DIGEST)


def test_a_link_in_the_store_is_not_followed(store, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    place = store.root / DIGEST[:2] / DIGEST[2:4] / DIGEST
    place.parent.mkdir(parents=True)
    place.symlink_to(secret)
    with pytest.raises(StoredFileMissingError):
        store.open(DIGEST)


def test_a_failed_write_leaves_nothing(store, monkeypatch):
    def fail(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        store.store(CONTENT)
    assert kept_files(store) == []


def test_the_file_is_on_disk_before_it_gets_its_name(store, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("force"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("move"), replace(a, b)))
    store.store(CONTENT)
    assert steps[:3] == ["force", "move", "force"]


def test_many_at_once_store_the_same_paper(store):
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(store.store, [CONTENT] * 40)) == {DIGEST}
    assert len(kept_files(store)) == 1
    assert store.is_intact(DIGEST)

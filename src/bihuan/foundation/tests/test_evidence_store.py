"""Evidence lies under the hash of its content: whole or not at all, once, and on S3 just as on a disk."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

import boto3
import pytest
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer

from bihuan.foundation.evidence import store
from bihuan.foundation.refusals import Refusal

CONTENT = b"RIFF....WEBP" * 1000


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "bihuan.foundation.evidence.durable_files.DurableFiles"},
    }
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_content_is_named_by_its_hash_and_kept_once(folder):
    name = store.keep(CONTENT, thumb=b"small")
    assert name == sha256(CONTENT).hexdigest()
    first = (folder / name[:2] / name).stat()
    assert store.keep(CONTENT, thumb=b"small") == name
    assert (folder / name[:2] / name).stat().st_mtime_ns == first.st_mtime_ns
    assert [path.name for path in files(folder)] == [name, f"{name}.thumb"]
    assert store.read(name) == CONTENT
    assert store.read(name, thumb=True) == b"small"
    assert store.is_kept(name)
    assert store.is_whole(name)


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63 + "\n"])
def test_what_is_not_there_is_refused_with_a_sentence(name):
    with pytest.raises(Refusal, check=lambda refusal: refusal.code == "evidence.missing"):
        store.stream(name)
    assert not store.is_whole(name)


def test_a_change_on_the_disk_is_noticed_and_a_torn_file_is_healed(folder):
    name = store.keep(CONTENT)
    path = folder / name[:2] / name
    path.write_bytes(CONTENT[:-1] + b"?")
    assert store.is_kept(name)
    assert not store.is_whole(name)
    path.write_bytes(CONTENT[:50])
    store.keep(CONTENT)
    assert store.is_whole(name)


def test_a_write_that_fails_leaves_nothing(folder, monkeypatch):
    def full_disk(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        store.keep(CONTENT)
    assert files(folder) == []
    assert not store.is_kept(sha256(CONTENT).hexdigest())


def test_many_hands_keep_the_same_picture_at_once(folder):
    begin = threading.Barrier(8)
    names: list[str] = []

    def hand():
        begin.wait()
        names.append(store.keep(CONTENT))

    hands = [threading.Thread(target=hand) for _ in range(8)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert len(names) == 8
    assert len(set(names)) == 1
    assert len(files(folder)) == 1
    assert store.is_whole(names[0])


def test_the_same_on_s3(settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="evidence")
        options = {"bucket_name": "evidence", "endpoint_url": address, "region_name": "us-east-1"}
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
        }
        name = store.keep(CONTENT, thumb=b"small")
        assert store.keep(CONTENT, thumb=b"small") == name
        assert default_storage.listdir(name[:2])[1] == [name, f"{name}.thumb"]
        assert store.read(name) == CONTENT
        assert store.is_whole(name)
        with pytest.raises(Refusal, check=lambda refusal: refusal.code == "evidence.missing"):
            store.read("0" * 64)
    finally:
        server.stop()

"""Files are written whole or not at all, and nothing is lost on the way."""

from __future__ import annotations

import os
import stat

import pytest

from perovex._files import check_folder, check_output, make_folder, write_atomic
from perovex.errors import PerovexError

posix = pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")


def test_a_file_is_written_with_its_folder_and_replaced_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "file.csv"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [item.name for item in path.parent.iterdir()] == ["file.csv"]  # nothing temporary is left


def test_the_old_file_stays_whole_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "file.csv"
    write_atomic(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PerovexError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file.csv"]


@posix
def test_a_link_stays_a_link_and_its_target_is_written(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    write_atomic(link, b"content")
    assert link.is_symlink()
    assert target.read_bytes() == b"content"
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    with pytest.raises(PerovexError, match="loop"):
        write_atomic(loop, b"content")


@posix
def test_permissions_are_those_of_the_file_that_is_replaced_or_of_any_new_file(tmp_path):
    path = tmp_path / "file.csv"
    before = os.umask(0o027)
    try:
        write_atomic(path, b"one")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        write_atomic(path, b"two")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PerovexError, match="a folder"):
        write_atomic(tmp_path, b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(PerovexError, match="a file of that name"):
            make_folder(folder)
        with pytest.raises(PerovexError, match="a file of that name"):
            check_folder(folder)


def test_a_check_leaves_no_folder_behind(tmp_path):
    check_folder(tmp_path / "a" / "b" / "c")
    check_output(tmp_path / "a" / "file.csv", suffixes=(".csv",))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()
    check_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_only_earlier_results_of_the_same_kind_are_replaced_unasked(tmp_path):
    path = tmp_path / "file.csv"
    check_output(path)
    path.touch()
    check_output(path)  # an empty file has nothing to lose
    path.write_text("mine")
    with pytest.raises(PerovexError, match="no earlier result"):
        check_output(path)
    with pytest.raises(PerovexError, match="no earlier result"):
        check_output(path, ours=lambda item: item.read_bytes()[100] == 0)  # a reader that fails says: not ours
    check_output(path, ours=lambda item: item.read_text() == "mine")
    check_output(path, force=True)
    with pytest.raises(PerovexError, match=r"use \.csv or \.json"):
        check_output(tmp_path / "file.pdf", suffixes=(".csv", ".json"), force=True)


@posix
def test_a_device_takes_what_it_is_given():
    from pathlib import Path

    check_output(Path("/dev/null"))
    write_atomic(Path("/dev/null"), b"content")
    assert not Path("/dev/null").is_file()

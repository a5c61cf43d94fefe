"""A kill or a full disk at any moment leaves the previous file or folder whole."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kformer.runs import atomic_folder, atomic_path, write_atomic
from kformer.runs.atomic import recover


def full_disk(*arguments, **keywords):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run_and_kill(code: str, folder: Path) -> None:
    """Runs code in another process, which ends by killing itself."""
    code = textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=Path(__file__).parents[2], timeout=60)
    assert done.returncode == -signal.SIGKILL


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_utf8_without_translating_line_ends(tmp_path):
    write_atomic(tmp_path / "a.txt", "naïve\r\nfilm\n")
    assert (tmp_path / "a.txt").read_bytes() == "naïve\r\nfilm\n".encode()


def test_bytes_are_written_as_they_are(tmp_path):
    write_atomic(tmp_path / "a.bin", b"\x00\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"


def test_missing_folders_are_made(tmp_path):
    write_atomic(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "ordinary").write_text("x")
    write_atomic(tmp_path / "atomic", "x")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_symbolic_link_is_written_through(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_atomic(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_the_temporary_file_keeps_the_ending_of_its_path(tmp_path):
    with atomic_path(tmp_path / "model.keras") as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("x")


@pytest.mark.parametrize("step", ["write_bytes", "fsync", "replace"])
def test_a_full_disk_leaves_the_previous_file_and_no_other(tmp_path, monkeypatch, step):
    (tmp_path / "a.txt").write_text("previous")
    monkeypatch.setattr(Path if step == "write_bytes" else os, step, full_disk)
    with pytest.raises(OSError, match="No space left on device.*previous file, if any, is unchanged: free some space"):
        write_atomic(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "previous"
    assert names(tmp_path) == ["a.txt"]


def test_a_write_that_stops_half_way_leaves_the_previous_file(tmp_path):
    (tmp_path / "a.txt").write_text("previous")
    with pytest.raises(KeyboardInterrupt), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("ha")
        raise KeyboardInterrupt
    assert (tmp_path / "a.txt").read_text() == "previous"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_kill_before_the_rename_leaves_the_previous_file(tmp_path, step):
    (tmp_path / "a.txt").write_text("previous")
    code = f"""
        import os, signal, sys
        from kformer.runs import write_atomic
        os.{step} = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
        write_atomic(sys.argv[1] + "/a.txt", "new")
    """
    run_and_kill(code, tmp_path)
    assert (tmp_path / "a.txt").read_text() == "previous"


def test_a_folder_takes_the_place_of_the_earlier_one(tmp_path):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "old.txt").write_text("old")
    with atomic_folder(tmp_path / "export") as folder:
        (folder / "new.txt").write_text("new")
    assert names(tmp_path) == ["export"]
    assert names(tmp_path / "export") == ["new.txt"]


def test_a_full_disk_in_the_words_of_another_library_is_explained_as_well(tmp_path):
    explained = pytest.raises(OSError, match="export` could not be written .No space left on device.*previous folder")
    with explained, atomic_folder(tmp_path / "export"):
        raise RuntimeError("saved_model.pb; No space left on device")
    assert names(tmp_path) == []


def test_two_processes_do_not_write_one_folder_at_once(tmp_path):
    busy = "export` is being written by another process: wait until that one is finished, or write to another folder"
    with atomic_folder(tmp_path / "export") as folder:
        with pytest.raises(FileExistsError, match=busy), atomic_folder(tmp_path / "export"):
            pass
        (folder / "model").write_text("whole")
    assert (tmp_path / "export" / "model").read_text() == "whole"


def test_a_folder_that_fails_leaves_the_earlier_one(tmp_path):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "export") as folder:
        (folder / "new.txt").write_text("new")
        raise RuntimeError
    assert names(tmp_path) == ["export"]
    assert names(tmp_path / "export") == ["old.txt"]


def test_a_full_disk_while_a_folder_is_written_is_explained(tmp_path):
    explained = pytest.raises(OSError, match="No space left on device.*previous folder, if any, is unchanged")
    with explained, atomic_folder(tmp_path / "export"):
        full_disk()
    assert names(tmp_path) == []


def test_what_a_killed_process_had_prepared_is_not_mixed_with_the_next_folder(tmp_path):
    (tmp_path / ".export.new").mkdir()
    (tmp_path / ".export.new" / "half").write_text("x")
    with atomic_folder(tmp_path / "export") as folder:
        (folder / "new.txt").write_text("new")
    assert names(tmp_path / "export") == ["new.txt"]


@pytest.mark.parametrize("renames_done, expected", [(0, "old.txt"), (1, "new.txt"), (2, "new.txt")])
def test_a_kill_between_the_renames_is_recovered_from(tmp_path, renames_done, expected):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "old.txt").write_text("old")
    code = f"""
        import os, pathlib, shutil, signal, sys
        from kformer.runs import atomic_folder
        rename, done = pathlib.Path.rename, []
        def rename_or_die(path, target):
            if len(done) == {renames_done}:
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(target)
            return rename(path, target)
        pathlib.Path.rename = rename_or_die
        with atomic_folder(sys.argv[1] + "/export") as folder:
            (folder / "new.txt").write_text("new")
            shutil.rmtree = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)  # reached after both renames only
    """
    run_and_kill(code, tmp_path)
    recover(tmp_path / "export")
    assert names(tmp_path / "export") == [expected]
    assert ".export.old" not in names(tmp_path)

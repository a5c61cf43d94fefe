"""A run folder is whole at every moment, and says clearly when it is not a run."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from kformer.runs import FORMAT_VERSION, RunFolder
from kformer.runs.atomic import Hold


def finished_run(path: Path, recipe: str = "epochs: 3\n", **arguments) -> RunFolder:
    run = RunFolder.create(path, **arguments)
    run.write_text("recipe.yaml", recipe)
    run.finish()
    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_finished_run_opens_and_reads_back(tmp_path):
    finished_run(tmp_path / "run")
    run = RunFolder.open(tmp_path / "run")
    assert run.file("recipe.yaml").read_text() == "epochs: 3\n"
    assert run.read_json("environment.json")["format_version"] == FORMAT_VERSION


def test_finish_returns_the_folder_that_was_asked_for(tmp_path):
    finished_run(tmp_path / "run")
    run = RunFolder.create(tmp_path / "run", overwrite=True)
    assert run.folder != tmp_path / "run"
    assert run.finish() == run.folder == tmp_path / "run"


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    assert RunFolder.create(tmp_path / "run").folder == tmp_path / "run"


def test_numpy_values_are_written_as_json(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_json("metrics.json", {"a": np.float32(0.5), "b": np.arange(2), "c": Path("x")})
    assert run.read_json("metrics.json") == {"a": 0.5, "b": [0, 1], "c": "x"}


def test_nan_is_refused_in_json(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    with pytest.raises(ValueError, match="`metrics.json` cannot hold NaN or infinity.*store None instead"):
        run.write_json("metrics.json", {"f1": float("nan")})
    assert not run.file("metrics.json").exists()


def test_an_object_is_refused_in_json(tmp_path):
    with pytest.raises(TypeError, match="object .* is not JSON: convert it to numbers"):
        RunFolder.create(tmp_path / "run").write_json("metrics.json", {"f1": object()})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no file `metrics.json`: it is damaged"):
        finished_run(tmp_path / "run").read_json("metrics.json")


def test_a_damaged_json_file_is_named(tmp_path):
    run = finished_run(tmp_path / "run")
    run.file("recipe.yaml").write_text("{")
    with pytest.raises(ValueError, match="recipe.yaml` is not JSON .*the run is damaged"):
        run.read_json("recipe.yaml")


def test_a_finished_run_is_not_written_again(tmp_path):
    run = finished_run(tmp_path / "run")
    with pytest.raises(ValueError, match="is finished and its `recipe.yaml` is not written again"):
        run.write_text("recipe.yaml", "epochs: 9\n")
    assert run.file("recipe.yaml").read_text() == "epochs: 3\n"


def test_an_existing_run_needs_overwrite(tmp_path):
    finished_run(tmp_path / "run")
    with pytest.raises(FileExistsError, match="exists and holds a finished run: give another --out, or --overwrite"):
        RunFolder.create(tmp_path / "run")


def test_an_unfinished_run_needs_overwrite(tmp_path):
    RunFolder.create(tmp_path / "run")
    with pytest.raises(FileExistsError, match="holds an unfinished run.*--overwrite"):
        RunFolder.create(tmp_path / "run")


def test_a_folder_that_is_not_a_run_is_never_overwritten(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "thesis.tex").write_text("x")
    with pytest.raises(FileExistsError, match="a folder that is not a run, which is never overwritten"):
        RunFolder.create(tmp_path / "documents", overwrite=True)
    assert names(tmp_path / "documents") == ["thesis.tex"]


def test_a_file_is_never_overwritten(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(FileExistsError, match="is a file, which is never overwritten"):
        RunFolder.create(tmp_path / "run", overwrite=True)


def test_the_earlier_run_stays_whole_until_its_successor_is_finished(tmp_path):
    finished_run(tmp_path / "run", "epochs: 1\n")
    run = RunFolder.create(tmp_path / "run", overwrite=True)
    run.write_text("recipe.yaml", "epochs: 2\n")
    RunFolder.open(tmp_path / "run").verify()
    assert RunFolder.open(tmp_path / "run").file("recipe.yaml").read_text() == "epochs: 1\n"
    run.finish()
    assert RunFolder.open(tmp_path / "run").file("recipe.yaml").read_text() == "epochs: 2\n"
    assert names(tmp_path) == ["run"]


def test_a_kill_between_the_two_renames_leaves_a_run_that_opens(tmp_path):
    finished_run(tmp_path / "run", "epochs: 1\n")
    code = """
        import os, pathlib, signal, sys
        from kformer.runs import RunFolder
        run = RunFolder.create(sys.argv[1], overwrite=True)
        run.write_text("recipe.yaml", "epochs: 2")
        rename = pathlib.Path.rename
        def rename_and_die(path, target):
            rename(path, target)
            os.kill(os.getpid(), signal.SIGKILL)
        pathlib.Path.rename = rename_and_die
        run.finish()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "run")]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    assert not (tmp_path / "run").exists()
    run = RunFolder.open(tmp_path / "run")
    run.verify()
    assert run.file("recipe.yaml").read_text() == "epochs: 2"
    assert names(tmp_path) == ["run"]


def test_a_kill_while_training_leaves_the_earlier_run_and_the_next_try_starts_clean(tmp_path):
    finished_run(tmp_path / "run", "epochs: 1\n")
    code = """
        import os, signal, sys
        from kformer.runs import RunFolder
        RunFolder.create(sys.argv[1], overwrite=True).write_text("half.txt", "x")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "run")]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    RunFolder.open(tmp_path / "run").verify()
    finished_run(tmp_path / "run", "epochs: 3\n", overwrite=True)
    assert not (tmp_path / "run" / "half.txt").exists()
    assert names(tmp_path) == ["run"]


BUSY = "run` is being written by another process: wait until that one is finished, or write to another folder"


@pytest.mark.parametrize(("earlier", "overwrite"), [(False, False), (False, True), (True, True)])
def test_a_run_that_is_being_written_is_left_alone(tmp_path, earlier, overwrite):
    if earlier:
        finished_run(tmp_path / "run", "epochs: 1\n")
    run = RunFolder.create(tmp_path / "run", overwrite=earlier)
    with pytest.raises(FileExistsError, match=BUSY):
        RunFolder.create(tmp_path / "run", overwrite=overwrite)
    run.write_text("recipe.yaml", "epochs: 2\n")
    run.finish()
    assert RunFolder.open(tmp_path / "run").file("recipe.yaml").read_text() == "epochs: 2\n"


@pytest.mark.parametrize("end", [RunFolder.finish, RunFolder.discard])
def test_a_run_that_has_ended_is_free_again(tmp_path, end):
    finished_run(tmp_path / "run")
    run = RunFolder.create(tmp_path / "run", overwrite=True)
    end(run)
    finished_run(tmp_path / "run", overwrite=True)
    assert names(tmp_path) == ["run"]


def test_a_run_is_held_across_processes_until_its_own_is_dead(tmp_path):
    code = (
        "import sys; from kformer.runs import RunFolder; run = RunFolder.create('run'); print(1, flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as process:
        process.stdout.readline()
        with pytest.raises(FileExistsError, match=BUSY):
            RunFolder.create(tmp_path / "run", overwrite=True)
        process.kill()
    finished_run(tmp_path / "run", overwrite=True)
    assert names(tmp_path) == ["run"]


def test_a_folder_that_vanishes_before_it_is_held_is_refused(tmp_path):
    with pytest.raises(FileExistsError, match=BUSY):
        Hold(tmp_path / ".run.new", tmp_path / "run")


def test_where_folders_cannot_be_locked_runs_are_written_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("kformer.runs.atomic.fcntl.flock", refuse)
    finished_run(tmp_path / "run")
    assert RunFolder.open(tmp_path / "run").finished


def test_a_discarded_run_is_gone_and_the_earlier_one_stays(tmp_path):
    finished_run(tmp_path / "run")
    RunFolder.create(tmp_path / "run", overwrite=True).discard()
    assert names(tmp_path) == ["run"]
    RunFolder.open(tmp_path / "run").verify()


def test_a_finished_run_is_not_discarded(tmp_path):
    run = finished_run(tmp_path / "run")
    run.discard()
    run.verify()
    assert run.finished


def test_a_run_bears_the_name_that_was_asked_for(tmp_path):
    finished_run(tmp_path / "reviews")
    assert RunFolder.create(tmp_path / "reviews", overwrite=True).name == "reviews"


def test_leftovers_of_killed_writes_are_gone_when_a_run_is_finished(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.file(".tmp-0011aabb-model.keras").write_text("half")
    run.finish()
    assert names(tmp_path / "run") == ["checksums.json", "environment.json"]


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no run folder .*run`: give the folder that `kformer fit`"):
        RunFolder.open(tmp_path / "run")


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"format_version": "1"}'])
def test_a_folder_of_something_else_is_not_a_run(tmp_path, content):
    if content is not None:
        (tmp_path / "environment.json").write_text(content)
    with pytest.raises(ValueError, match="is not the folder of a run .no readable environment.json"):
        RunFolder.open(tmp_path)


def test_an_unfinished_run_is_not_opened(tmp_path):
    RunFolder.create(tmp_path / "run")
    with pytest.raises(ValueError, match="was not finished .*train it again with --overwrite"):
        RunFolder.open(tmp_path / "run")


def test_a_run_of_a_newer_kformer_is_not_opened(tmp_path):
    run = finished_run(tmp_path / "run")
    run.file("environment.json").write_text(json.dumps({"format_version": FORMAT_VERSION + 1}))
    with pytest.raises(ValueError, match=f"has format version {FORMAT_VERSION + 1} and this kformer reads up to"):
        RunFolder.open(tmp_path / "run")


def test_verify_names_every_file_that_changed_or_is_missing(tmp_path):
    run = finished_run(tmp_path / "run")
    run.file("recipe.yaml").write_text("epochs: 4\n")
    os.remove(run.file("environment.json"))
    with pytest.raises(ValueError, match="`environment.json` is missing, `recipe.yaml` has changed"):
        run.verify()


def test_folders_inside_a_run_may_grow_after_it_was_finished(tmp_path):
    run = finished_run(tmp_path / "run")
    run.file("export").mkdir()
    (run.file("export") / "saved_model.pb").write_text("x")
    run.verify()
    assert RunFolder.open(run.folder).finished

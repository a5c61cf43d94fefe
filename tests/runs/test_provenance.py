"""What a run says about its machine and software."""

import json
import subprocess
import sys

from kformer.runs import FORMAT_VERSION, environment


def test_it_states_the_format_version_and_the_versions_of_packages():
    found = environment()
    assert found["format_version"] == FORMAT_VERSION
    assert found["packages"]["numpy"].count(".") == 2
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}")


def test_a_package_that_is_missing_is_none(monkeypatch):
    monkeypatch.setattr("kformer.runs.provenance._PACKAGES", ("no-such-package",))
    assert environment()["packages"] == {"no-such-package": None}


def test_what_the_caller_knows_is_added():
    assert environment(seed=3)["seed"] == 3


def test_it_is_json():
    assert json.loads(json.dumps(environment())) == environment()


def test_outside_a_repository_there_is_no_revision(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert environment()["git_revision"] is None


def test_without_git_there_is_no_revision(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert environment()["git_revision"] is None


def test_changed_files_make_the_revision_dirty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "a.txt").write_text("1")
    for command in (["init", "-q"], ["add", "a.txt"], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *command], check=True)
    clean = environment()["git_revision"]
    (tmp_path / "a.txt").write_text("2")
    assert len(clean) == 40
    assert environment()["git_revision"] == f"{clean}-dirty"


def test_nothing_heavy_is_imported():
    heavy = "{'tensorflow', 'keras', 'numpy', 'h5py'}"
    code = f"import sys, kformer.runs as runs; runs.environment(); print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"

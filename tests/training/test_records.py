"""What a run's report tells to try next."""

from kformer.training.records import next_commands
from tests.tiny import marian_task, task, translator


def test_a_hugging_face_folder_is_offered_where_there_is_one():
    assert "kformer export saved_models/a --to hf" in next_commands(task(), "saved_models/a")
    assert "kformer export saved_models/a --to hf" in next_commands(marian_task(), "saved_models/a")


def test_a_hugging_face_folder_is_not_offered_where_there_is_none():
    assert not any("--to hf" in command for command in next_commands(translator(), "saved_models/a"))
    assert not any("--to hf" in command for command in next_commands(task(pooling="mean"), "saved_models/a"))


def test_a_run_elsewhere_is_called_by_its_whole_path(tmp_path):
    assert f"tensorboard --logdir '{tmp_path}/my run'/tensorboard" in next_commands(task(), tmp_path / "my run")

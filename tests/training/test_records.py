"""What a run's report tells to try next."""

from kformer.training.records import next_commands
from tests.tiny import marian_task, task, translator


def test_a_hugging_face_folder_is_offered_where_there_is_one():
    assert "kformer export saved_models/a --to hf" in next_commands(task(), "a")
    assert "kformer export saved_models/a --to hf" in next_commands(marian_task(), "a")


def test_a_hugging_face_folder_is_not_offered_where_there_is_none():
    assert not any("--to hf" in command for command in next_commands(translator(), "a"))
    assert not any("--to hf" in command for command in next_commands(task(pooling="mean"), "a"))

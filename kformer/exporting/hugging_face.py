"""Tasks as folders that `transformers` loads: config.json, model.safetensors and the tokenizer's files."""

from pathlib import Path

import numpy as np


def write_hf(task, folder):
    """Writes a task as a Hugging Face folder.

    Args:
        task: any task.
        folder: path of an existing folder.

    Raises:
        ValueError: when their files have no place for something that the task does.
    """
    if obstacle := hf_obstacle(task):
        raise ValueError(obstacle)
    _WRITERS[type(task).__name__][1](task, folder)


def hf_obstacle(task):
    """Why a task has no Hugging Face form, a sentence; None where it has one."""
    name = type(task).__name__
    if name not in _WRITERS:
        return f"There is no Hugging Face form of {task.title}: export it as a SavedModel."
    if task.processor.html:
        return "A Hugging Face tokenizer does not remove HTML, but this task does: export it as a SavedModel."
    return _WRITERS[name][0](task)


def _classifier_obstacle(task):
    if task.pooling != "first":
        return (
            f"A Hugging Face classifier reads the first position, but this task has `pooling` {task.pooling}: export "
            "it as a SavedModel."
        )
    return None


def _write_classifier(task, folder):
    from kformer.checkpoints import save_hf

    arrays = _arrays(task)
    if task.problem == "regression":
        # Their head has no mean and scale of its own: ours become part of it.
        scale, mean = float(task.target_scale), float(task.target_mean)
        arrays["head/kernel"] = arrays["head/kernel"] * scale
        arrays["head/bias"] = arrays["head/bias"] * scale + mean
    save_hf(folder, task.backbone.get_config(), arrays, task.processor.tokenizer, task.labels, task.problem)


def _language_model_obstacle(task):
    if task.processor.tokenizer.kind != "byte_bpe":
        return (
            f"A Hugging Face GPT-2 has a byte-level BPE tokenizer, but this task has one of the kind "
            f"{task.processor.tokenizer.kind!r}: export it as a SavedModel, or train it with `tokenizer` byte_bpe."
        )
    return None


def _write_language_model(task, folder):
    end_id = task.processor.tokenizer.end_id
    _write(task, folder, "gpt2", "lm", bos_token_id=end_id, eos_token_id=end_id)


def _write_masked_language_model(task, folder):
    from kformer.checkpoints.families import family_of

    _write(task, folder, family_of(task.backbone.get_config()).name, "mlm")


def _translation_obstacle(task):
    if task.processor.target.kind != "marian":
        return (
            "A Hugging Face folder holds translations of the family marian, but this task is of kformer's own "
            "`TransformerModel`: export it as a SavedModel, or start it from a Marian folder (`init`)."
        )
    return None


def _write_translation(task, folder):
    """A Marian folder; `generate` of `transformers` then searches as the task does."""
    from kformer.checkpoints.saving import save_weights, write_json, write_marian_tokenizers

    source, target = task.processor.source, task.processor.target
    save_weights(folder, task.backbone.get_config(), _arrays(task), "translation")
    write_marian_tokenizers(folder, source, target, task.processor.max_length)
    generation = {
        "decoder_start_token_id": target.start_id,
        "eos_token_id": target.end_id,
        "forced_eos_token_id": target.end_id,
        "pad_token_id": target.pad_id,
        "bad_words_ids": [[target.pad_id]],
        "num_beams": task.beam_size,
        "length_penalty": task.length_penalty,
        "max_length": task.processor.max_length,
    }
    write_json(folder / "generation_config.json", generation)


def _write(task, folder, family, head, **config):
    """Weights with a head, and the tokenizer."""
    from kformer.checkpoints.saving import save_weights, write_tokenizer

    sizes = task.backbone.get_config()
    save_weights(folder, sizes, _arrays(task), head, **config)
    write_tokenizer(Path(folder), task.processor.tokenizer, family, sizes["max_length"])


def _arrays(task):
    return {name: np.asarray(variable) for name, variable in task.variables_by_name().items()}


def _no_obstacle(task):
    return None


# Class of a task -> what may stand in the way, and what writes it.
_WRITERS = {
    "LanguageModeling": (_language_model_obstacle, _write_language_model),
    "MaskedLanguageModeling": (_no_obstacle, _write_masked_language_model),
    "TextClassification": (_classifier_obstacle, _write_classifier),
    "Translation": (_translation_obstacle, _write_translation),
}

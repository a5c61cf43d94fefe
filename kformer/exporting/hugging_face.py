"""Tasks as folders that `transformers` loads: config.json, model.safetensors, and a tokenizer's or images' settings."""

from pathlib import Path

import numpy as np

from kformer.data.image_augmentation import CenterCrop, Letterbox, Stretch
from kformer.layers.grid_positions import stretch
from kformer.models.vit import patch_grid


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
    if getattr(task.processor, "html", False):
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

    arrays = _with_scale(task, _arrays(task))
    save_hf(folder, task.backbone.get_config(), arrays, task.processor.tokenizer, task.labels, task.problem)


def _image_classifier_obstacle(task):
    from kformer.checkpoints.families import family_of

    sizes, fit = task.backbone.get_config(), task.processor.evaluation.framing
    if task.backbone.__class__.__name__ != "ViTBackbone":
        return f"There is no Hugging Face form of a {type(task.backbone).__name__}: export it as a SavedModel."
    if sizes["pooling"] != "first":
        return (
            "A Hugging Face ViT classifies by its class token, but this task has `pooling` mean: export it as a "
            "SavedModel."
        )
    height, width = task.processor.image_size
    if isinstance(fit, Letterbox) or (isinstance(fit, CenterCrop) and height != width):
        return (
            f"A Hugging Face {family_of(sizes).name} stretches images, or keeps a square in the middle, but this task "
            "keeps another part: export it as a SavedModel, or train it with `fit` stretch."
        )
    return None


def _write_image_classifier(task, folder):
    from kformer.checkpoints import ImageSettings, family_of, save_weights, write_image_settings
    from kformer.checkpoints.saving import label_config

    sizes = task.backbone.get_config()
    arrays = _with_scale(task, _arrays(task))
    size = task.processor.image_size
    # Theirs reads images of one size: the positions are written for the size that this task reads.
    grid, new_grid = (patch_grid(side, sizes["patch_size"]) for side in (sizes["image_size"], size))
    name = "position_embedding/embeddings"
    arrays[name] = np.asarray(stretch(arrays[name], grid, new_grid, task.backbone.num_first_tokens))
    sizes["image_size"] = size[0] if size[0] == size[1] else list(size)
    save_weights(folder, sizes, arrays, "classifier", **label_config(task.labels, task.problem))
    colours = {"mean": task.processor.mean, "std": task.processor.std}
    if isinstance(task.processor.evaluation.framing, Stretch):
        write_image_settings(folder, ImageSettings(size, **colours), family_of(sizes).name)
    else:
        middle = ImageSettings(None, shortest_edge=size[0], crop_size=size, **colours)
        write_image_settings(folder, middle, "clip")


def _detector_obstacle(task):
    if task.head_kind != "set":
        return "There is no Hugging Face form of a detector with a dense head: export it as a SavedModel."
    if not isinstance(task.processor.evaluation.framing, Stretch):
        return (
            "A Hugging Face yolos reads images without a border, but this task adds one: export it as a SavedModel, or "
            "train it with `fit` stretch."
        )
    return None


def _write_detector(task, folder):
    from kformer.checkpoints import ImageSettings, save_weights, write_image_settings
    from kformer.checkpoints.saving import label_config

    names = label_config(task.labels, "single_label")
    names.pop("problem_type")  # of classifiers alone
    save_weights(folder, task.backbone.get_config(), _arrays(task), "detector", **names)
    settings = ImageSettings(task.processor.image_size, mean=task.processor.mean, std=task.processor.std)
    write_image_settings(folder, settings, "yolos")


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


def _with_scale(task, arrays):
    """The arrays with a regression's mean and scale in its head: theirs has none of its own."""
    if task.problem != "regression":
        return arrays
    scale, mean = float(task.target_scale), float(task.target_mean)
    kernel, bias = arrays["head/kernel"] * scale, arrays["head/bias"] * scale + mean
    return {**arrays, "head/kernel": kernel, "head/bias": bias}


def _no_obstacle(task):
    return None


# Class of a task -> what may stand in the way, and what writes it.
_WRITERS = {
    "ImageClassification": (_image_classifier_obstacle, _write_image_classifier),
    "LanguageModeling": (_language_model_obstacle, _write_language_model),
    "MaskedLanguageModeling": (_no_obstacle, _write_masked_language_model),
    "ObjectDetection": (_detector_obstacle, _write_detector),
    "TextClassification": (_classifier_obstacle, _write_classifier),
    "Translation": (_translation_obstacle, _write_translation),
}

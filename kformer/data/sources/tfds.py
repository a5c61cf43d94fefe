"""TensorFlow Datasets: `tfds:NAME[/CONFIG]`; what is prepared on disk is read without any download."""

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.folders import TRAIN
from kformer.data.sources.reading import UNDECODABLE, Options, Reading, Rejection, printable
from kformer.errors import suggest

_BATCH_ROWS = 1024


def tfds_splits(name: str, options: Options) -> tuple[str, ...]:
    """Returns the names of a dataset's splits."""
    return tuple(_builder(name, options.tfds_dir).info.splits)


def is_of_images(name: str, options: Options) -> bool:
    """Returns whether a dataset has images, and no text beside them."""
    import tensorflow_datasets as tfds

    builder = _builder(name, options.tfds_dir)
    return bool(_images(builder)) and not any(
        isinstance(feature, tfds.features.Text) for feature in builder.info.features.values()
    )


def read_tfds(name: str, options: Options) -> Reading:
    """Reads one split of a dataset, "train" unless told otherwise: its text, numbers and labels.

    Its images are read, as encoded bytes, where they are asked for or nothing else is.
    """
    import tensorflow_datasets as tfds

    builder = _builder(name, options.tfds_dir)
    split = options.split or TRAIN
    splits = tuple(builder.info.splits)
    if split not in splits:
        raise ValueError(
            f"tfds:{name} has no split {split!r}. Its splits are: {', '.join(splits)}.{suggest(split, splits)}"
        )
    features = {key: feature for key, feature in builder.info.features.items() if feature.shape in ((), (None,))}
    images = _images(builder) if "image" in options.required or not options.required else {}
    features = images | features
    others = images.keys() | (builder.info.features.keys() - features.keys())
    if not features:
        raise ValueError(f"tfds:{name} holds no text, numbers or labels. Its features are: {_names(builder)}.")
    # Without shuffle_files the rows come in the order in which they are stored.
    dataset = builder.as_dataset(split=split, decoders=dict.fromkeys(others, tfds.decode.SkipDecoding()))
    label_names = {
        key: tuple(feature.names)
        for key, feature in features.items()
        if isinstance(feature, tfds.features.ClassLabel) and feature.names
    }
    columns = {key: [] for key in features}
    dataset = dataset.map(lambda row: {key: row[key] for key in features})
    for batch in dataset.ragged_batch(_BATCH_ROWS):
        for key, values in columns.items():
            values += batch[key].to_list() if hasattr(batch[key], "to_list") else batch[key].numpy().tolist()
    fields = _picture(builder, images) if images else _translation(builder)
    return replace(_to_reading(columns, f"tfds:{name}", label_names, images), fields=fields)


def _images(builder) -> dict:
    import tensorflow_datasets as tfds

    return {key: feature for key, feature in builder.info.features.items() if isinstance(feature, tfds.features.Image)}


def _picture(builder, images: dict) -> dict[str, str]:
    """Returns which feature is the image and which its class: the supervised pair, or else the first image."""
    import tensorflow_datasets as tfds

    image, label = (*(builder.info.supervised_keys or ()), None, None)[:2]
    fields = {"image": image if image in images else next(iter(images))}
    is_class = label is not None and isinstance(builder.info.features[label], tfds.features.ClassLabel)
    return fields | {"label": label} if is_class else fields


def _translation(builder) -> dict[str, str]:
    """Returns which feature is the text and which its translation: the supervised pair, where both of it are text."""
    import tensorflow_datasets as tfds

    features, pair = builder.info.features, builder.info.supervised_keys or ()
    texts = [key for key in pair if key in features and isinstance(features[key], tfds.features.Text)]
    return {"text": texts[0], "target": texts[1]} if len(texts) == 2 else {}


def _names(builder) -> str:
    return ", ".join(builder.info.features)


def _builder(name: str, folder: Path | None):
    import tensorflow_datasets as tfds

    known = sorted(path.name for path in Path(folder).iterdir()) if folder and Path(folder).is_dir() else []
    try:
        builder = tfds.builder(name, data_dir=folder)
    except ValueError as error:  # not found, or not a name at all
        where = f"; prepared in {folder} are: {', '.join(known) or 'none'}" if folder else ""
        raise ValueError(
            f"There is no TensorFlow dataset {name!r}, neither prepared nor in the catalogue{where}. "
            f"Give tfds:NAME[/CONFIG], and in `tfds_dir` the folder that holds it prepared." + suggest(name, known)
        ) from error
    if not builder.is_prepared():
        _prepare(builder, name)
    return builder


def _prepare(builder, name: str):
    import tensorflow_datasets as tfds

    try:
        builder.download_and_prepare()
    except (OSError, tfds.core.download.DownloadError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ValueError(
            f"tfds:{name} is not prepared in {builder.data_dir}, and preparing it failed ({reason}). "
            "Connect to the network, or give in `tfds_dir` the folder that holds it prepared."
        ) from error


def _to_reading(columns: dict[str, list], source: str, label_names: dict, images: Container[str]) -> Reading:
    kept, rows, rejections = [], [], []
    for row, values in enumerate(zip(*columns.values(), strict=True), start=1):
        try:
            named = zip(columns, values, strict=True)
            kept.append([value if key in images else _decode(value) for key, value in named])
            rows.append(row)
        except UnicodeDecodeError as error:
            raw = printable(error.object.decode("utf-8", "surrogateescape"))
            rejections.append(Rejection(source, row, UNDECODABLE, raw))
    values = zip(*kept, strict=True) if kept else [()] * len(columns)
    kinds = [pa.large_binary() if key in images else None for key in columns]
    table = pa.table([pa.array(*column) for column in zip(values, kinds, strict=True)], names=list(columns))
    return Reading(table, source, rows=rows, rejections=tuple(rejections), label_names=label_names)


def _decode(value):
    """Turns the bytes among values, and among lists of values, into text."""
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return value.decode("utf-8") if isinstance(value, bytes) else value

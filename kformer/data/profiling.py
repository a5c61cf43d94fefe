"""What a source holds, before anything is trained on it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from kformer.data.cleaning import Cleaning, clean
from kformer.data.examples import Examples, has_names, is_segmented, label_counts
from kformer.data.images.boxes import BOX
from kformer.data.images.columns import image_shapes
from kformer.data.schema import IMAGE_ROLES

_QUANTILES = {"least": 0.0, "median": 0.5, "95 %": 0.95, "most": 1.0}


def profile(examples: Examples, lengths: Sequence[int] | None = None) -> dict:
    """Describes examples: their columns, labels and lengths, and what may be wrong with them.

    Args:
        examples: What `load` read.
        lengths: Number of tokens of each example, or of each row that a long text becomes, if known; (text, target) of
            a translation.

    Returns:
        "source", "rows", "columns" (name -> type), "fields" (role -> column), "label_kind", "labels" (name -> count
        of examples or boxes, or share of the pixels of masks; for numbers the quantiles), "lengths" ("characters",
        "words" and "tokens" -> quantiles, and those of the target as "target characters" and so on; of images
        "height", "width" and "boxes"), "rejected" (reason -> count), "notes" and "problems" (sentences); plain
        values, as JSON takes them.
    """
    known = {f"{role}.{name}" for role in IMAGE_ROLES for name in ("height", "width", "sha256", "pixels")}
    return {
        "source": examples.source,
        "rows": len(examples),
        "columns": {field.name: _kind(field) for field in examples.table.schema if field.name not in known},
        "fields": dict(examples.fields),
        "label_kind": examples.label_kind,
        "labels": _label_counts(examples),
        "lengths": {unit: _quantiles(values) for unit, values in _lengths(examples, lengths).items()},
        "rejected": dict(Counter(rejection.reason for rejection in examples.rejected)),
        "notes": list(examples.notes),
        "problems": _problems(examples),
    }


def _kind(field: pa.Field) -> str:
    return "list<box>" if field.type == pa.list_(BOX) else str(field.type)


def _lengths(examples: Examples, tokens: Sequence[int] | None) -> dict[str, Sequence[int]]:
    measured = _sizes(examples) if "image" in examples.fields else {}
    if "text" not in examples.fields:
        return measured
    columns = [examples.values(role) for role in ("text", "text_pair") if role in examples.fields]
    sides = {"": [" ".join(parts) for parts in zip(*columns, strict=True)]}
    if "target" in examples.fields:
        sides["target "] = examples.values("target")
    for name, texts in sides.items():
        measured[f"{name}characters"] = [len(text) for text in texts]
        measured[f"{name}words"] = [len(text.split()) for text in texts]
    if tokens is not None:
        tokens = np.asarray(tokens)
        by_side = tokens.T if tokens.ndim == 2 else [tokens]
        measured |= {f"{name}tokens": side for name, side in zip(sides, by_side, strict=True)}
    return measured


def _sizes(examples: Examples) -> dict[str, Sequence[int]]:
    sizes = dict(zip(("height", "width"), image_shapes(examples).T, strict=True))
    if "boxes" in examples.fields:
        sizes["boxes"] = [len(boxes) for boxes in examples.values("boxes")]
    return sizes


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    # No interpolation: every figure is the length of a real example.
    cut = np.quantile(values, list(_QUANTILES.values()), method="inverted_cdf")
    return dict(zip(_QUANTILES, cut.tolist(), strict=True))


def _label_counts(examples: Examples) -> dict[str, float]:
    if examples.label_kind == "number":
        return _quantiles(examples.values("label"))
    if not has_names(examples):
        return {}
    counts = label_counts(examples)
    if is_segmented(examples):
        return {name: counts[name] / counts.total() for name in examples.labels}
    return {name: counts[name] for name in examples.labels}


def _problems(examples: Examples) -> list[str]:
    # Text by itself is for a language model, which keeps white space.
    by_itself = examples.fields.keys().isdisjoint(("text_pair", "target", "label", "image"))
    problems = clean(examples, cleaning=Cleaning(white_space=not by_itself))[2].lines()[1:]
    counts = _label_counts(examples)
    if examples.label_kind == "class":
        rarest, commonest = min(counts, key=counts.get), max(counts, key=counts.get)
        if counts[commonest] > 10 * counts[rarest]:
            problems.append(
                f"classes are unbalanced: {counts[commonest]:,} of {commonest!r}, {counts[rarest]:,} of {rarest!r}"
            )
        if len(counts) == 1:
            problems.append(f"there is one class only, {commonest!r}: nothing to tell apart")
        elif 2 * len(counts) > len(examples):
            problems.append(f"{len(counts):,} classes for {len(examples):,} rows: is the label column the right one?")
    return problems

"""From which source tokens each target token was drawn."""

import dataclasses

import numpy as np

from kformer.tasks.decoding import alignments


@dataclasses.dataclass(frozen=True)
class Alignment:
    """A sentence and its translation, token by token.

    Attributes:
        source: list of str, the source's tokens, the end token last.
        target: list of str, the translation's, the end token last.
        weights: float32 (target, source), cross-attention, the mean over layers and heads; rows sum to 1.
    """

    source: list[str]
    target: list[str]
    weights: np.ndarray


def align(task, texts, translations):
    """The `Alignment` of each sentence and translation.

    Args:
        task: `Translation`.
        texts, translations: sequences of str of one length.

    Raises:
        ValueError: when there are not as many translations as texts.
    """
    if len(texts) != len(translations):
        raise ValueError(
            f"There must be as many translations as texts. Received: {len(texts)} texts and {len(translations)} "
            "translations."
        )
    if not len(texts):
        return []
    processor = task.processor
    source_ids, mask = processor.source_features(list(texts))
    rows = processor.encode_target(list(translations))["token_ids"]
    target_ids = rows.to_tensor(default_value=processor.target.pad_id)
    weights = np.asarray(alignments(task.backbone, source_ids, target_ids[:, :-1], mask))
    source_lengths = np.asarray(mask).sum(axis=1)
    return [
        Alignment(
            [processor.source.pieces[i] for i in source[:length]],
            # The decoder reads all but the last token and predicts all but the first.
            [processor.target.pieces[i] for i in target[1:]],
            weight[: len(target) - 1, :length],
        )
        for source, length, target, weight in zip(
            source_ids.numpy(), source_lengths, rows.to_list(), weights, strict=True
        )
    ]

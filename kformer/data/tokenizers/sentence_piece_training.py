"""Learning a SentencePiece model from texts."""

import io
import re

from kformer.errors import suggest

MODEL_TYPES = ("bpe", "unigram")
_NO_MESSAGES = 4


def train_sentencepiece(
    texts,
    vocab_size=8000,
    model_type="bpe",
    lowercase=False,
    character_coverage=1.0,
    max_lines=2_000_000,
    at_most=False,
):
    """A SentencePiece model learned from texts, for `SentencePieceTokenizer`. The same texts give the same model.

    Args:
        texts: iterable of str, read once; a list with `at_most`.
        vocab_size: int, exactly so many pieces, <pad>, <unk>, <s> and </s> included.
        model_type: "bpe" or "unigram".
        lowercase: bool, fold case; what the model decodes is then lower case.
        character_coverage: float in (0, 1], the share of the texts' characters that become pieces; the rarest rest is
            <unk>. Below 1 (0.9995) for large corpora in Chinese or Japanese.
        max_lines: int, from more lines than this a random choice is taken, so that memory stays bounded.
        at_most: bool, take fewer pieces where the texts do not support so many.

    Returns:
        bytes.

    Raises:
        TypeError: when a text is not a str.
        ValueError: when an argument is not accepted; when there is no text; when `vocab_size` is larger than the texts
            support (the largest possible is told) or smaller than their characters need.
    """
    import sentencepiece

    _check(vocab_size, model_type, character_coverage, max_lines)
    lines, model = _Lines(texts), io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines,
            model_writer=model,
            vocab_size=vocab_size,
            model_type=model_type,
            normalization_rule_name="nmt_nfkc_cf" if lowercase else "nmt_nfkc",
            character_coverage=character_coverage,
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            input_sentence_size=max_lines,
            shuffle_input_sentence=True,
            # Longer lines would be left out in silence.
            max_sentence_length=2**30,
            minloglevel=_NO_MESSAGES,
        )
    except RuntimeError as error:
        if at_most and (largest := _largest(str(error))):
            return train_sentencepiece(texts, largest, model_type, lowercase, character_coverage, max_lines)
        raise (lines.error or _explained(str(error), lines.count, vocab_size) or error) from None
    return model.getvalue()


def _check(vocab_size, model_type, character_coverage, max_lines):
    if vocab_size < 5:
        raise ValueError(f"`vocab_size` must be at least 5. Received: vocab_size={vocab_size!r}.")
    if model_type not in MODEL_TYPES:
        raise ValueError(
            f"`model_type` must be one of {', '.join(MODEL_TYPES)}. Received: model_type={model_type!r}."
            f"{suggest(str(model_type), MODEL_TYPES)}"
        )
    if not 0 < character_coverage <= 1:
        raise ValueError(
            f"`character_coverage` must be above 0 and at most 1. Received: character_coverage={character_coverage!r}."
        )
    if max_lines <= 100:
        raise ValueError(f"`max_lines` must be above 100. Received: max_lines={max_lines!r}.")


class _Lines:
    """The lines of texts one by one; it remembers the error that the library would turn into a message."""

    def __init__(self, texts):
        self.error = None
        self.count = 0
        self._lines = self._read(texts)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self._lines)
        except StopIteration:
            raise
        except Exception as error:
            self.error = error
            raise

    def _read(self, texts):
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(
                    f"A vocabulary is learned from str. Received: {type(text).__name__} as text {self.count}."
                )
            self.count += 1
            yield from (line for line in text.splitlines() if line.strip())


def _largest(message):
    """The largest possible vocabulary, where the library says that it was asked for a larger one; else None."""
    found = re.search(r"too high \(\d+\)\. Please set it to a value <= (\d+)", message)
    return int(found[1]) if found else None


def _explained(message, num_texts, vocab_size):
    """What the library's message means, or None where it is not known."""
    largest = _largest(message)
    least = re.search(r"smaller than required_chars\. \d+ vs (\d+)", message)
    if largest:
        return ValueError(
            f"`vocab_size` {vocab_size} is larger than the {num_texts} texts support: the largest possible is "
            f"{largest}; lower it, or give more text."
        )
    if least:
        return ValueError(
            f"`vocab_size` {vocab_size} is smaller than the least that the texts' characters and the special tokens "
            f"need, {least[1]}: raise it, or lower `character_coverage`."
        )
    if "sentences_.empty()" in message:
        return ValueError(
            f"There is no text to learn a vocabulary from: {num_texts} texts were given, and all are empty."
        )
    return None

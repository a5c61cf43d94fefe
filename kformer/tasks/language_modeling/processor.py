"""From texts to one long line of ids, and from prompts to ids and back."""

import hashlib

import numpy as np


class LanguageModelProcessor:
    """Cleans and tokenises text for a model that reads from left to right; white space stays as it is.

    Args:
        tokenizer: with `encode`, `decode` and `end_id` (`kformer.data.tokenizers`), or None when `load` is to read it.
        max_length: int, ids of a window: what the model sees at a time.
        html: bool, remove HTML tags and resolve entities.
        kind: str, of the tokenizer, for `load`.
        settings: dict, the tokenizer's `get_config()`, for `load`.

    Raises:
        ValueError: when `max_length` leaves no room for a prompt and what follows it.
    """

    def __init__(self, tokenizer=None, max_length=256, html=False, kind="character", settings=None):
        if max_length < 2:
            raise ValueError(f"`max_length` must be at least 2. Received: max_length={max_length}.")
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.html = html
        self.kind = kind if tokenizer is None else tokenizer.kind
        self._settings = settings or {}
        self._lines = {}

    def encode(self, texts):
        """The ids of texts, eagerly or in a graph: an int32 RaggedTensor (batch, length).

        Args:
            texts: (batch,) strings.
        """
        from kformer.data.text_cleaning import clean_text_in_graph

        return self.tokenizer.encode(clean_text_in_graph(texts, self.html, white_space=False))

    def prompts(self, texts):
        """The ids of prompts, on the host: a list of lists of int.

        Args:
            texts: list of str.

        Raises:
            ValueError: when a prompt has no tokens.
        """
        rows = self.encode(texts).to_list() if len(texts) else []
        for text, row in zip(texts, rows, strict=True):
            if not row:
                raise ValueError(
                    f"A prompt needs at least one character of text. Received: {text!r}; write how the text begins."
                )
        return rows

    def decode(self, rows):
        """The texts of rows of ids, on the host: a list of str.

        Args:
            rows: list of lists of int.
        """
        import tensorflow as tf

        texts = self.tokenizer.decode(tf.ragged.constant(rows, dtype="int32", ragged_rank=1))
        return [text.decode("utf-8", errors="replace") for text in texts.numpy()]

    def token_line(self, examples):
        """The ids of all texts one after the other, with an end between them: int32 (tokens,), memory-mapped."""
        from kformer.data.cache import cache_folder
        from kformer.data.windows import open_token_line

        settings = (examples.fingerprint, "line", self.html, self.tokenizer.fingerprint)
        key = hashlib.sha256(repr(settings).encode()).hexdigest()[:32]
        if key not in self._lines:
            self._lines[key] = open_token_line(
                cache_folder(), key, self.encode, examples.values("text"), self.tokenizer.end_id
            )
        return self._lines[key]

    def windows(self, examples, seed=None, count=None):
        """What the model reads at a time: `kformer.data.windows.Windows`.

        Args:
            examples: `kformer.data.Examples`.
            seed, count: see `Windows`.
        """
        from kformer.data.windows import Windows

        return Windows(self.token_line(examples), self.max_length, seed, count)

    def save(self, folder):
        """Writes the tokenizer's files into a folder."""
        self.tokenizer.save(folder)

    def load(self, folder):
        """Reads the tokenizer that `save` wrote."""
        from kformer.data.tokenizers import load_tokenizer

        self.tokenizer = load_tokenizer(self.kind, folder, **self._settings)

    def get_config(self):
        """The constructor's arguments, without the tokenizer."""
        return {
            "max_length": self.max_length,
            "html": self.html,
            "kind": self.kind,
            "settings": self._settings if self.tokenizer is None else self.tokenizer.get_config(),
        }

    @classmethod
    def from_config(cls, config):
        """A processor from what `get_config` returned; `load` is to read its tokenizer."""
        return cls(**config)


class WindowElements:
    """Batches of windows as NumPy arrays (see `kformer.data.batches.Elements`).

    Args:
        windows: `kformer.data.windows.Windows`.
        inputs_only: bool, leave the targets out.
        with_step_targets: bool, put the optimizer step's number of targets among the inputs (see `Task`).
    """

    def __init__(self, windows, inputs_only=False, with_step_targets=False):
        self.windows = windows
        self.inputs_only = inputs_only
        self.with_step_targets = with_step_targets
        self._lengths = windows.lengths

    def count(self, indices):
        """int, the targets of some windows."""
        return int(self._lengths[indices].sum())

    def element(self, indices, width, step_targets, epoch):
        """One batch: (inputs, target ids, weights), or inputs alone; there is no padding."""
        token_ids, targets = self.windows.rows(indices, epoch)
        inputs = {"token_ids": token_ids}
        if self.inputs_only:
            return inputs
        if self.with_step_targets:
            inputs["step_targets"] = np.full(len(indices), step_targets, "float32")
        return inputs, targets, np.ones(targets.shape, "float32")

    def signature(self):
        """The `tf.TensorSpec`s of an element."""
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), "int32")
        inputs = {"token_ids": ids}
        if self.inputs_only:
            return inputs
        if self.with_step_targets:
            inputs["step_targets"] = tf.TensorSpec((None,), "float32")
        return inputs, ids, tf.TensorSpec((None, None), "float32")

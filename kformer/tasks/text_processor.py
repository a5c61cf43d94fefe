"""From raw text to the tensors of a text encoder: the same steps in training, prediction and a SavedModel."""

import hashlib

import numpy as np


class TextProcessor:
    """Cleans and tokenises text, alone or in pairs.

    Args:
        tokenizer: `EncoderTokenizer` (`kformer.data.tokenizers`), or None when `load` is to read it.
        max_length: int, longest row of ids, special ones included.
        pair: bool, every example has two texts.
        html: bool, remove HTML tags and resolve entities.
        kind: str, of the tokenizer, for `load`.
        settings: dict, the tokenizer's `get_config()`, for `load`.

    Raises:
        ValueError: when `max_length` leaves no room for text.
    """

    def __init__(self, tokenizer=None, max_length=128, pair=False, html=False, kind="wordpiece", settings=None):
        from kformer.data.tokenizers import TOKENIZERS

        self.tokenizer = tokenizer
        self.max_length = max_length
        self.pair = pair
        self.html = html
        self.kind = kind if tokenizer is None else tokenizer.kind
        self._settings = settings or {}
        self._caches = {}
        least = TOKENIZERS[self.kind].num_special(pair) + 1 + pair
        if max_length < least:
            raise ValueError(f"`max_length` must be at least {least}. Received: max_length={max_length}.")

    @property
    def vocabulary(self):
        """The tokenizer's vocabulary, a list of str."""
        return self.tokenizer.vocabulary

    def encode(self, texts, pairs=None):
        """The tokenizer's `encode_framed` of cleaned strings, eagerly or in a graph.

        Args:
            texts, pairs: (batch,) strings.
        """
        from kformer.data.text_cleaning import clean_text_in_graph

        texts = clean_text_in_graph(texts, self.html)
        pairs = None if pairs is None else clean_text_in_graph(pairs, self.html)
        return self.tokenizer.encode_framed(texts, pairs, self.max_length)

    def features(self, texts, pairs=None):
        """The backbone's inputs for strings, in a graph: the front of a SavedModel.

        Args:
            texts, pairs: (batch,) strings.

        Returns:
            dict of `token_ids` (batch, length) int32, `padding_mask` bool and, for pairs where the model has segments,
            `segment_ids` int32.
        """
        import tensorflow as tf

        encoded = self.encode(texts, pairs)
        token_ids = encoded["token_ids"].to_tensor()
        positions = tf.range(tf.shape(token_ids)[1])
        lengths = tf.cast(encoded["token_ids"].row_lengths(), "int32")
        features = {"token_ids": token_ids, "padding_mask": positions < tf.expand_dims(lengths, 1)}
        if pairs is not None and self.tokenizer.has_segments:
            in_second = positions >= tf.expand_dims(encoded["first_length"], 1)
            features["segment_ids"] = tf.cast(in_second & features["padding_mask"], "int32")
        return features

    def token_cache(self, examples):
        """The ids of all examples, tokenised once and kept on disk (`kformer.data.token_cache.TokenCache`)."""
        from kformer.data.cache import cache_folder
        from kformer.data.token_cache import open_token_cache

        if self.pair != ("text_pair" in examples.fields):
            raise ValueError(
                f"The task reads {'pairs of texts' if self.pair else 'single texts'}, but {examples.source} has "
                f"{'no column' if self.pair else 'a column'} for the second text: give or drop `text_pair`."
            )
        key = hashlib.sha256(f"{examples.fingerprint} {self.fingerprint}".encode()).hexdigest()[:32]
        if key not in self._caches:
            roles = ("text", "text_pair") if self.pair else ("text",)
            columns = [examples.values(role) for role in roles]
            self._caches[key] = open_token_cache(
                cache_folder(),
                key,
                self.encode,
                num_examples=len(examples),
                texts=lambda start, stop: [column[start:stop] for column in columns],
            )
        return self._caches[key]

    def lengths(self, examples):
        """int64 (n,), ids per example."""
        return self.token_cache(examples).lengths

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        settings = (self.max_length, self.pair, self.html, self.tokenizer.fingerprint)
        return hashlib.sha256(repr(settings).encode()).hexdigest()

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
            "pair": self.pair,
            "html": self.html,
            "kind": self.kind,
            "settings": self._settings if self.tokenizer is None else self.tokenizer.get_config(),
        }

    @classmethod
    def from_config(cls, config):
        """A processor whose tokenizer `load` is to read.

        Args:
            config: what `get_config` returned. The first runs say `lowercase` instead of `kind` and `settings`: they
                had WordPiece alone.
        """
        config = dict(config)
        if "lowercase" in config:
            config["settings"] = {"lowercase": config.pop("lowercase")}
        return cls(**config)


class TextElements:
    """Batches of text as NumPy arrays, from the token cache.

    Args:
        processor: `TextProcessor`.
        examples: `kformer.data.Examples`.
        targets: array (n, ...), or None for inputs alone.
        weights: float32 (n,), or None for 1 each.
        with_step_targets: bool, put the optimizer step's number of targets among the inputs (see `Task`).
    """

    def __init__(self, processor, examples, targets=None, weights=None, with_step_targets=False):
        self.cache = processor.token_cache(examples)
        self.with_segments = processor.pair and processor.tokenizer.has_segments
        self.targets = targets
        self.weights = np.ones(len(examples), "float32") if weights is None else weights
        self.with_step_targets = with_step_targets

    def element(self, indices, width, step_targets, epoch=0):
        """One batch: (inputs, targets, weights), or inputs alone.

        Args:
            indices: (batch,) ints.
            width: int, padded length.
            step_targets: float, the optimizer step's targets per batch.
            epoch: int; the same text in each.
        """
        token_ids, mask = self.cache.rows(indices, width)
        inputs = {"token_ids": token_ids, "padding_mask": mask}
        if self.with_segments:
            second = np.arange(width) >= self.cache.first_lengths[indices][:, None]
            inputs["segment_ids"] = (second & mask).astype("int32")
        if self.with_step_targets:
            inputs["step_targets"] = np.full(len(indices), step_targets, "float32")
        return inputs if self.targets is None else (inputs, self.targets[indices], self.weights[indices])

    def count(self, indices):
        """int, the real targets of these examples: those whose weight is not 0."""
        return np.count_nonzero(self.weights[indices])

    def signature(self):
        """The `tf.TensorSpec`s of an element."""
        import tensorflow as tf

        inputs = {
            "token_ids": tf.TensorSpec((None, None), "int32"),
            "padding_mask": tf.TensorSpec((None, None), "bool"),
        }
        if self.with_segments:
            inputs["segment_ids"] = tf.TensorSpec((None, None), "int32")
        if self.with_step_targets:
            inputs["step_targets"] = tf.TensorSpec((None,), "float32")
        if self.targets is None:
            return inputs
        targets = tf.TensorSpec((None, *self.targets.shape[1:]), self.targets.dtype)
        return inputs, targets, tf.TensorSpec((None,), "float32")

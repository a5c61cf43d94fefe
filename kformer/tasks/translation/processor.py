"""From sentences to the ids of an encoder-decoder, and back."""

import hashlib
from pathlib import Path

import numpy as np

SIDES = ("source", "target")


class TranslationProcessor:
    """Cleans and tokenises both sides: the source ends with the end token, the target begins and ends with one.

    Args:
        source, target: tokenizers (`kformer.data.tokenizers`) with `encode`, `decode` and the ids of padding, start
            and end; the same object where the languages share a vocabulary. None when `load` is to read them.
        max_length: int, longest side in ids, start and end included; longer text is cut.
        html: bool, remove HTML tags and resolve entities.
        kind: str, of the tokenizers, for `load`.
        is_joint: bool, whether both sides share one vocabulary, for `load`.
    """

    def __init__(self, source=None, target=None, max_length=128, html=False, kind=None, is_joint=None):
        if max_length < 3:
            raise ValueError(f"`max_length` must be at least 3. Received: max_length={max_length}.")
        self.source = source
        self.target = target
        self.max_length = max_length
        self.html = html
        self.kind = kind if source is None else source.kind
        self.is_joint = is_joint if source is None else source is target
        self._caches = {}

    def encode_source(self, texts):
        """The ids of source texts, each row closed by the end token, eagerly or in a graph.

        Args:
            texts: (batch,) strings.

        Returns:
            dict of `token_ids`, an int32 RaggedTensor (batch, length), its `first_length` (batch,), and `length`
            (batch,), what the rows would be long uncut: what `kformer.data.token_cache` keeps.
        """
        return self._framed(self.source, texts, starts=False)

    def encode_target(self, texts):
        """Likewise of target texts, each row between start and end token."""
        return self._framed(self.target, texts, starts=True)

    def _framed(self, tokenizer, texts, starts):
        import tensorflow as tf

        from kformer.data.text_cleaning import clean_text_in_graph

        ids = tokenizer.encode(clean_text_in_graph(texts, self.html))
        ids = ids[:, :-1] if tokenizer.appends_end else ids
        frame = 1 + starts
        column = {i: tf.fill((ids.nrows(), 1), tf.constant(i, "int32")) for i in (tokenizer.start_id, tokenizer.end_id)}
        start = [column[tokenizer.start_id]] if starts else []
        rows = tf.concat([*start, ids[:, : self.max_length - frame], column[tokenizer.end_id]], axis=1)
        return {"token_ids": rows, "first_length": rows.row_lengths(), "length": ids.row_lengths() + frame}

    def source_features(self, texts):
        """The encoder's inputs for strings, in a graph: the front of a SavedModel.

        Args:
            texts: (batch,) strings.

        Returns:
            (source_ids (batch, length) int32, padding_mask (batch, length) bool).
        """
        import tensorflow as tf

        rows = self.encode_source(texts)["token_ids"]
        source_ids = rows.to_tensor(default_value=self.source.pad_id)
        return source_ids, tf.sequence_mask(rows.row_lengths(), tf.shape(source_ids)[1])

    def token_caches(self, examples):
        """The ids of both sides of all examples, tokenised once and kept on disk: two `TokenCache`s.

        Without a role "target" the second is None.
        """
        roles = (("text", self.encode_source, self.source), ("target", self.encode_target, self.target))
        return tuple(
            self._token_cache(examples, role, encode, tokenizer) if role in examples.fields else None
            for role, encode, tokenizer in roles
        )

    def _token_cache(self, examples, role, encode, tokenizer):
        from kformer.data.cache import cache_folder
        from kformer.data.token_cache import open_token_cache

        settings = (examples.fingerprint, role, self.max_length, self.html, tokenizer.fingerprint)
        key = hashlib.sha256(repr(settings).encode()).hexdigest()[:32]
        if key not in self._caches:
            column = examples.values(role)
            self._caches[key] = open_token_cache(
                cache_folder(), key, encode, len(column), lambda start, stop: [column[start:stop]]
            )
        return self._caches[key]

    def lengths(self, examples):
        """int64 (n, 2), ids of source and target as the model reads them; (n,) without targets."""
        source, target = self.token_caches(examples)
        # The decoder reads all but the last target and predicts all but the first.
        return source.lengths if target is None else np.stack([source.lengths, target.lengths - 1], axis=1)

    def decode(self, ids):
        """The texts of target ids (batch, length), in a graph: (batch,) strings."""
        return self.target.decode(ids)

    def save(self, folder):
        """Writes the tokenizers into a folder."""
        self.source.save(Path(folder) / SIDES[0])
        if not self.is_joint:
            self.target.save(Path(folder) / SIDES[1])

    def load(self, folder):
        """Reads the tokenizers that `save` wrote."""
        from kformer.data.tokenizers import load_tokenizer

        self.source = load_tokenizer(self.kind, Path(folder) / SIDES[0])
        self.target = self.source if self.is_joint else load_tokenizer(self.kind, Path(folder) / SIDES[1])

    def get_config(self):
        """The constructor's arguments, without the tokenizers."""
        return {"max_length": self.max_length, "html": self.html, "kind": self.kind, "is_joint": self.is_joint}

    @classmethod
    def from_config(cls, config):
        """A processor from what `get_config` returned; `load` is to read its tokenizers."""
        return cls(**config)

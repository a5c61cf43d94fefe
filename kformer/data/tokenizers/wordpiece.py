"""WordPiece in the graph: text to ids, the same operations in training, in prediction and in a SavedModel."""

import hashlib

PAD, UNKNOWN, START, END, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class WordPieceTokenizer:
    """Text to WordPiece ids through `tensorflow_text.FastBertTokenizer`, framed by [CLS] and [SEP].

    The tokenizer's operations are built in the constructor: built inside `Dataset.map` they would leak a graph tensor
    when the model is exported. Papers: Schuster and Nakajima, ICASSP 2012; Song et al., arXiv 2012.15524.

    Args:
        vocabulary: list of str in the order of their ids; it holds [PAD], [UNK], [CLS] and [SEP].
        lowercase: bool, lower case and strip accents, as uncased BERT does.

    Raises:
        ValueError: when a special token is not in the vocabulary, or a token stands there twice.
    """

    def __init__(self, vocabulary, lowercase=True):
        self.vocabulary = list(vocabulary)
        self.lowercase = lowercase
        ids = {token: i for i, token in enumerate(self.vocabulary)}
        missing = [token for token in (PAD, UNKNOWN, START, END) if token not in ids]
        if missing:
            raise ValueError(f"The vocabulary of {len(ids)} tokens lacks {', '.join(missing)}: it is not WordPiece's.")
        if len(ids) != len(self.vocabulary):
            twice = next(token for i, token in enumerate(self.vocabulary) if ids[token] != i)
            raise ValueError(f"The vocabulary holds the token {twice!r} twice.")
        self.pad_id, self.start_id, self.end_id = ids[PAD], ids[START], ids[END]
        self._pieces = _build(self.vocabulary, lowercase)

    def encode(self, texts, pairs=None, max_length=128):
        """Ids with [CLS] and [SEP], cut to `max_length` by shortening the longer text first.

        Args:
            texts: (batch,) strings.
            pairs: (batch,) strings, the second text of each, or None.
            max_length: int, longest row of ids.

        Returns:
            dict of `token_ids`, an int32 RaggedTensor (batch, length); `first_length` (batch,) int32, the number of
            ids up to and with the first [SEP], where segment 1 begins; `length` (batch,) int32, what the row would
            be long uncut.
        """
        import tensorflow as tf

        first = self._pieces.tokenize(texts)
        if pairs is None:
            length = first.row_lengths() + 2
            ids = self._frame([first[:, : max_length - 2]])
            return {
                "token_ids": ids,
                "first_length": tf.cast(ids.row_lengths(), "int32"),
                "length": tf.cast(length, "int32"),
            }
        second = self._pieces.tokenize(pairs)
        lengths = first.row_lengths(), second.row_lengths()
        kept = _shorten(*lengths, max_length - 3)
        first, second = (_cut(ids, length) for ids, length in zip((first, second), kept, strict=True))
        return {
            "token_ids": self._frame([first, second]),
            "first_length": tf.cast(kept[0] + 2, "int32"),
            "length": tf.cast(lengths[0] + lengths[1] + 3, "int32"),
        }

    def tokens(self, text):
        """The pieces of one text, without [CLS] and [SEP]: a list of str."""
        return [self.vocabulary[i] for i in self._pieces.tokenize([text])[0].numpy()]

    def _frame(self, parts):
        """[CLS] part [SEP] (part [SEP]) for each row."""
        import tensorflow as tf

        rows = parts[0].nrows()
        column = {i: tf.fill((rows, 1), tf.constant(i, "int32")) for i in (self.start_id, self.end_id)}
        framed = [column[self.start_id]]
        for part in parts:
            framed += [part, column[self.end_id]]
        return tf.concat(framed, axis=1)

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        content = "\n".join([str(self.lowercase), *self.vocabulary])
        return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _build(vocabulary, lowercase):
    import tensorflow as tf
    import tensorflow_text as tf_text

    # Eagerly, even when a graph is being traced around the caller.
    with tf.init_scope():
        return tf_text.FastBertTokenizer(
            vocab=vocabulary,
            token_out_type=tf.int32,
            lower_case_nfd_strip_accents=lowercase,
            support_detokenization=False,
        )


def _shorten(first, second, budget):
    """How much of each text is kept when the longer one loses tokens until both fit (HF's "longest_first").

    The shorter text keeps at most half of the budget, rounded down, and the longer one the rest; of equal texts the
    second counts as the longer, as in Rust's `tokenizers`.
    """
    import tensorflow as tf

    budget = tf.cast(budget, first.dtype)
    keep_shorter = tf.minimum(tf.minimum(first, second), budget // 2)
    keep_longer = tf.minimum(tf.maximum(first, second), budget - keep_shorter)
    first_is_longer = first > second
    return (
        tf.where(first_is_longer, keep_longer, keep_shorter),
        tf.where(first_is_longer, keep_shorter, keep_longer),
    )


def _cut(ragged, lengths):
    """Each row of a RaggedTensor cut to its own length."""
    import tensorflow as tf

    positions = tf.ragged.range(ragged.row_lengths())
    keep = positions.flat_values < tf.gather(tf.cast(lengths, positions.dtype), positions.value_rowids())
    return tf.ragged.boolean_mask(ragged, positions.with_flat_values(keep))


def train_wordpiece(texts, vocab_size=8000, lowercase=True):
    """A WordPiece vocabulary learned from texts, for a model from scratch.

    Args:
        texts: iterable of str.
        vocab_size: int, at most so many tokens.
        lowercase: bool.

    Returns:
        list of str, the special tokens first.
    """
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(lowercase=lowercase)
    tokenizer.train_from_iterator(
        texts, vocab_size=vocab_size, min_frequency=2, special_tokens=list(SPECIAL_TOKENS), show_progress=False
    )
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.get)

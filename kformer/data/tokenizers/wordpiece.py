"""WordPiece in the graph: text to ids, the same operations in training, in prediction and in a SavedModel."""

import hashlib
from pathlib import Path

from kformer.data.tokenizers.framing import EncoderTokenizer

VOCABULARY_FILE = "vocab.txt"
PAD, UNKNOWN, START, END, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class WordPieceTokenizer(EncoderTokenizer):
    """Text to WordPiece ids through `tensorflow_text.FastBertTokenizer`.

    The tokenizer's operations are built in the constructor: built inside `Dataset.map` they would leak a graph tensor
    when the model is exported. Papers: Schuster and Nakajima, ICASSP 2012; Song et al., arXiv 2012.15524.

    Args:
        vocabulary: list of str in the order of their ids; it holds [PAD], [UNK], [CLS] and [SEP].
        lowercase: bool, lower case and strip accents, as uncased BERT does.

    Attributes:
        pad_id, unk_id, start_id, end_id: int.
        mask_id: int, or None where the vocabulary has no [MASK].

    Raises:
        ValueError: when a special token is not in the vocabulary, or a token stands there twice.
    """

    kind = "wordpiece"

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
        self.pad_id, self.unk_id, self.start_id, self.end_id = (ids[token] for token in (PAD, UNKNOWN, START, END))
        self.mask_id = ids.get(MASK)
        self._pieces = _build(self.vocabulary, lowercase)

    def encode(self, texts):
        """The ids of texts, without [CLS] and [SEP], eagerly or in a graph.

        Args:
            texts: (batch,) strings.

        Returns:
            int32 RaggedTensor (batch, length).
        """
        return self._pieces.tokenize(texts)

    def tokens(self, text):
        """The pieces of one text, without [CLS] and [SEP]: a list of str."""
        return [self.vocabulary[i] for i in self._pieces.tokenize([text])[0].numpy()]

    @property
    def vocab_size(self):
        """int, the number of ids."""
        return len(self.vocabulary)

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        content = "\n".join([str(self.lowercase), *self.vocabulary])
        return hashlib.sha256(content.encode("utf-8")).hexdigest()

    def save(self, folder):
        """Writes vocab.txt, as `transformers` reads it, into a folder, which is made if it is not there."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        text = "".join(f"{token}\n" for token in self.vocabulary)
        (Path(folder) / VOCABULARY_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder, lowercase=True):
        """The tokenizer that `save` wrote."""
        text = (Path(folder) / VOCABULARY_FILE).read_text(encoding="utf-8")
        return cls(text.split("\n")[:-1], lowercase)

    def get_config(self):
        """What `load` needs besides the file."""
        return {"lowercase": self.lowercase}


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

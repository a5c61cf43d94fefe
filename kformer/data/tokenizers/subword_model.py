"""A SentencePiece model in the graph and on the host: what the tokenizers over it share."""

import hashlib
import threading

# Seeding and sampling are two calls, and the seed is the process' own.
_SAMPLING = threading.Lock()


class SubwordModel:
    """A trained SentencePiece model (Kudo and Richardson, arXiv 1808.06226).

    `tensorflow_text.SentencepieceTokenizer` is not used itself: its resource belongs to an eager kernel and dies with
    it, when `tf.random.set_seed` or `keras.utils.set_random_seed` empties the kernels' cache (seen in 2.21). Its
    operations are; here the graph that tokenises makes the resource, shared by name, so that it outlives its kernel
    and lies in a SavedModel with nothing to track. (`FastSentencepieceTokenizer` takes BPE for unigram, seen.)

    Args:
        model: bytes, the content of a `.model` or `.spm` file.

    Attributes:
        processor: `sentencepiece.SentencePieceProcessor`, on the host.
        pieces: list of str in the order of their ids.
        fingerprint: str, a hash of the model.

    Raises:
        ValueError: when the bytes are not a SentencePiece model.
    """

    def __init__(self, model):
        import sentencepiece

        self.model = bytes(model)
        proto = _parse(self.model)
        self.pieces = [piece.piece for piece in proto.pieces]
        self._is_bpe = proto.trainer_spec.model_type == proto.trainer_spec.BPE
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=self.model)
        self.fingerprint = hashlib.sha256(self.model).hexdigest()

    def encode(self, texts, as_strings=False):
        """The pieces of texts, eagerly or in a graph.

        Args:
            texts: (batch,) strings.
            as_strings: bool, the pieces as written rather than their ids.

        Returns:
            RaggedTensor (batch, pieces), int32 or string.
        """
        import tensorflow as tf

        values, splits = _operations().sentencepiece_tokenize_op(
            self._resource(),
            tf.convert_to_tensor(texts, "string"),
            nbest_size=0,
            alpha=1.0,
            add_bos=False,
            add_eos=False,
            reverse=False,
            out_type=tf.string if as_strings else tf.int32,
        )
        return tf.RaggedTensor.from_row_splits(values, splits, validate=False)

    def decode(self, ids):
        """The texts of ids, eagerly or in a graph.

        Args:
            ids: int32 RaggedTensor (batch, pieces).

        Returns:
            (batch,) strings.
        """
        return _operations().sentencepiece_detokenize_op(
            self._resource(), ids.values, ids.row_splits, add_bos=False, add_eos=False, reverse=False
        )

    def sample(self, text, dropout, seed, as_strings=False):
        """The pieces of one text, cut at random; see `SentencePieceTokenizer.encode_sampled`.

        Args:
            text: str.
            dropout: float in [0, 1].
            seed: int.
            as_strings: bool, the pieces as written rather than their ids.

        Returns:
            list of int, or of str.

        Raises:
            ValueError: when `dropout` is not a probability.
        """
        import sentencepiece

        if not 0 <= dropout <= 1:
            raise ValueError(f"`dropout` must be between 0 and 1. Received: dropout={dropout!r}.")
        kind = str if as_strings else int
        if dropout == 0:
            return self.processor.encode(text, out_type=kind)
        alpha = dropout if self._is_bpe else 1 / dropout - 1
        with _SAMPLING:
            sentencepiece.set_random_generator_seed(int(seed) % 2**32)
            return self.processor.encode(text, out_type=kind, enable_sampling=True, alpha=alpha, nbest_size=-1)

    def _resource(self):
        return _operations().sentencepiece_op(model=self.model, shared_name=f"kformer_{self.fingerprint}")


def _parse(model):
    """The message that a model's bytes are."""
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    try:
        proto.ParseFromString(model)
    except DecodeError:
        proto.Clear()
    if not proto.pieces:
        raise ValueError(
            f"{len(model)} bytes were given as a SentencePiece model, which they are not: give the content of a .model "
            "or .spm file, or train one with `train_sentencepiece`."
        )
    return proto


def _operations():
    from tensorflow_text.python.ops import sentencepiece_tokenizer

    return sentencepiece_tokenizer.gen_sentencepiece_tokenizer

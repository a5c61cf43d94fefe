"""The encoder-decoder Transformer: the article's `TransformerModel`, corrected."""

import keras
import numpy as np
from keras import ops

from kformer.layers import (
    Dropout,
    PositionEmbedding,
    SinusoidalPositionEmbedding,
    TokenEmbedding,
    TransformerStack,
)
from kformer.layers.initializers import kernel_initializer_of

PADDING_ID = 0
TIES = ("none", "output", "all")


@keras.saving.register_keras_serializable("kformer")
class TransformerModel(keras.Model):
    """The Transformer of "Attention Is All You Need": an encoder, a decoder, and logits of the next target token.

    Padding (id 0) is masked in every attention, and counts neither in the loss nor in the metrics, Keras' own
    included. Targets without a start token are refused: by `call` outside a graph, and by `fit` and `evaluate`, which
    look at the first batch for it (not at a generator's, which would lose it). `docs/corrections.md` sets the model
    beside the article's code, whose argument names it keeps: `rate` and `pos_embedding_dim` are called `dropout` and so
    on elsewhere in kformer.

    Paper: Vaswani et al., arXiv 1706.03762.

    Args:
        num_layers: int, blocks of the encoder, and of the decoder unless `num_decoder_layers` says otherwise.
        d_model, num_heads, d_ff: ints, the paper's sizes.
        input_vocab_size, target_vocab_size: ints, numbers of ids, padding included.
        pos_embedding_dim: None for the paper's sinusoidal positions; int for a learned table of that width, projected
            to `d_model`.
        rate: float, dropout on embeddings and on every sublayer's output.
        num_decoder_layers: int or None.
        attention_rate: float, dropout on the attention weights; the paper's model has none.
        tie_embeddings: str, "none"; "output", the target embedding is also the output layer; "all", one table is
            source and target embedding and output layer, as in the paper (section 3.4).
        activation: str, of the feed-forward networks.
        norm_first: bool, pre-norm.
        norm_epsilon: float, of the layer normalisations.
        max_length: int, number of positions.

    Call arguments:
        inputs: dict of `source_ids` (batch, source_length) and `target_ids` (batch, target_length), int32, or the two
            as a tuple. `target_ids` begin with a start token; position t predicts the target at t + 1. Optionally
            `source_padding_mask` (batch, source_length), True at real positions; `source_ids != 0` when absent.

    Returns:
        Logits (batch, target_length, target_vocab_size), float32.

    Example:

    ```python
    model = kformer.TransformerModel(
        num_layers=2, d_model=64, num_heads=4, d_ff=128, input_vocab_size=1000, target_vocab_size=500)
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(dataset)  # of ({"source_ids": ..., "target_ids": ids[:, :-1]}, ids[:, 1:])
    ```
    """

    padding_id = PADDING_ID
    starts_with_padding = False

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        d_ff,
        input_vocab_size,
        target_vocab_size,
        pos_embedding_dim=None,
        rate=0.1,
        *,
        num_decoder_layers=None,
        attention_rate=0.0,
        tie_embeddings="none",
        activation="relu",
        norm_first=False,
        norm_epsilon=1e-6,
        max_length=512,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check(tie_embeddings, input_vocab_size, target_vocab_size)
        self.num_layers = num_layers
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.input_vocab_size = input_vocab_size
        self.target_vocab_size = target_vocab_size
        self.pos_embedding_dim = pos_embedding_dim
        self.rate = rate
        self.num_decoder_layers = num_layers if num_decoder_layers is None else num_decoder_layers
        self.attention_rate = attention_rate
        self.tie_embeddings = tie_embeddings
        self.activation = activation
        self.norm_first = norm_first
        self.norm_epsilon = norm_epsilon
        self.max_length = max_length

        dtype = self.dtype_policy
        self.source_embedding = self._make_embedding(input_vocab_size, "source_embedding")
        self.target_embedding = (
            self.source_embedding
            if tie_embeddings == "all"
            else self._make_embedding(target_vocab_size, "target_embedding")
        )
        self._make_positions(dtype)
        self.source_dropout = Dropout(rate, dtype=dtype, name="source_dropout")
        self.target_dropout = Dropout(rate, dtype=dtype, name="target_dropout")
        self.encoder = self._stack(num_layers, "encoder")
        self.decoder = self._stack(self.num_decoder_layers, "decoder", cross_attention=True)
        self.output_projection = (
            keras.layers.Dense(
                target_vocab_size,
                kernel_initializer=kernel_initializer_of("glorot_uniform"),
                dtype=dtype,
                name="output_projection",
            )
            if tie_embeddings == "none"
            else None
        )
        self.build()

    def _make_embedding(self, vocab_size, name):
        """The vectors of ids, times sqrt(d_model) as in the paper."""
        return TokenEmbedding(vocab_size, self.d_model, scale=True, dtype=self.dtype_policy, name=name)

    def _make_positions(self, dtype):
        """The vectors of positions, the same for source and target: fixed, or learned and then projected."""
        self.position_projection = None
        if self.pos_embedding_dim is None:
            self.position_embedding = SinusoidalPositionEmbedding(
                self.max_length, self.d_model, dtype=dtype, name="position_embedding"
            )
            return
        self.position_embedding = PositionEmbedding(
            self.max_length, self.pos_embedding_dim, dtype=dtype, name="position_embedding"
        )
        self.position_projection = keras.layers.Dense(self.d_model, dtype=dtype, name="position_projection")

    def _stack(self, num_layers, name, cross_attention=False):
        return TransformerStack(
            num_layers,
            self.num_heads,
            self.d_model,
            self.d_ff,
            self.rate,
            self.attention_rate,
            self.activation,
            self.norm_first,
            self.norm_epsilon,
            cross_attention,
            kernel_initializer="glorot_uniform",
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, input_shape=None):
        if self.built:
            return
        shape = (None, None, self.d_model)
        self.source_embedding.build()
        if self.target_embedding is not self.source_embedding:
            self.target_embedding.build()
        self.position_embedding.build()
        if self.position_projection is not None:
            self.position_projection.build((None, None, self.pos_embedding_dim))
        for layer in (self.source_dropout, self.target_dropout, self.encoder, self.decoder):
            layer.build(shape)
        if self.output_projection is not None:
            self.output_projection.build(shape)
        self.built = True

    def call(self, inputs, training=False):
        inputs = as_dict(inputs)
        self._check_start(inputs)
        mask = source_mask(inputs, self.padding_id)
        encoded = self.encode(inputs["source_ids"], mask, training=training)["sequence_output"]
        outputs = self.decode(inputs["target_ids"], encoded, mask, training=training)
        return self.logits(outputs["sequence_output"])

    def encode(self, source_ids, padding_mask, training=False, **on_request):
        """The encoder's outputs for source ids, as `TransformerStack` gives them.

        Args:
            source_ids: (batch, source_length) int32.
            padding_mask: (batch, source_length), True at real positions.
            **on_request: `return_hidden_states`, `return_attention_scores`.
        """
        x = self.source_embedding(source_ids) + self._position_vectors(source_ids)
        x = self.source_dropout(x, training=training)
        return self.encoder(x, padding_mask=padding_mask, training=training, **on_request)

    def decode(self, target_ids, encoded, source_padding_mask, positions=None, training=False, **stack_arguments):
        """The decoder's outputs for target ids, as `TransformerStack` gives them; each position sees earlier ones.

        Args:
            target_ids: (batch, target_length) int32.
            encoded: (batch, source_length, d_model), the encoder's sequence output; None with `context_keys_values`.
            source_padding_mask: (batch, source_length), True at real positions.
            positions: see `PositionEmbedding`.
            **stack_arguments: `caches`, `cache_index`, `attention_mask`, `context_keys_values`,
                `return_attention_scores` and the like, of `TransformerStack`.
        """
        x = self.target_embedding(target_ids) + self._position_vectors(target_ids, positions)
        x = self.target_dropout(x, training=training)
        return self.decoder(
            x,
            use_causal_mask=True,
            context=encoded,
            context_padding_mask=source_padding_mask,
            training=training,
            **stack_arguments,
        )

    def logits(self, x):
        """Logits (batch, length, target_vocab_size) of the decoder's sequence output, float32."""
        x = self.target_embedding.logits(x) if self.output_projection is None else self.output_projection(x)
        return ops.cast(x, "float32")

    def _position_vectors(self, token_ids, positions=None):
        vectors = self.position_embedding(token_ids, positions=positions)
        return vectors if self.position_projection is None else self.position_projection(vectors)

    def fit(self, x=None, *args, **kwargs):
        self._check_first_batch(x)
        validation_data = kwargs.get("validation_data")
        self._check_first_batch(validation_data[0] if isinstance(validation_data, tuple) else validation_data)
        return super().fit(x, *args, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        # `fit`, which has looked at its validation data, calls this after each epoch with an argument of its own.
        if not kwargs.get("_use_cached_eval_dataset"):
            self._check_first_batch(x)
        return super().evaluate(x, *args, **kwargs)

    def _check_first_batch(self, x):
        """Refuses arrays, or a data set whose first batch has targets, without a start token."""
        if not isinstance(x, (dict, tuple, list)):
            # What is itself an iterator would lose the batch.
            batch = None if x is None or hasattr(x, "__next__") else next(iter(x), None)
            x = None if batch is None else keras.utils.unpack_x_y_sample_weight(batch)[0]
        if x is not None:
            self._check_start(as_dict(x))

    def _check_start(self, inputs):
        """Refuses targets that begin with padding, where their values are known."""
        target_ids = values_of(inputs["target_ids"])
        if target_ids is None or self.starts_with_padding:
            return
        rows = np.flatnonzero(target_ids[:, :1] == self.padding_id)
        if len(rows):
            raise ValueError(
                "`target_ids` must begin with a start token in every row, but row "
                f"{rows[0]} begins with {self.padding_id}, which is padding: put the id of a start token before the "
                f"first target. Received: target_ids[{rows[0]}] = {target_ids[rows[0]][:8].tolist()}."
            )

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        mask_padding(y, y_pred, self.padding_id)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        mask_padding(y, y_pred, self.padding_id)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def export(self, filepath, input_signature=None, verbose=False, **kwargs):
        """Writes a SavedModel (or another `format`) that takes the dict of ids, of any size.

        Args:
            filepath: folder to write.
            input_signature: as `keras.Model.export` takes it; the dict of `source_ids` and `target_ids` when None.
            verbose: bool, list what was written.
            **kwargs: further arguments of `keras.Model.export`.
        """
        if input_signature is None:
            ids = {
                name: keras.InputSpec(shape=(None, None), dtype="int32", name=name)
                for name in ("source_ids", "target_ids")
            }
            input_signature = [ids]
        super().export(filepath, input_signature=input_signature, verbose=verbose, **kwargs)

    def stages(self):
        """The layers from input to output, in groups: what layer-wise learning rates and freezing count by."""
        embeddings = [self.source_embedding, self.position_embedding, self.position_projection]
        if self.target_embedding is not self.source_embedding:
            embeddings.append(self.target_embedding)
        top = [] if self.output_projection is None else [[self.output_projection]]
        blocks = [[block] for stack in (self.encoder, self.decoder) for block in stack.blocks]
        norms = [norm for norm in (self.encoder.final_norm, self.decoder.final_norm) if norm is not None]
        return [[layer for layer in embeddings if layer is not None], *blocks, *([norms] if norms else []), *top]

    @staticmethod
    def flops_per_token(num_layers, d_model, d_ff, length, target_vocab_size, num_decoder_layers=None, **sizes):
        """Floating-point operations of one forward pass for one source and one target token, of sentences as long.

        Args:
            num_layers, d_model, d_ff, target_vocab_size, num_decoder_layers, **sizes: the model's arguments.
            length: int, tokens of the source, and of the target.
        """
        projections, feed_forward, attention = 8 * d_model * d_model, 4 * d_model * d_ff, 4 * length * d_model
        encoder = projections + attention + feed_forward
        # On average a target position sees half of the others, and all of the source.
        decoder = 2 * projections + 1.5 * attention + feed_forward
        layers = num_layers * encoder + (num_decoder_layers or num_layers) * decoder
        return layers + 2 * d_model * target_vocab_size

    @staticmethod
    def count_parameters(
        num_layers, d_model, d_ff, input_vocab_size, target_vocab_size, num_decoder_layers=None, tie_embeddings="none",
        norm_first=False, **sizes,
    ):  # fmt: skip
        """The number of trainable parameters that these sizes give with sinusoidal positions, without building."""
        attention = 4 * (d_model * d_model + d_model)
        feed_forward = 2 * d_model * d_ff + d_ff + d_model
        norm = 2 * d_model
        encoder = num_layers * (attention + feed_forward + 2 * norm)
        decoder = (num_decoder_layers or num_layers) * (2 * attention + feed_forward + 3 * norm)
        tables = {
            "all": target_vocab_size * d_model,
            "output": (input_vocab_size + target_vocab_size) * d_model,
            "none": (input_vocab_size + 2 * target_vocab_size) * d_model + target_vocab_size,
        }
        return tables[tie_embeddings] + encoder + decoder + 2 * norm * norm_first

    def get_config(self):
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "input_vocab_size": self.input_vocab_size,
            "target_vocab_size": self.target_vocab_size,
            "pos_embedding_dim": self.pos_embedding_dim,
            "rate": self.rate,
            "num_decoder_layers": self.num_decoder_layers,
            "attention_rate": self.attention_rate,
            "tie_embeddings": self.tie_embeddings,
            "activation": self.activation,
            "norm_first": self.norm_first,
            "norm_epsilon": self.norm_epsilon,
            "max_length": self.max_length,
        }


def as_dict(inputs):
    """A pair (source_ids, target_ids) as the dict that it stands for."""
    return inputs if isinstance(inputs, dict) else dict(zip(("source_ids", "target_ids"), inputs, strict=True))


def values_of(tensor):
    """The values as an array, or None while a graph is traced and there are none."""
    try:
        return np.asarray(tensor)
    # What the symbolic tensors of TensorFlow, JAX and Keras raise.
    except (NotImplementedError, TypeError, ValueError):
        return None


def source_mask(inputs, padding_id=PADDING_ID):
    """(batch, source_length), True at the real positions of the source."""
    mask = inputs.get("source_padding_mask")
    return ops.not_equal(inputs["source_ids"], padding_id) if mask is None else mask


def mask_padding(y, y_pred, padding_id=PADDING_ID):
    """Has Keras' own losses and metrics leave out the targets that are padding.

    They honour a mask on the outputs; that it comes from the targets needs this, since `call` does not see them.
    """
    if y is not None and y_pred is not None:
        # No public name sets a mask outside of a layer's call.
        keras.src.backend.set_keras_mask(y_pred, ops.not_equal(y, padding_id))


def _check(tie_embeddings, input_vocab_size, target_vocab_size):
    if tie_embeddings not in TIES:
        raise ValueError(
            f"`tie_embeddings` must be one of {', '.join(TIES)}. Received: tie_embeddings={tie_embeddings!r}."
        )
    if tie_embeddings == "all" and input_vocab_size != target_vocab_size:
        raise ValueError(
            "`tie_embeddings` all needs one vocabulary for both sides. Received: "
            f"input_vocab_size={input_vocab_size}, target_vocab_size={target_vocab_size}."
        )

"""BERT, and with other settings DistilBERT and RoBERTa: a text encoder."""

import keras
from keras import ops

from kformer.layers import Dropout, PositionEmbedding, TokenEmbedding, TransformerStack
from kformer.layers.activations import get_activation
from kformer.layers.initializers import truncated_normal
from kformer.layers.layer_normalization import LayerNormalization
from kformer.models.counting import block_flops, count_block_parameters


@keras.saving.register_keras_serializable("kformer")
class BertBackbone(keras.Model):
    """A bidirectional Transformer encoder of text.

    The families differ in settings: DistilBERT has no segments (`num_segments=0`), RoBERTa one segment and positions
    that begin at row 2 (`position_offset=2`). The pooler is the dense layer over the first position that a
    sentence's classification reads: tanh in BERT and RoBERTa, relu in DistilBERT.

    Papers: Devlin et al., BERT, arXiv 1810.04805; Sanh et al., DistilBERT, arXiv 1910.01108; Liu et al., RoBERTa,
    arXiv 1907.11692.

    Args:
        vocab_size, num_layers, d_model, num_heads, d_ff, max_length: ints, the sizes; `max_length` in positions.
        num_segments: int, number of segment ids; 0 leaves the segment embedding out.
        position_offset: int, row of the first position in the table.
        dropout, attention_dropout: floats, rates; the second equals the first when None.
        activation: str, of the feed-forward networks.
        norm_epsilon: float, of the layer normalisations.
        pooler_activation: str, or None for no pooler and no `pooled_output`.

    Call arguments:
        inputs: dict of `token_ids` (batch, length) int32, and optionally `padding_mask` (batch, length), True at real
            positions, and `segment_ids` (batch, length) int32.
        pooled_only: bool, compute the last block for the first token alone, which `pooled_output` is made from;
            `sequence_output` then holds no others.
        return_hidden_states, return_attention_scores: bools.

    Returns:
        dict of `sequence_output` (batch, length, d_model), `pooled_output` (batch, d_model), and on request
        `hidden_states` and `attention_scores` as `TransformerStack` gives them.
    """

    def __init__(
        self,
        vocab_size,
        num_layers,
        d_model,
        num_heads,
        d_ff,
        max_length=512,
        num_segments=2,
        position_offset=0,
        dropout=0.1,
        attention_dropout=None,
        activation="gelu",
        norm_epsilon=1e-12,
        pooler_activation="tanh",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.num_layers = num_layers
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.max_length = max_length
        self.num_segments = num_segments
        self.position_offset = position_offset
        self.dropout = dropout
        self.attention_dropout = dropout if attention_dropout is None else attention_dropout
        self.activation = activation
        self.norm_epsilon = norm_epsilon
        self.pooler_activation = pooler_activation

        dtype = self.dtype_policy
        self.token_embedding = TokenEmbedding(vocab_size, d_model, dtype=dtype, name="token_embedding")
        self.position_embedding = PositionEmbedding(
            max_length, d_model, offset=position_offset, dtype=dtype, name="position_embedding"
        )
        self.segment_embedding = (
            TokenEmbedding(num_segments, d_model, dtype=dtype, name="segment_embedding") if num_segments else None
        )
        self.embedding_norm = LayerNormalization(epsilon=norm_epsilon, dtype=dtype, name="embedding_norm")
        self.embedding_dropout = Dropout(dropout, dtype=dtype, name="embedding_dropout")
        self.stack = TransformerStack(
            num_layers,
            num_heads,
            d_model,
            d_ff,
            dropout,
            self.attention_dropout,
            activation,
            norm_epsilon=norm_epsilon,
            dtype=dtype,
            name="stack",
        )
        self.pooler = None
        if pooler_activation is not None:
            self._activate_pooled = get_activation(pooler_activation)
            self.pooler = keras.layers.Dense(d_model, kernel_initializer=truncated_normal(), dtype=dtype, name="pooler")
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        hidden_shape = (None, None, self.d_model)
        self.token_embedding.build()
        self.position_embedding.build()
        if self.segment_embedding is not None:
            self.segment_embedding.build()
        self.embedding_norm.build(hidden_shape)
        self.embedding_dropout.build(hidden_shape)
        self.stack.build(hidden_shape)
        if self.pooler is not None:
            self.pooler.build((None, self.d_model))

    def call(
        self,
        inputs,
        pooled_only=False,
        training=False,
        return_hidden_states=False,
        return_attention_scores=False,
    ):
        outputs = self.stack(
            self.embed(inputs, training=training),
            padding_mask=inputs.get("padding_mask"),
            num_outputs=1 if pooled_only else None,
            training=training,
            return_hidden_states=return_hidden_states,
            return_attention_scores=return_attention_scores,
        )
        if self.pooler is not None:
            first = outputs["sequence_output"][:, 0, :]
            outputs["pooled_output"] = self._activate_pooled(self.pooler(first))
        return outputs

    def embed(self, inputs, training=False):
        """The vectors that the stack reads, (batch, length, d_model): token + position + segment, normalised."""
        token_ids = inputs["token_ids"]
        x = self.token_embedding(token_ids) + self.position_embedding(token_ids)
        if self.segment_embedding is not None:
            segment_ids = inputs.get("segment_ids")
            x = x + self.segment_embedding(ops.zeros_like(token_ids) if segment_ids is None else segment_ids)
        return self.embedding_dropout(self.embedding_norm(x), training=training)

    def stages(self):
        """The layers from input to output, in groups: what layer-wise learning rates and freezing count by."""
        embeddings = [self.token_embedding, self.position_embedding, self.segment_embedding, self.embedding_norm]
        top = [] if self.pooler is None else [[self.pooler]]
        return [[layer for layer in embeddings if layer is not None], *([block] for block in self.stack.blocks), *top]

    @staticmethod
    def flops_per_token(num_layers, d_model, d_ff, length, **sizes):
        """Floating-point operations of one forward pass for one token of a sequence of `length` tokens."""
        return num_layers * block_flops(d_model, d_ff, length)

    @staticmethod
    def count_parameters(
        vocab_size, num_layers, d_model, d_ff, max_length=512, num_segments=2, position_offset=0,
        pooler_activation="tanh", **sizes,
    ):  # fmt: skip
        """The number of trainable parameters that these sizes give, without building the model."""
        embeddings = (vocab_size + max_length + position_offset + num_segments) * d_model + 2 * d_model
        pooler = 0 if pooler_activation is None else d_model * d_model + d_model
        return embeddings + num_layers * count_block_parameters(d_model, d_ff) + pooler

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "num_layers": self.num_layers,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "max_length": self.max_length,
            "num_segments": self.num_segments,
            "position_offset": self.position_offset,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": self.activation,
            "norm_epsilon": self.norm_epsilon,
            "pooler_activation": self.pooler_activation,
        }

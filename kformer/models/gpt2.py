"""GPT-2: a decoder that reads from left to right."""

import math

import keras

from kformer.layers import Dropout, PositionEmbedding, TokenEmbedding, TransformerStack
from kformer.models.counting import block_flops, count_block_parameters


@keras.saving.register_keras_serializable("kformer")
class GPT2Backbone(keras.Model):
    """A causal Transformer of pre-norm blocks, whose output layer is its token table.

    Paper: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.

    Args:
        vocab_size, num_layers, d_model, num_heads, d_ff, max_length: ints, the sizes; `d_ff` is four times `d_model`
            when None, `max_length` counts positions.
        dropout, attention_dropout: floats, rates; the second equals the first when None.
        activation: str, of the feed-forward networks.
        norm_epsilon: float, of the layer normalisations.

    Call arguments:
        inputs: dict of `token_ids` (batch, length) int32, and optionally `padding_mask` (batch, length), True at real
            positions, `attention_mask` (batch, length or 1, length), True where attention is allowed, and `positions`
            (batch or 1, length) int32, which differ from 0, 1, 2, ... where rows are padded in front or a cache holds
            earlier positions.
        caches, cache_index: of `TransformerStack`; the masks are then of the cache's length.
        return_hidden_states, return_attention_scores: bools.

    Returns:
        dict of `sequence_output` (batch, length, d_model), and on request `hidden_states`, `attention_scores` and
        `caches` as `TransformerStack` gives them. `logits(sequence_output)` scores the next token.
    """

    def __init__(
        self,
        vocab_size,
        num_layers,
        d_model,
        num_heads,
        d_ff=None,
        max_length=1024,
        dropout=0.1,
        attention_dropout=None,
        activation="gelu_tanh",
        norm_epsilon=1e-5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.num_layers = num_layers
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = 4 * d_model if d_ff is None else d_ff
        self.max_length = max_length
        self.dropout = dropout
        self.attention_dropout = dropout if attention_dropout is None else attention_dropout
        self.activation = activation
        self.norm_epsilon = norm_epsilon

        dtype = self.dtype_policy
        self.token_embedding = TokenEmbedding(vocab_size, d_model, dtype=dtype, name="token_embedding")
        self.position_embedding = PositionEmbedding(max_length, d_model, dtype=dtype, name="position_embedding")
        self.embedding_dropout = Dropout(dropout, dtype=dtype, name="embedding_dropout")
        self.stack = TransformerStack(
            num_layers,
            num_heads,
            d_model,
            self.d_ff,
            dropout,
            self.attention_dropout,
            activation,
            norm_first=True,
            norm_epsilon=norm_epsilon,
            dtype=dtype,
            name="stack",
        )
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        hidden_shape = (None, None, self.d_model)
        self.token_embedding.build()
        self.position_embedding.build()
        self.embedding_dropout.build(hidden_shape)
        self.stack.build(hidden_shape)
        # Section 2.3: what is added to the residual stream begins smaller, by the number of additions.
        for block in self.stack.blocks:
            for layer in (block.attention.output_projection, block.feed_forward.output_projection):
                layer.kernel.assign(layer.kernel / math.sqrt(2 * self.num_layers))
        self.built = True

    def call(
        self,
        inputs,
        caches=None,
        cache_index=None,
        training=False,
        return_hidden_states=False,
        return_attention_scores=False,
    ):
        return self.stack(
            self.embed(inputs, training=training),
            padding_mask=inputs.get("padding_mask"),
            attention_mask=inputs.get("attention_mask"),
            use_causal_mask=True,
            caches=caches,
            cache_index=cache_index,
            training=training,
            return_hidden_states=return_hidden_states,
            return_attention_scores=return_attention_scores,
        )

    def embed(self, inputs, training=False):
        """The vectors that the stack reads, (batch, length, d_model): token + position."""
        token_ids = inputs["token_ids"]
        x = self.token_embedding(token_ids) + self.position_embedding(token_ids, positions=inputs.get("positions"))
        return self.embedding_dropout(x, training=training)

    def logits(self, x, kernels=None):
        """Logits (batch, length, vocab_size) of the next token, from the sequence output (see `TokenEmbedding`)."""
        return self.token_embedding.logits(x, kernels)

    def stages(self):
        """The layers from input to output, in groups: what layer-wise learning rates and freezing count by."""
        blocks = [[block] for block in self.stack.blocks]
        return [[self.token_embedding, self.position_embedding], *blocks, [self.stack.final_norm]]

    @staticmethod
    def flops_per_token(num_layers, d_model, length, vocab_size, d_ff=None, **sizes):
        """Floating-point operations of one forward pass for one token of a sequence of `length` tokens."""
        # On average a position sees half of the others.
        return num_layers * block_flops(d_model, d_ff or 4 * d_model, length / 2) + 2 * d_model * vocab_size

    @staticmethod
    def count_parameters(vocab_size, num_layers, d_model, d_ff=None, max_length=1024, **sizes):
        """The number of trainable parameters that these sizes give, without building the model."""
        blocks = num_layers * count_block_parameters(d_model, d_ff or 4 * d_model)
        return (vocab_size + max_length) * d_model + blocks + 2 * d_model

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "num_layers": self.num_layers,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "max_length": self.max_length,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": self.activation,
            "norm_epsilon": self.norm_epsilon,
        }

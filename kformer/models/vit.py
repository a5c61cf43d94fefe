"""ViT, and with a distillation token DeiT: an encoder of images."""

import keras
from keras import ops

from kformer.layers import Dropout, GridPositionEmbedding, LearnedTokens, PatchEmbedding, TransformerStack
from kformer.models.counting import block_flops, count_block_parameters

POOLINGS = ("first", "mean")


@keras.saving.register_keras_serializable("kformer")
class ViTBackbone(keras.Model):
    """A Transformer encoder over the patches of an image, of pre-norm blocks.

    Images of another size than the one trained with read the positions through interpolation. Hugging Face's models
    have a tanh pooler besides, which no classifier of theirs reads; it is left out here.

    Papers: Dosovitskiy et al., ViT, arXiv 2010.11929; Touvron et al., DeiT, arXiv 2012.12877.

    Args:
        num_layers, d_model, num_heads, d_ff: ints, the sizes; `d_ff` is four times `d_model` when None.
        image_size: int, pixels of the side of a training image, or two ints, height and width.
        patch_size: int, pixels of a patch's side.
        num_channels: int, of the images.
        pooling: str, "first", the pooled output is the class token's vector; or "mean", that of all patches, and there
            is no class token.
        distilled: bool, a second token learns from a teacher (DeiT); for "first" only.
        dropout, attention_dropout: floats, rates; the second equals the first when None.
        drop_path: float, rate of stochastic depth in the last block, see `TransformerStack`.
        activation: str, of the feed-forward networks.
        norm_epsilon: float, of the layer normalisations.
        qkv_bias: bool, biases on queries, keys and values.
        kernel_initializer: str, of the blocks, one of `KERNEL_INITIALIZERS`: "glorot_uniform" for narrow models, whose
            blocks add next to nothing at first with weights as small as "truncated_normal" has them.
        position_initializer: str, of the positions, one of `POSITION_INITIALIZERS`.

    Call arguments:
        inputs: dict of `images` (batch, height, width, num_channels), float32, normalised; height and width are
            multiples of `patch_size`.
        pooled_only: bool, compute the last block for the tokens alone that the pooled vectors are made from, which is
            all that a classifier reads; `sequence_output` then holds no others.
        return_hidden_states, return_attention_scores: bools.

    Returns:
        dict of `sequence_output` (batch, tokens, d_model), the class token and the distillation token first where
        there are such, then the patches row by row; `pooled_output` (batch, d_model); with `distilled` also
        `distillation_output` (batch, d_model), to be classified by a head of its own whose logits are averaged with
        the other's; and on request `hidden_states` and `attention_scores` as `TransformerStack` gives them.
    """

    num_last_tokens = 0  # after the patches: YOLOS has some

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        d_ff=None,
        image_size=224,
        patch_size=16,
        num_channels=3,
        pooling="first",
        distilled=False,
        dropout=0.0,
        attention_dropout=None,
        drop_path=0.0,
        activation="gelu",
        norm_epsilon=1e-12,
        qkv_bias=True,
        kernel_initializer="truncated_normal",
        position_initializer="truncated_normal",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_layers = num_layers
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = 4 * d_model if d_ff is None else d_ff
        self.image_size = image_size if isinstance(image_size, int) else tuple(image_size)
        self.patch_size = patch_size
        self.num_channels = num_channels
        self.pooling = pooling
        self.distilled = distilled
        self.dropout = dropout
        self.attention_dropout = dropout if attention_dropout is None else attention_dropout
        self.drop_path = drop_path
        self.activation = activation
        self.norm_epsilon = norm_epsilon
        self.qkv_bias = qkv_bias
        self.kernel_initializer = kernel_initializer
        self.position_initializer = position_initializer
        self._check()

        dtype = self.dtype_policy
        self._make_patch_embedding()
        self._make_tokens()
        self.position_embedding = GridPositionEmbedding(
            patch_grid(image_size, patch_size),
            d_model,
            num_before=self.num_first_tokens,
            num_after=self.num_last_tokens,
            initializer=position_initializer,
            dtype=dtype,
            name="position_embedding",
        )
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
            kernel_initializer=kernel_initializer,
            qkv_bias=qkv_bias,
            drop_path=drop_path,
            dtype=dtype,
            name="stack",
        )
        self.build()

    def _check(self):
        if self.pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be one of {', '.join(POOLINGS)}. Received: pooling={self.pooling!r}.")
        if self.distilled and self.pooling != "first":
            raise ValueError(
                "`distilled` adds a token beside the class token, which only `pooling` first has. Received: "
                f"distilled=True, pooling={self.pooling!r}."
            )

    def _make_patch_embedding(self):
        size, width = self.patch_size, self.d_model
        self.patch_embedding = PatchEmbedding(size, width, dtype=self.dtype_policy, name="patch_embedding")

    def _make_tokens(self):
        self.class_token = self._tokens(1, "class_token") if self.pooling == "first" else None
        self.distillation_token = self._tokens(1, "distillation_token") if self.distilled else None

    def _tokens(self, num_tokens, name):
        return LearnedTokens(num_tokens, self.d_model, dtype=self.dtype_policy, name=name)

    @property
    def num_first_tokens(self):
        """int, the tokens before the patches."""
        return (self.class_token is not None) + (self.distillation_token is not None)

    def build(self, input_shape=None):
        if self.built:
            return
        hidden_shape = (None, None, self.d_model)
        self.patch_embedding.build((None, None, None, self.num_channels))
        for tokens in self._learned_tokens:
            tokens.build(hidden_shape)
        self.position_embedding.build()
        self.embedding_dropout.build(hidden_shape)
        self.stack.build(hidden_shape)

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
            num_outputs=self._num_read(pooled_only),
            training=training,
            return_hidden_states=return_hidden_states,
            return_attention_scores=return_attention_scores,
        )
        return self.pooled(outputs)

    def embed(self, inputs, training=False):
        """The vectors that the stack reads, (batch, tokens, d_model): token + position."""
        return self._embed_patches(self.patch_embedding(inputs["images"]), training)

    def _embed_patches(self, patches, training):
        positions = self.position_embedding(patches)
        tokens = ops.reshape(patches, (ops.shape(patches)[0], -1, self.d_model))
        tokens = ops.concatenate(self._beside(tokens), axis=1)
        return self.embedding_dropout(tokens + positions, training=training)

    def _beside(self, tokens):
        """The patches' tokens among the learned ones, a list in their order."""
        return [*(learned(tokens) for learned in self._learned_tokens), tokens]

    def _num_read(self, pooled_only):
        # The mean is of all patches, and then there are no tokens before them.
        return self.num_first_tokens or None if pooled_only else None

    def pooled(self, outputs):
        """The stack's outputs, with those of single tokens by their names."""
        x = outputs["sequence_output"]
        outputs["pooled_output"] = ops.mean(x, axis=1) if self.pooling == "mean" else x[:, 0, :]
        if self.distilled:
            outputs["distillation_output"] = x[:, 1, :]
        return outputs

    def patch_vectors(self, sequence_output, images):
        """The vectors of the patches where these lie: (batch, height / patch_size, width / patch_size, d_model).

        Args:
            sequence_output: (batch, tokens, d_model), of the call.
            images: (batch, height, width, num_channels), what it was called with; only the size is read.
        """
        batch, height, width, _ = ops.shape(images)
        rows, columns = height // self.patch_size, width // self.patch_size
        first = self.num_first_tokens
        patches = sequence_output[:, first : first + rows * columns, :]
        return ops.reshape(patches, (batch, rows, columns, self.d_model))

    @property
    def _learned_tokens(self):
        return [tokens for tokens in (self.class_token, self.distillation_token) if tokens is not None]

    def stages(self):
        """The layers from input to output, in groups: what layer-wise learning rates and freezing count by."""
        embeddings = [self.patch_embedding, *self._learned_tokens, self.position_embedding]
        return [embeddings, *([block] for block in self.stack.blocks), [self.stack.final_norm]]

    @staticmethod
    def flops_per_image(num_layers, d_model, image_size=224, patch_size=16, num_channels=3, d_ff=None, **sizes):
        """Floating-point operations of one forward pass for one image of `image_size`."""
        rows, columns = patch_grid(image_size, patch_size)
        length = rows * columns + count_learned_tokens(**sizes)
        patches = 2 * rows * columns * patch_size**2 * num_channels * d_model
        return patches + num_layers * length * block_flops(d_model, d_ff or 4 * d_model, length)

    @staticmethod
    def count_tokens(image_size=224, patch_size=16, **sizes):
        """The number of vectors that the blocks read for one image of `image_size`."""
        rows, columns = patch_grid(image_size, patch_size)
        return rows * columns + count_learned_tokens(**sizes)

    @staticmethod
    def count_parameters(
        num_layers, d_model, d_ff=None, image_size=224, patch_size=16, num_channels=3, qkv_bias=True, **sizes
    ):
        """The number of trainable parameters that these sizes give, without building the model."""
        rows, columns = patch_grid(image_size, patch_size)
        # A learned token is a vector and its position.
        embeddings = patch_size**2 * num_channels + 1 + rows * columns + 2 * count_learned_tokens(**sizes)
        blocks = num_layers * count_block_parameters(d_model, d_ff or 4 * d_model, qkv_bias)
        return embeddings * d_model + blocks + 2 * d_model

    def get_config(self):
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "image_size": self.image_size if isinstance(self.image_size, int) else list(self.image_size),
            "patch_size": self.patch_size,
            "num_channels": self.num_channels,
            "pooling": self.pooling,
            "distilled": self.distilled,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "drop_path": self.drop_path,
            "activation": self.activation,
            "norm_epsilon": self.norm_epsilon,
            "qkv_bias": self.qkv_bias,
            "kernel_initializer": self.kernel_initializer,
            "position_initializer": self.position_initializer,
        }


def patch_grid(image_size, patch_size):
    """The rows and columns of patches in an image.

    Args:
        image_size: int, or two ints, height and width.
        patch_size: int.

    Raises:
        ValueError: when there is no whole patch.
    """
    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    if min(height, width) < patch_size:
        raise ValueError(
            f"`image_size` must hold a patch of `patch_size`. Received: image_size={image_size}, "
            f"patch_size={patch_size}."
        )
    # YOLOS' published sizes are no multiples: what is over is no part of the grid.
    return height // patch_size, width // patch_size


def count_learned_tokens(pooling="first", distilled=False, num_detection_tokens=0, **sizes):
    """How many tokens stand beside the patches."""
    return (pooling == "first") + bool(distilled) + num_detection_tokens

"""CCT: a small Transformer for small images."""

import keras
from keras import ops

from kformer.layers import Dropout, GridPositionEmbedding, SequencePooling, TransformerStack
from kformer.layers.patches import check_images
from kformer.models.counting import block_flops, count_block_parameters


@keras.saving.register_keras_serializable("kformer")
class CompactTransformer(keras.Model):
    """The Compact Convolutional Transformer: convolutions make the tokens, learned weights pool them.

    It learns from thousands of images where a ViT needs millions. The blocks are pre-norm as the paper draws them; the
    authors' code normalises the sum after the attention once more.

    Paper: Hassani et al., "Escaping the Big Data Paradigm with Compact Transformers", arXiv 2104.05704.

    Args:
        num_layers, d_model, num_heads, d_ff: ints, the sizes; `d_ff` is twice `d_model` when None.
        image_size: int, pixels of the side of a training image, or two ints, height and width. Other sizes read the
            positions through interpolation.
        num_channels: int, of the images.
        num_convolutions: int, convolutions with pooling that make the tokens; each halves the sides.
        kernel_size: int, pixels of a convolution's side.
        hidden_channels: int, between two convolutions.
        use_positions: bool, learned positions; the tokens have seen their neighbours without them.
        dropout, attention_dropout: floats, rates; the second equals the first when None.
        drop_path: float, rate of stochastic depth in the last block, see `TransformerStack`.
        activation: str, of the feed-forward networks.
        norm_epsilon: float, of the layer normalisations.
        qkv_bias: bool, biases on queries, keys and values.

    Call arguments:
        inputs: dict of `images` (batch, height, width, num_channels), float32, normalised.
        pooled_only: bool, changes nothing: `pooled_output` is made from all tokens.
        return_hidden_states, return_attention_scores: bools.

    Returns:
        dict of `sequence_output` (batch, tokens, d_model), the tokens row by row; `pooled_output` (batch, d_model); and
        on request `hidden_states` and `attention_scores` as `TransformerStack` gives them.
    """

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        d_ff=None,
        image_size=32,
        num_channels=3,
        num_convolutions=1,
        kernel_size=3,
        hidden_channels=64,
        use_positions=True,
        dropout=0.0,
        attention_dropout=0.1,
        drop_path=0.1,
        activation="gelu",
        norm_epsilon=1e-5,
        qkv_bias=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_layers = num_layers
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = 2 * d_model if d_ff is None else d_ff
        self.image_size = image_size if isinstance(image_size, int) else tuple(image_size)
        self.num_channels = num_channels
        self.num_convolutions = num_convolutions
        self.kernel_size = kernel_size
        self.hidden_channels = hidden_channels
        self.use_positions = use_positions
        self.dropout = dropout
        self.attention_dropout = dropout if attention_dropout is None else attention_dropout
        self.drop_path = drop_path
        self.activation = activation
        self.norm_epsilon = norm_epsilon
        self.qkv_bias = qkv_bias

        dtype = self.dtype_policy
        self.tokenizer = ConvolutionalTokenizer(
            d_model, num_convolutions, kernel_size, hidden_channels, dtype=dtype, name="tokenizer"
        )
        self.position_embedding = None
        if use_positions:
            grid = token_grid(image_size, num_convolutions)
            self.position_embedding = GridPositionEmbedding(grid, d_model, dtype=dtype, name="position_embedding")
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
            qkv_bias=qkv_bias,
            drop_path=drop_path,
            dtype=dtype,
            name="stack",
        )
        self.pooling = SequencePooling(dtype=dtype, name="pooling")
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        hidden_shape = (None, None, self.d_model)
        self.tokenizer.build((None, None, None, self.num_channels))
        if self.position_embedding is not None:
            self.position_embedding.build()
        self.embedding_dropout.build(hidden_shape)
        self.stack.build(hidden_shape)
        self.pooling.build(hidden_shape)

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
            training=training,
            return_hidden_states=return_hidden_states,
            return_attention_scores=return_attention_scores,
        )
        outputs["pooled_output"] = self.pooling(outputs["sequence_output"])
        return outputs

    def embed(self, inputs, training=False):
        """The vectors that the stack reads, (batch, tokens, d_model): token + position."""
        grid = self.tokenizer(inputs["images"])
        x = ops.reshape(grid, (ops.shape(grid)[0], -1, self.d_model))
        if self.position_embedding is not None:
            x = x + self.position_embedding(grid)
        return self.embedding_dropout(x, training=training)

    def stages(self):
        """The layers from input to output, in groups: what layer-wise learning rates and freezing count by."""
        positions = [] if self.position_embedding is None else [self.position_embedding]
        blocks = ([block] for block in self.stack.blocks)
        return [[self.tokenizer, *positions], *blocks, [self.stack.final_norm, self.pooling]]

    @staticmethod
    def flops_per_image(
        num_layers, d_model, image_size=32, d_ff=None, num_channels=3, num_convolutions=1, kernel_size=3,
        hidden_channels=64, **sizes,
    ):  # fmt: skip
        """Floating-point operations of one forward pass for one image of `image_size`."""
        widths = channel_widths(num_channels, num_convolutions, hidden_channels, d_model)
        convolutions = 0
        for i, (read, made) in enumerate(widths):
            rows, columns = token_grid(image_size, i)
            convolutions += 2 * rows * columns * kernel_size**2 * read * made
        rows, columns = token_grid(image_size, num_convolutions)
        length = rows * columns
        return convolutions + num_layers * length * block_flops(d_model, d_ff or 2 * d_model, length)

    @staticmethod
    def count_tokens(image_size=32, num_convolutions=1, **sizes):
        """The number of vectors that the blocks read for one image of `image_size`."""
        rows, columns = token_grid(image_size, num_convolutions)
        return rows * columns

    @staticmethod
    def count_parameters(
        num_layers, d_model, d_ff=None, image_size=32, num_channels=3, num_convolutions=1, kernel_size=3,
        hidden_channels=64, use_positions=True, qkv_bias=False, **sizes,
    ):  # fmt: skip
        """The number of trainable parameters that these sizes give, without building the model."""
        widths = channel_widths(num_channels, num_convolutions, hidden_channels, d_model)
        convolutions = sum(kernel_size**2 * read * made for read, made in widths)
        rows, columns = token_grid(image_size, num_convolutions)
        positions = rows * columns * d_model if use_positions else 0
        blocks = num_layers * count_block_parameters(d_model, d_ff or 2 * d_model, qkv_bias)
        return convolutions + positions + blocks + 3 * d_model

    def get_config(self):
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "image_size": self.image_size if isinstance(self.image_size, int) else list(self.image_size),
            "num_channels": self.num_channels,
            "num_convolutions": self.num_convolutions,
            "kernel_size": self.kernel_size,
            "hidden_channels": self.hidden_channels,
            "use_positions": self.use_positions,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "drop_path": self.drop_path,
            "activation": self.activation,
            "norm_epsilon": self.norm_epsilon,
            "qkv_bias": self.qkv_bias,
        }


@keras.saving.register_keras_serializable("kformer")
class ConvolutionalTokenizer(keras.layers.Layer):
    """Tokens from convolutions, each followed by relu and a max pool over 3 x 3 pixels that halves the sides.

    Args:
        d_model: int, width of the tokens.
        num_convolutions: int.
        kernel_size: int, pixels of a convolution's side.
        hidden_channels: int, between two convolutions.

    Call arguments:
        images: (batch, height, width, channels).

    Returns:
        (batch, rows, columns, d_model), a side of n pixels halved to ceil(n / 2) by each convolution.
    """

    def __init__(self, d_model, num_convolutions=1, kernel_size=3, hidden_channels=64, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("num_convolutions", num_convolutions), ("kernel_size", kernel_size)):
            if value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        self.d_model = d_model
        self.num_convolutions = num_convolutions
        self.kernel_size = kernel_size
        self.hidden_channels = hidden_channels
        self.convolutions = [
            keras.layers.Conv2D(
                d_model if i == num_convolutions - 1 else hidden_channels,
                kernel_size,
                padding="same",
                use_bias=False,
                kernel_initializer=keras.initializers.HeNormal(),
                dtype=self.dtype_policy,
                name=f"convolution_{i}",
            )
            for i in range(num_convolutions)
        ]

    def build(self, images_shape):
        widths = channel_widths(images_shape[-1], self.num_convolutions, self.hidden_channels, self.d_model)
        for convolution, (read, _) in zip(self.convolutions, widths, strict=True):
            convolution.build((None, None, None, read))

    def call(self, images):
        check_images(images.shape, self.convolutions[0].kernel.shape[2])
        x = images
        for convolution in self.convolutions:
            x = ops.max_pool(ops.relu(convolution(x)), 3, strides=2, padding="same")
        return x

    def compute_output_shape(self, images_shape):
        batch, *sides, _ = images_shape
        return (batch, *(None if side is None else halved(side, self.num_convolutions) for side in sides), self.d_model)

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_convolutions": self.num_convolutions,
            "kernel_size": self.kernel_size,
            "hidden_channels": self.hidden_channels,
        }


def channel_widths(num_channels, num_convolutions, hidden_channels, d_model):
    """The channels that each convolution reads and makes, a list of pairs."""
    widths = [num_channels, *[hidden_channels] * (num_convolutions - 1), d_model]
    return list(zip(widths[:-1], widths[1:], strict=True))


def token_grid(image_size, num_convolutions):
    """The rows and columns of tokens of an image of `image_size`, an int or two."""
    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    return halved(height, num_convolutions), halved(width, num_convolutions)


def halved(side, times):
    """A side halved as often, rounded up."""
    return -(-side // 2**times)

"""ViT_C: a ViT whose patches are read by convolutions."""

import keras

from kformer.layers import ConvolutionalStem
from kformer.layers.convolutional_stem import count_stem_parameters, stem_flops, stem_widths
from kformer.models.vit import ViTBackbone, patch_grid


@keras.saving.register_keras_serializable("kformer")
class ConvolutionalViT(ViTBackbone):
    """`ViTBackbone` with a `ConvolutionalStem` in the place of the patch embedding: it learns from far fewer images.

    The stem's finer maps come out, too: a decoder of pixels can take edges from them that patches have lost.

    Paper: Xiao et al., "Early Convolutions Help Transformers See Better", arXiv 2106.14881.

    Args:
        num_layers, d_model, num_heads, d_ff, image_size, num_channels, pooling, dropout, attention_dropout, drop_path,
            activation, norm_epsilon, qkv_bias, kernel_initializer, position_initializer: see `ViTBackbone`.
        patch_size: int, pixels of a patch's side: a power of 2, 4 or more.
        stem_channels: int, of the stem's first stage.
        stem_norm: str, "group" or, as in the paper, "batch"; see `NormalisedConvolution`.

    Call arguments: as of `ViTBackbone`.

    Returns:
        as `ViTBackbone`, and `features`, the stem's maps that are finer than the patches: (batch, height / 2,
        width / 2, stem_channels), (batch, height / 4, width / 4, 2 stem_channels), ...
    """

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        d_ff=None,
        image_size=224,
        patch_size=16,
        num_channels=3,
        stem_channels=32,
        stem_norm="group",
        pooling="mean",
        dropout=0.0,
        attention_dropout=None,
        drop_path=0.0,
        activation="gelu",
        norm_epsilon=1e-6,
        qkv_bias=True,
        kernel_initializer="truncated_normal",
        position_initializer="truncated_normal",
        **kwargs,
    ):
        # The parent's constructor builds the stem, which reads them.
        self.stem_channels = stem_channels
        self.stem_norm = stem_norm
        super().__init__(
            num_layers,
            d_model,
            num_heads,
            d_ff,
            image_size,
            patch_size,
            num_channels,
            pooling,
            dropout=dropout,
            attention_dropout=attention_dropout,
            drop_path=drop_path,
            activation=activation,
            norm_epsilon=norm_epsilon,
            qkv_bias=qkv_bias,
            kernel_initializer=kernel_initializer,
            position_initializer=position_initializer,
            **kwargs,
        )

    def _make_patch_embedding(self):
        self.patch_embedding = ConvolutionalStem(
            self.patch_size,
            self.d_model,
            self.stem_channels,
            self.stem_norm,
            dtype=self.dtype_policy,
            name="patch_embedding",
        )

    @property
    def feature_widths(self):
        """The channels of the maps in `features`, a list of ints."""
        return stem_widths(self.patch_size, self.stem_channels)

    def embed(self, inputs, training=False):
        return self._embed_patches(self.patch_embedding(inputs["images"], training=training)[-1], training)

    def call(
        self,
        inputs,
        pooled_only=False,
        training=False,
        return_hidden_states=False,
        return_attention_scores=False,
    ):
        *features, patches = self.patch_embedding(inputs["images"], training=training)
        outputs = self.stack(
            self._embed_patches(patches, training),
            num_outputs=self._num_read(pooled_only),
            training=training,
            return_hidden_states=return_hidden_states,
            return_attention_scores=return_attention_scores,
        )
        return {**self.pooled(outputs), "features": features}

    @staticmethod
    def flops_per_image(
        d_model, image_size=224, patch_size=16, num_channels=3, stem_channels=32, pooling="mean", **sizes
    ):
        """Floating-point operations of one forward pass for one image of `image_size`."""
        rows, columns = patch_grid(image_size, patch_size)
        whole = {"image_size": image_size, "patch_size": patch_size, "num_channels": 0, "pooling": pooling}
        stem = stem_flops(patch_size, d_model, stem_channels, num_channels, (rows * patch_size, columns * patch_size))
        return stem + ViTBackbone.flops_per_image(d_model=d_model, **whole, **sizes)

    @staticmethod
    def count_parameters(
        d_model, image_size=224, patch_size=16, num_channels=3, stem_channels=32, pooling="mean", **sizes
    ):
        """The number of trainable parameters that these sizes give, without building the model."""
        whole = {"image_size": image_size, "patch_size": patch_size, "num_channels": 0, "pooling": pooling}
        # Without channels the patch embedding is its bias, which the stem counts.
        rest = ViTBackbone.count_parameters(d_model=d_model, **whole, **sizes) - d_model
        return rest + count_stem_parameters(patch_size, d_model, stem_channels, num_channels)

    def get_config(self):
        config = {**super().get_config(), "stem_channels": self.stem_channels, "stem_norm": self.stem_norm}
        return {name: value for name, value in config.items() if name != "distilled"}

"""YOLOS: a ViT that reads detection tokens beside the patches."""

import keras
from keras import ops

from kformer.layers.grid_positions import stretch
from kformer.layers.initializers import truncated_normal
from kformer.models.vit import ViTBackbone, patch_grid

# Arguments of ViT that YOLOS leaves no choice of.
_FIXED = ("pooling", "distilled", "kernel_initializer", "position_initializer")


@keras.saving.register_keras_serializable("kformer")
class YolosBackbone(ViTBackbone):
    """`ViTBackbone` with learned tokens after the patches, each of which is to become a box or none.

    `SetPredictionHead` turns `detection_output` into classes and boxes.

    Paper: Fang et al., "You Only Look at One Sequence", arXiv 2106.00666.

    Args:
        num_layers, d_model, num_heads, d_ff, image_size, patch_size, num_channels, dropout, attention_dropout,
            drop_path, activation, norm_epsilon, qkv_bias: see `ViTBackbone`.
        num_detection_tokens: int, the most boxes of an image.
        use_mid_position_embeddings: bool, add learned positions again after each block but the last.

    Call arguments: as of `ViTBackbone`, without `pooled_only`.

    Returns:
        dict of `sequence_output` (batch, tokens, d_model), the class token, the patches row by row, and the detection
        tokens; `pooled_output` (batch, d_model), the class token's; `detection_output` (batch, num_detection_tokens,
        d_model); and on request `hidden_states` and `attention_scores` as `TransformerStack` gives them.
    """

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        d_ff=None,
        image_size=(512, 864),
        patch_size=16,
        num_channels=3,
        num_detection_tokens=100,
        use_mid_position_embeddings=True,
        dropout=0.0,
        attention_dropout=None,
        drop_path=0.0,
        activation="gelu",
        norm_epsilon=1e-12,
        qkv_bias=True,
        **kwargs,
    ):
        # The parent's constructor builds the parts that read these.
        self.num_detection_tokens = self.num_last_tokens = num_detection_tokens
        self.use_mid_position_embeddings = use_mid_position_embeddings
        super().__init__(
            num_layers,
            d_model,
            num_heads,
            d_ff,
            image_size,
            patch_size,
            num_channels,
            dropout=dropout,
            attention_dropout=attention_dropout,
            drop_path=drop_path,
            activation=activation,
            norm_epsilon=norm_epsilon,
            qkv_bias=qkv_bias,
            **kwargs,
        )

    def _make_tokens(self):
        super()._make_tokens()
        self.detection_tokens = self._tokens(self.num_detection_tokens, "detection_tokens")
        self.mid_positions = None
        if self.use_mid_position_embeddings and self.num_layers > 1:
            self.mid_positions = MidPositions(
                self.num_layers - 1,
                patch_grid(self.image_size, self.patch_size),
                self.d_model,
                self.num_detection_tokens,
                dtype=self.dtype_policy,
                name="mid_positions",
            )

    @property
    def _learned_tokens(self):
        return [self.class_token, self.detection_tokens]

    def build(self, input_shape=None):
        if self.built:
            return
        if self.mid_positions is not None:
            self.mid_positions.build()
        super().build(input_shape)

    def _beside(self, tokens):
        return [self.class_token(tokens), tokens, self.detection_tokens(tokens)]

    def call(self, inputs, training=False, return_hidden_states=False, return_attention_scores=False):
        patches = self.patch_embedding(inputs["images"])
        x = self._embed_patches(patches, training)
        between = [] if self.mid_positions is None else self.mid_positions(patches)
        hidden_states, attention_scores = [x], []
        # The stack's own loop, with positions added between the blocks.
        for i, block in enumerate(self.stack.blocks):
            outputs = block(x, training=training, return_scores=return_attention_scores)
            x, *scores = outputs if isinstance(outputs, tuple) else (outputs,)
            x = x + between[i] if i < len(between) else x
            hidden_states.append(x)
            attention_scores += scores
        results = {"sequence_output": self.stack.final_norm(x)}
        if return_hidden_states:
            results["hidden_states"] = hidden_states
        if return_attention_scores:
            results["attention_scores"] = attention_scores
        return self.pooled(results)

    def pooled(self, outputs):
        outputs = super().pooled(outputs)
        outputs["detection_output"] = outputs["sequence_output"][:, -self.num_detection_tokens :, :]
        return outputs

    def stages(self):
        """The layers from input to output, in groups; positions between blocks count among the embeddings."""
        embeddings, *others = super().stages()
        return [[*embeddings, *([] if self.mid_positions is None else [self.mid_positions])], *others]

    @staticmethod
    def flops_per_image(image_size=(512, 864), num_detection_tokens=100, **sizes):
        """Floating-point operations of one forward pass for one image of `image_size`."""
        return ViTBackbone.flops_per_image(image_size=image_size, num_detection_tokens=num_detection_tokens, **sizes)

    @staticmethod
    def count_parameters(
        num_layers, d_model, image_size=(512, 864), patch_size=16, num_detection_tokens=100,
        use_mid_position_embeddings=True, **sizes,
    ):  # fmt: skip
        """The number of trainable parameters that these sizes give, without building the model."""
        sizes |= {"image_size": image_size, "patch_size": patch_size, "num_detection_tokens": num_detection_tokens}
        rows, columns = patch_grid(image_size, patch_size)
        tables = num_layers - 1 if use_mid_position_embeddings else 0
        mid_positions = tables * (1 + rows * columns + num_detection_tokens) * d_model
        return ViTBackbone.count_parameters(num_layers, d_model, **sizes) + mid_positions

    def get_config(self):
        config = super().get_config()
        others = {name: value for name, value in config.items() if name not in _FIXED}
        return {
            **others,
            "num_detection_tokens": self.num_detection_tokens,
            "use_mid_position_embeddings": self.use_mid_position_embeddings,
        }


@keras.saving.register_keras_serializable("kformer")
class MidPositions(keras.layers.Layer):
    """Several tables of positions of a class token, a grid and detection tokens, stretched together.

    Args:
        num_tables: int.
        grid: two ints, rows and columns of the tables.
        d_model: int, width of the vectors.
        num_detection_tokens: int.

    Call arguments:
        patches: (batch, rows, columns, d_model); only the grid's size is read.

    Returns:
        list of `num_tables` tensors (1 + rows x columns + num_detection_tokens, d_model).
    """

    def __init__(self, num_tables, grid, d_model, num_detection_tokens, **kwargs):
        super().__init__(**kwargs)
        self.num_tables = num_tables
        self.grid = tuple(grid)
        self.d_model = d_model
        self.num_detection_tokens = num_detection_tokens

    def build(self, patches_shape=None):
        positions = 1 + self.grid[0] * self.grid[1] + self.num_detection_tokens
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.num_tables, positions, self.d_model), initializer=truncated_normal()
        )

    def call(self, patches):
        tables = stretch(self.embeddings, self.grid, ops.shape(patches)[1:3], num_before=1)
        return ops.unstack(tables, self.num_tables, axis=0)

    def get_config(self):
        return {
            **super().get_config(),
            "num_tables": self.num_tables,
            "grid": list(self.grid),
            "d_model": self.d_model,
            "num_detection_tokens": self.num_detection_tokens,
        }

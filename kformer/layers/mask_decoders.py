"""What turns the vectors of patches or pixels into the classes of pixels (Strudel et al., "Segmenter")."""

import keras
from keras import ops

from kformer.layers.learned_tokens import LearnedTokens
from kformer.layers.stack import TransformerStack

_TINY = 1e-6
_FIRST_SCALE = 10.0  # so that softmax can tell cosines apart


@keras.saving.register_keras_serializable("kformer")
class LinearMaskDecoder(keras.layers.Layer):
    """The classes of a block of pixels for each vector, by one dense layer.

    Paper: Strudel et al., "Segmenter: Transformer for Semantic Segmentation", arXiv 2105.05633, section 3.2, "linear";
    there a block is one pixel.

    Args:
        num_classes: int.
        pixel_block: int, pixels of the side of the block that a vector decides.

    Call arguments:
        pixels: (batch, rows, columns, width).

    Returns:
        Logits (batch, rows x pixel_block, columns x pixel_block, num_classes).
    """

    def __init__(self, num_classes, pixel_block=1, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("num_classes", num_classes), ("pixel_block", pixel_block)):
            if value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        self.num_classes = num_classes
        self.pixel_block = pixel_block
        self.dense = keras.layers.Dense(
            num_classes * pixel_block**2,
            # From weights as small as those of other heads, logits of few channels take hundreds of steps to grow.
            kernel_initializer=keras.initializers.LecunNormal(),
            dtype="float32",
            name="dense",
        )

    def build(self, pixels_shape):
        self.dense.build((None, None, None, pixels_shape[-1]))

    def call(self, pixels):
        logits = self.dense(pixels)
        if self.pixel_block == 1:
            return logits
        block, (batch, rows, columns, _) = self.pixel_block, ops.shape(logits)
        blocks = ops.reshape(logits, (batch * rows, columns, block, block * self.num_classes))
        # From (row, column, row in the block, ...) to (row, row in the block, column, ...).
        blocks = ops.transpose(blocks, (0, 2, 1, 3))
        return ops.reshape(blocks, (batch, rows * block, columns * block, self.num_classes))

    def compute_output_shape(self, pixels_shape):
        batch, *sides, _ = pixels_shape
        return (batch, *(None if side is None else side * self.pixel_block for side in sides), self.num_classes)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes, "pixel_block": self.pixel_block}


@keras.saving.register_keras_serializable("kformer")
class MaskTransformer(keras.layers.Layer):
    """Lets learned vectors of the classes read the patches, then compares each pixel with each class.

    The classes' vectors stand beside the patches' in a stack of blocks. What comes out, projected and brought to length
    1, is multiplied: one map of cosines per class, with a learned scale and shift. (The authors' code normalises over
    the classes here. Of two classes that leaves the sign alone, from which nothing can be learned.) Where there is a
    finer map of pixels, these are compared in the patches' place, as in MaskFormer.

    Papers: Strudel et al., "Segmenter: Transformer for Semantic Segmentation", arXiv 2105.05633, section 3.2; Cheng et
    al., "MaskFormer", arXiv 2107.06278.

    Args:
        num_classes: int.
        num_layers, num_heads, d_model, d_ff, dropout, drop_path: of the stack, see `TransformerStack`.

    Call arguments:
        patches: (batch, rows, columns, d_model).
        pixels: (batch, height, width, any width), or None to compare the patches.

    Returns:
        Logits (batch, height, width, num_classes), or (batch, rows, columns, num_classes).
    """

    def __init__(self, num_classes, num_layers, num_heads, d_model, d_ff, dropout=0.0, drop_path=0.0, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.d_model = d_model
        dtype = self.dtype_policy
        self.patch_projection = keras.layers.Dense(d_model, dtype=dtype, name="patch_projection")
        self.class_tokens = LearnedTokens(num_classes, d_model, dtype=dtype, name="class_tokens")
        self.stack = TransformerStack(
            num_layers,
            num_heads,
            d_model,
            d_ff,
            dropout,
            norm_first=True,
            drop_path=drop_path,
            dtype=dtype,
            name="stack",
        )
        self.pixel_projection = self._projection("pixel_projection")
        self.class_projection = self._projection("class_projection")

    def _projection(self, name):
        initializer = keras.initializers.RandomNormal(stddev=self.d_model**-0.5)
        return keras.layers.Dense(
            self.d_model, use_bias=False, kernel_initializer=initializer, dtype=self.dtype_policy, name=name
        )

    def build(self, patches_shape, pixels_shape=None):
        hidden_shape = (None, None, self.d_model)
        self.patch_projection.build((None, None, patches_shape[-1]))
        self.class_tokens.build(hidden_shape)
        self.stack.build(hidden_shape)
        self.pixel_projection.build((None, None, self.d_model if pixels_shape is None else pixels_shape[-1]))
        self.class_projection.build(hidden_shape)
        scale = keras.initializers.Constant(_FIRST_SCALE)
        # In float32, as the logits of every head.
        self.scale, self.shift = (
            self.add_weight(name=name, shape=(self.num_classes,), initializer=initializer, autocast=False)
            for name, initializer in (("scale", scale), ("shift", "zeros"))
        )

    def call(self, patches, pixels=None, training=False):
        x = self.patch_projection(ops.reshape(patches, (ops.shape(patches)[0], -1, patches.shape[-1])))
        x = ops.concatenate([x, self.class_tokens(x)], axis=1)
        x = self.stack(x, training=training)["sequence_output"]
        compared = patches if pixels is None else pixels
        batch, rows, columns, _ = ops.shape(compared)
        vectors = x[:, : -self.num_classes, :] if pixels is None else ops.reshape(pixels, (batch, -1, pixels.shape[-1]))
        vectors = _of_length_one(self.pixel_projection(vectors))
        classes = _of_length_one(self.class_projection(x[:, -self.num_classes :, :]))
        masks = ops.matmul(vectors, ops.transpose(classes, (0, 2, 1)))
        return ops.reshape(masks * self.scale + self.shift, (batch, rows, columns, self.num_classes))

    def compute_output_shape(self, patches_shape, pixels_shape=None):
        return (*(patches_shape if pixels_shape is None else pixels_shape)[:3], self.num_classes)

    def get_config(self):
        stack = self.stack.get_config()
        names = ("num_layers", "num_heads", "d_ff", "dropout", "drop_path")
        own = {"num_classes": self.num_classes, "d_model": self.d_model, **{name: stack[name] for name in names}}
        return {**super().get_config(), **own}


def _of_length_one(vectors):
    """Vectors divided by their length, computed in float32."""
    vectors = ops.cast(vectors, "float32")
    return vectors * ops.rsqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + _TINY)

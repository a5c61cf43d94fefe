"""The head that turns detection tokens into boxes."""

import keras
from keras import ops

from kformer.layers.initializers import kernel_initializer_of

NUM_DENSE = 3


@keras.saving.register_keras_serializable("kformer")
class SetPredictionHead(keras.layers.Layer):
    """For each detection token a class, or none, and a box: two networks of three dense layers.

    Papers: Carion et al., DETR, arXiv 2005.12872; Fang et al., YOLOS, arXiv 2106.00666.

    Args:
        d_model: int, width of the tokens and of the hidden layers.
        num_classes: int, without the class "no object", which comes last.

    Call arguments:
        inputs: (batch, tokens, d_model).

    Returns:
        dict of `logits` (batch, tokens, num_classes + 1) and `boxes` (batch, tokens, 4): center x, center y, width and
        height as parts of the image, in [0, 1].
    """

    def __init__(self, d_model, num_classes, **kwargs):
        super().__init__(**kwargs)
        if num_classes < 1:
            raise ValueError(f"`num_classes` must be a positive integer. Received: num_classes={num_classes}.")
        self.d_model = d_model
        self.num_classes = num_classes
        self.class_layers = self._network(num_classes + 1, "class")
        self.box_layers = self._network(4, "box")

    def _network(self, width, name):
        """The dense layers `<name>_0`, `<name>_1`, ..., whose names are those in the tables of checkpoints."""
        return [
            keras.layers.Dense(
                self.d_model if i < NUM_DENSE - 1 else width,
                activation="relu" if i < NUM_DENSE - 1 else None,
                kernel_initializer=kernel_initializer_of("glorot_uniform"),
                dtype=self.dtype_policy,
                name=f"{name}_{i}",
            )
            for i in range(NUM_DENSE)
        ]

    def build(self, input_shape=None):
        for layer in (*self.class_layers, *self.box_layers):
            layer.build((None, None, self.d_model))

    def call(self, inputs):
        logits, boxes = inputs, inputs
        for class_layer, box_layer in zip(self.class_layers, self.box_layers, strict=True):
            logits, boxes = class_layer(logits), box_layer(boxes)
        return {"logits": logits, "boxes": ops.sigmoid(boxes)}

    def compute_output_shape(self, input_shape):
        return {"logits": (*input_shape[:-1], self.num_classes + 1), "boxes": (*input_shape[:-1], 4)}

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "num_classes": self.num_classes}

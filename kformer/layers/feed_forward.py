"""The position-wise feed-forward network."""

import keras
from keras import ops

from kformer.layers.activations import activate, get_activation
from kformer.layers.dropout import Dropout
from kformer.layers.initializers import kernel_initializer_of


@keras.saving.register_keras_serializable("kformer")
class FeedForward(keras.layers.Layer):
    """The position-wise feed-forward network: W2 act(W1 x + b1) + b2.

    One activation, between the two layers: the output is linear. Masks pass through.
    Paper: Vaswani et al., arXiv 1706.03762, equation 2.

    Args:
        d_model: int, width of inputs and outputs.
        d_ff: int, width of the hidden layer.
        activation: str, a name of `layers.activations.ACTIVATIONS`.
        dropout: float, rate on the hidden layer (0 in BERT; the block drops the output).
        kernel_initializer: str, see `layers.initializers`.

    Call arguments:
        inputs: (batch, length, d_model).

    Returns:
        (batch, length, d_model).
    """

    def __init__(self, d_model, d_ff, activation="gelu", dropout=0.0, kernel_initializer="truncated_normal", **kwargs):
        super().__init__(**kwargs)
        for name, value in (("d_model", d_model), ("d_ff", d_ff)):
            if value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        self.d_model = d_model
        self.d_ff = d_ff
        self.activation = activation
        self.dropout = dropout
        self.kernel_initializer = kernel_initializer
        self.supports_masking = True
        get_activation(activation)  # refuses an unknown one
        self.hidden = self._dense(d_ff, "hidden")
        self.output_projection = self._dense(d_model, "output")
        self.hidden_dropout = Dropout(dropout, dtype=self.dtype_policy, name="hidden_dropout") if dropout else None

    def _dense(self, width, name):
        initializer = kernel_initializer_of(self.kernel_initializer)
        return keras.layers.Dense(width, kernel_initializer=initializer, dtype=self.dtype_policy, name=name)

    def build(self, input_shape):
        hidden_shape = (*input_shape[:-1], self.d_ff)
        self.hidden.build(input_shape)
        self.output_projection.build(hidden_shape)
        if self.hidden_dropout is not None:
            self.hidden_dropout.build(hidden_shape)

    def call(self, inputs, training=False):
        # As a matrix: TensorFlow adds the bias within the product of two matrices, and after any other.
        hidden = self.hidden(ops.reshape(inputs, (-1, inputs.shape[-1])))
        # A single vector of each example is too little to compile for.
        hidden = activate(self.activation, hidden, training and inputs.shape[1] != 1)
        if self.hidden_dropout is not None:
            hidden = self.hidden_dropout(hidden, training=training)
        return ops.reshape(self.output_projection(hidden), ops.shape(inputs))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.d_model)

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "d_ff": self.d_ff,
            "activation": self.activation,
            "dropout": self.dropout,
            "kernel_initializer": self.kernel_initializer,
        }

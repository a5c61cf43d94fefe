"""The head that guesses masked tokens."""

import keras
from keras import ops

from kformer.layers.activations import get_activation
from kformer.layers.initializers import truncated_normal


@keras.saving.register_keras_serializable("kformer")
class MaskedLanguageModelHead(keras.layers.Layer):
    """Logits of the token at each position: norm(act(W x + b)) E^T + c, with E the table of token vectors.

    The output layer is tied to the token embedding: the table is given at each call, and only its bias is here.
    Papers: Devlin et al., BERT, arXiv 1810.04805; Press and Wolf, arXiv 1608.05859.

    Args:
        d_model: int, width of the vectors.
        vocab_size: int, number of ids.
        activation: str, a name of `layers.activations.ACTIVATIONS`.
        norm_epsilon: float, of the layer normalisation.

    Call arguments:
        inputs: (..., d_model), such as the vectors at masked positions.
        table: (vocab_size, d_model), the token embedding's.

    Returns:
        Logits (..., vocab_size).
    """

    def __init__(self, d_model, vocab_size, activation="gelu", norm_epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.d_model = d_model
        self.vocab_size = vocab_size
        self.activation = activation
        self.norm_epsilon = norm_epsilon
        self._activate = get_activation(activation)
        self.dense = keras.layers.Dense(
            d_model, kernel_initializer=truncated_normal(), dtype=self.dtype_policy, name="dense"
        )
        self.norm = keras.layers.LayerNormalization(epsilon=norm_epsilon, dtype=self.dtype_policy, name="norm")

    def build(self, inputs_shape=None, table_shape=None):
        self.dense.build((None, self.d_model))
        self.norm.build((None, self.d_model))
        self.bias = self.add_weight(name="bias", shape=(self.vocab_size,), initializer="zeros")

    def call(self, inputs, table):
        x = self.norm(self._activate(self.dense(inputs)))
        return ops.matmul(x, ops.transpose(ops.cast(table, x.dtype))) + self.bias

    def compute_output_shape(self, inputs_shape, table_shape=None):
        return (*inputs_shape[:-1], self.vocab_size)

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "vocab_size": self.vocab_size,
            "activation": self.activation,
            "norm_epsilon": self.norm_epsilon,
        }

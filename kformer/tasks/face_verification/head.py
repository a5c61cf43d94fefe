"""From an image encoder's vector to an embedding, and the centers of the people that a training knows."""

import keras
from keras import ops

from kformer.layers import ArcFace, Dropout
from kformer.layers.initializers import before_batch_norm


@keras.saving.register_keras_serializable("kformer")
class EmbeddingHead(keras.layers.Layer):
    """A projection, which is a dense layer and a batch normalisation; the vector is brought to length 1.

    What all images have in common is most of an encoder's vector, so that all embeddings would begin as one and the
    same direction; the batch normalisation takes it out, as in ArcFace's own head (Deng et al., arXiv 1801.07698).
    What a training ends in knows the people of the training best. Others are told apart better by what is before it,
    less its mean (Chen et al., SimCLR, arXiv 2002.05709, section 4.2): without `projected` that is the embedding, and
    the projection is of use in training alone.

    Computes in float32 whatever the backbone does: thresholds are told apart in the third digit.

    Args:
        embedding_size: int.
        dropout: float, rate before it.
        projected: bool.
        seed: int or None, of the random weights.

    Call arguments:
        inputs: (batch, d_model).
        training: bool.

    Returns:
        (batch, embedding_size), of length 1; not `projected`, and outside training, (batch, d_model).
    """

    def __init__(self, embedding_size, dropout=0.0, projected=True, seed=None, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.embedding_size = embedding_size
        self.initial_dropout = dropout
        self.projected = projected
        self.seed = seed
        self.dropout = Dropout(dropout, seed=seed, dtype=self.dtype_policy, name="dropout")
        self.dense = keras.layers.Dense(
            embedding_size,
            use_bias=False,  # the normalisation has one
            kernel_initializer=before_batch_norm(seed),
            dtype=self.dtype_policy,
            name="dense",
        )
        # Data sets of a few hundred images have few batches: means of the last ten are surer to be there at the end.
        self.norm = keras.layers.BatchNormalization(momentum=0.9, dtype=self.dtype_policy, name="norm")
        self.centering = None
        if not projected:
            self.centering = keras.layers.BatchNormalization(
                momentum=0.9, center=False, scale=False, dtype=self.dtype_policy, name="centering"
            )

    def build(self, input_shape):
        self.dropout.build(input_shape)
        self.dense.build(input_shape)
        self.norm.build((*input_shape[:-1], self.embedding_size))
        if self.centering is not None:
            self.centering.build(input_shape)

    def call(self, inputs, training=False):
        if self.centering is not None:
            centered = self.centering(inputs, training=training)
            if not training:
                return ops.normalize(centered, axis=-1)
        x = self.dense(self.dropout(inputs, training=training))
        return ops.normalize(self.norm(x, training=training), axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.embedding_size if self.projected else input_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "embedding_size": self.embedding_size,
            "dropout": self.initial_dropout,
            "projected": self.projected,
            "seed": self.seed,
        }


class People:
    """The people that a training tells apart, and their centers: nothing that a finished task needs.

    A plain object, so that Keras neither saves nor exports what it holds: names and centers tell who was in the data.

    Args:
        names: list of str.
        embedding_size: int.
        **settings: of `ArcFace`.
    """

    def __init__(self, names, embedding_size, **settings):
        self.names = tuple(names)
        self.head = ArcFace(len(self.names), dtype="float32", name="arc_face", **settings)
        self.head.build((None, embedding_size))

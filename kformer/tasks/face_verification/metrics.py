"""A metric that compares the embeddings of all batches with each other, while they come."""

import keras
from keras import ops

_NUM_BINS = 2000
_MOST_KEPT = 2048


@keras.saving.register_keras_serializable("kformer")
class PairAUC(keras.metrics.Metric):
    """How often a pair of one person is more similar than a pair of two; ties count half.

    Each embedding is compared with those before it, of which the last 2,048 are kept: up to so many images all pairs
    count. Similarities fall into 2,000 bins, so that the area is right to about three digits at any number of pairs.

    Args:
        width: int, most numbers of an embedding; they are of length 1. All have as many until the state is reset.
    """

    def __init__(self, width, name="roc_auc", **kwargs):
        super().__init__(name=name, **kwargs)
        self.width = width
        self.kept = self.add_variable((_MOST_KEPT, width), "zeros", name="kept")
        self.people = self.add_variable((_MOST_KEPT,), "zeros", dtype="int32", name="people")
        self.count = self.add_variable((), "zeros", dtype="int32", name="count")
        self.genuine = self.add_variable((_NUM_BINS,), "zeros", name="genuine")
        self.impostor = self.add_variable((_NUM_BINS,), "zeros", name="impostor")

    def update_state(self, y_true, y_pred, sample_weight=None):
        people, embeddings = ops.cast(y_true, "int32"), ops.cast(y_pred, "float32")
        before = ops.expand_dims(ops.arange(_MOST_KEPT) < self.count, axis=0)
        self._add(embeddings, people, self.kept[:, : embeddings.shape[-1]], self.people, before)
        rows = ops.arange(ops.shape(people)[0])
        earlier = ops.expand_dims(rows, axis=0) < ops.expand_dims(rows, axis=1)
        self._add(embeddings, people, embeddings, people, earlier)
        self._keep(embeddings, people, rows)

    def _add(self, embeddings, people, others, people_of_others, is_counted):
        """Counts the pairs of rows of two sides."""
        similarities = ops.matmul(embeddings, ops.transpose(others))
        bins = ops.cast(ops.clip((similarities + 1.0) * (_NUM_BINS / 2), 0, _NUM_BINS - 1), "int32")
        is_same = ops.equal(ops.expand_dims(people, axis=1), ops.expand_dims(people_of_others, axis=0))
        for counts, kind in ((self.genuine, is_same), (self.impostor, ops.logical_not(is_same))):
            weights = ops.cast(ops.logical_and(kind, is_counted), "float32")
            counts.assign_add(ops.segment_sum(ops.reshape(weights, (-1,)), ops.reshape(bins, (-1,)), _NUM_BINS))

    def _keep(self, embeddings, people, rows):
        """Puts embeddings in the places of the oldest ones."""
        places = ops.expand_dims(ops.mod(self.count + rows, _MOST_KEPT), axis=1)
        padded = ops.pad(embeddings, ((0, 0), (0, self.width - embeddings.shape[-1])))
        self.kept.assign(ops.scatter_update(self.kept, places, padded))
        self.people.assign(ops.scatter_update(self.people, places, people))
        self.count.assign_add(ops.shape(people)[0])

    def result(self):
        below = ops.cumsum(self.impostor) - 0.5 * self.impostor
        pairs = ops.sum(self.genuine) * ops.sum(self.impostor)
        return ops.sum(self.genuine * below) / ops.maximum(pairs, 1.0)

    def get_config(self):
        return {**super().get_config(), "width": self.width}

"""Strings to ids in a graph without a hash table."""


class StringIds:
    """The id of each string, by a search among sorted fingerprints.

    A hash table would be a resource that has to be tracked, initialised and saved with every model that uses it; three
    constants are part of the graph.

    Args:
        strings: list of str in the order of their ids.
        unknown_id: int, the id of every other string.
    """

    def __init__(self, strings, unknown_id):
        import numpy as np
        import tensorflow as tf

        self._unknown_id = unknown_id
        # Eagerly, even when a graph is being traced around the caller.
        with tf.init_scope():
            fingerprints = _fingerprints(tf.constant(strings)).numpy()
            order = np.argsort(fingerprints, kind="stable")
            self._fingerprints = tf.constant(fingerprints[order])
            self._strings = tf.gather(tf.constant(strings), order)
            self._ids = tf.constant(order, "int32")

    def __call__(self, strings):
        """The ids, int32 (n,), of strings (n,), eagerly or in a graph."""
        import tensorflow as tf

        place = tf.searchsorted(self._fingerprints, _fingerprints(strings))
        place = tf.minimum(place, tf.size(self._ids) - 1)
        known = tf.equal(tf.gather(self._strings, place), strings)
        return tf.where(known, tf.gather(self._ids, place), self._unknown_id)


def _fingerprints(strings):
    import tensorflow as tf

    return tf.strings.to_hash_bucket_fast(strings, 2**63 - 1)

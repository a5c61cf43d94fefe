"""Encoded images in, similarities or embeddings out, in a graph."""


def make_serving(task):
    """The task as one TensorFlow function from two images to an answer.

    Args:
        task: `FaceVerification`.

    Returns:
        `tf.function` of `image` and `image_pair`, (batch,) strings each, to the dict that `task.served` describes.
    """
    import tensorflow as tf

    def serve(image, image_pair):
        count = tf.shape(image)[0]
        vectors = task(task.processor.features(tf.concat([image, image_pair], axis=0)), training=False)
        similarity = tf.reduce_sum(vectors[:count] * vectors[count:], axis=-1)
        threshold = tf.convert_to_tensor(task.threshold)
        return {"similarity": similarity, "same": similarity >= threshold, "threshold": threshold}

    signature = [tf.TensorSpec((None,), "string", name=name) for name in task.input_names]
    return tf.function(serve, input_signature=signature, autograph=False)


def make_embedding(task):
    """The task as one TensorFlow function from images to embeddings.

    Args:
        task: `FaceVerification`.

    Returns:
        `tf.function` of `image` (batch,) strings to the dict that `task.served` describes.
    """
    import tensorflow as tf

    def embed(image):
        return {"embedding": task(task.processor.features(image), training=False)}

    return tf.function(embed, input_signature=[tf.TensorSpec((None,), "string", name="image")], autograph=False)

"""Inputs as strings, labels and scores out, in a graph."""


def make_serving(task):
    """The task as one TensorFlow function from strings to answers.

    Args:
        task: `Classification`, whose processor's `features` makes inputs of strings: texts, or encoded images.

    Returns:
        `tf.function` of (batch,) strings for each of the task's `input_names` to the dict that `task.served` describes.
    """
    import tensorflow as tf

    labels = list(task.labels)

    def serve(*strings):
        outputs = task(task.processor.features(*strings), training=False)
        scores = tf.cast(task.probabilities(outputs), "float32")
        if task.problem == "regression":
            return {"score": scores}
        answers = {"scores": scores, "labels": tf.constant(labels)}
        if task.problem == "single_label":
            answers["label"] = tf.gather(tf.constant(labels), tf.argmax(scores, axis=-1))
            answers["score"] = tf.reduce_max(scores, axis=-1)
        return answers

    signature = [tf.TensorSpec((None,), "string", name=name) for name in task.input_names]
    return tf.function(serve, input_signature=signature, autograph=False)

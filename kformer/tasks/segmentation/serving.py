"""Encoded images in, masks out, in a graph."""


def make_serving(task):
    """The task as one TensorFlow function.

    Args:
        task: `Segmentation`.

    Returns:
        `tf.function` of `image` (batch,) strings, the bytes of files, to the dict that `task.served` describes.
    """
    import tensorflow as tf

    processor = task.processor
    signature = (tf.TensorSpec((*processor.image_size, 3), "float32"), tf.TensorSpec((2,), "int32"))
    indices = task.class_map.indices

    def write(mask_and_size):
        mask, size = mask_and_size
        mask = processor.evaluation.mask_in_image(mask, size)
        is_class = tf.equal(mask[..., None], tf.constant(indices, "int32"))
        shares = tf.reduce_mean(tf.cast(is_class, "float32"), axis=(0, 1))
        return tf.io.encode_png(tf.cast(mask[..., None], "uint8")), shares

    def serve(images):
        images, sizes = tf.map_fn(processor.framed, images, fn_output_signature=signature)
        logits = task({"images": processor.normalised(images)}, training=False)
        masks = tf.gather(tf.constant(indices, "int32"), tf.argmax(logits, axis=-1, output_type="int32"))
        written = (tf.TensorSpec((), "string"), tf.TensorSpec((len(indices),), "float32"))
        pngs, shares = tf.map_fn(write, (masks, sizes), fn_output_signature=written)
        return {"mask": pngs, "shares": shares, "labels": tf.constant(list(task.labels))}

    return tf.function(serve, input_signature=[tf.TensorSpec((None,), "string", name="image")], autograph=False)

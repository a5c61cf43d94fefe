"""Encoded images in, boxes in their own pixels out, in a graph."""


def make_serving(task):
    """The task as one TensorFlow function from images to boxes.

    Args:
        task: `ObjectDetection`.

    Returns:
        `tf.function` of `image` (batch,) strings, the bytes of files, to the dict that `task.served` describes.
    """
    import tensorflow as tf

    from kformer.data.images.decoding import decode_image, resize_to_fit

    processor, labels = task.processor, list(task.labels)
    image = tf.TensorSpec((*processor.image_size, 3), "float32")
    shape = tf.TensorSpec((2,), "int32")

    def read(content):
        decoded = decode_image(content)
        stored = resize_to_fit(decoded, processor.stored_size)
        return processor.evaluation({"image": stored})["image"], tf.shape(stored)[:2], tf.shape(decoded)[:2]

    def serve(contents):
        images, stored, original = tf.map_fn(read, contents, fn_output_signature=(image, shape, shape))
        outputs = task({"images": processor.normalised(images)}, training=False)
        found = task.best_boxes(outputs, task.score_threshold)
        is_box = tf.range(tf.shape(found["scores"])[1])[None] < found["num"][:, None]
        return {
            **found,
            "boxes": in_originals(processor, found["boxes"], stored, original),
            "names": tf.where(is_box, tf.gather(tf.constant(labels), found["classes"]), ""),
            "labels": tf.constant(labels),
        }

    signature = [tf.TensorSpec((None,), "string", name="image")]
    return tf.function(serve, input_signature=signature, autograph=False)


def in_originals(processor, boxes, stored_shapes, original_shapes):
    """Boxes in the pixels of the original images: float32 (batch, n, 4), corners, cut to the image.

    Args:
        processor: `ImageProcessor`.
        boxes: float32 (batch, n, 4), corners in pixels of what the model reads.
        stored_shapes: int32 (batch, 2), height and width of the images that were framed.
        original_shapes: int32 (batch, 2), those of the originals.
    """
    import tensorflow as tf

    def move(arguments):
        corners, stored, original = arguments
        scale = tf.cast(original, "float32") / tf.cast(stored, "float32")
        return processor.evaluation.boxes_in_image(corners, stored) * tf.gather(scale, [1, 0, 1, 0])

    arguments = (boxes, stored_shapes, original_shapes)
    return tf.map_fn(move, arguments, fn_output_signature=tf.TensorSpec((None, 4), "float32"))

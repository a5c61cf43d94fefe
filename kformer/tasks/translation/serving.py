"""Sentences in, translations out, in a graph."""

from kformer.generation import BeamSearch
from kformer.tasks.decoding import TargetDecoder


def make_serving(task):
    """The task as one TensorFlow function from sentences to translations.

    Args:
        task: `Translation`.

    Returns:
        `tf.function` of `text` (batch,) strings to the dict that `task.served` describes.
    """
    import tensorflow as tf

    processor, target = task.processor, task.processor.target
    search = BeamSearch(
        task.beam_size,
        processor.max_length - 1,
        target.end_id,
        task.length_penalty,
        suppressed_ids=sorted({target.pad_id, target.start_id} - {target.end_id}),
        force_end=True,  # as Marian's own configuration has it: a sentence that is cut ends at no cost
    )

    def serve(text):
        source_ids, mask = processor.source_features(text)
        decoder = TargetDecoder(task.backbone, source_ids, mask)
        found = search(decoder, tf.fill((tf.shape(source_ids)[0],), target.start_id))
        return {"translation": processor.decode(found.token_ids[:, 0]), "score": found.scores[:, 0]}

    return tf.function(serve, input_signature=[tf.TensorSpec((None,), "string", name="text")], autograph=False)

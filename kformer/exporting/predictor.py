"""The predictor: raw inputs in, answers out."""

from pathlib import Path


class Predictor:
    """Answers for texts or images: what `kformer predict`, an evaluation and a SavedModel all run.

    Args:
        task: a task that gives an answer per input.

    Attributes:
        task: the task.
        labels: the label names in order; () where the answers are no labels.
        input_names: what it reads: ("text",), ("text", "text_pair"), ("image",) or ("image", "image_pair").
        empty_input: an input that says nothing.
        required: the roles that examples must have to be judged by (see `kformer.data.load`).
    """

    def __init__(self, task):
        self.task = task
        self.labels = task.labels
        self.input_names = tuple(task.input_names)
        self.empty_input = task.empty_input
        self.required = task.required

    def __call__(self, inputs, batch_size=64, on_unreadable=None):
        """One answer per input.

        Args:
            inputs: a text or a sequence of texts; for pairs, a sequence of (text, text); for images, a path, the bytes
                of a file, a uint8 array (height, width, 3) or a PIL image, or a sequence of these, or of pairs of them.
            batch_size: int, inputs at a time; they are taken in order of length, so that little is padded.
            on_unreadable: function that takes the error of each image that cannot be read, whose answer is None then;
                without it the first such error is raised.

        Returns:
            list of dicts (one dict for one input). Of a classification `label`, `score` and `scores` (label ->
            probability); with several labels `labels` (those of at least one half) and `scores`; of a regression
            `score`; of a segmentation `mask` (uint8 of the image's size, indices as the training masks have them, 255
            for none) and `shares` (label -> share of the pixels); of a face verification `same`, `similarity` and
            `threshold`; of a translation `translation` and `score`; of a language model `continuation`; of a masked one
            `filled` and `masks` (for each, token -> probability).

        Raises:
            TypeError: an input is of another kind, such as a pair where single texts are read.
            FileNotFoundError, ValueError: an image is absent or cannot be decoded.
        """
        if not isinstance(inputs, list | tuple):
            is_one = (
                isinstance(inputs, str | bytes | Path) or getattr(inputs, "ndim", 1) > 1 or hasattr(inputs, "getexif")
            )
            answers = self([inputs] if is_one else list(inputs), batch_size, on_unreadable)
            return answers[0] if is_one else answers
        if on_unreadable is None:
            return self.task.answers(self.task.read_inputs(list(inputs)), batch_size)
        return self._answers_of_readable(inputs, batch_size, on_unreadable)

    def _answers_of_readable(self, inputs, batch_size, on_unreadable):
        """The answers, with None for each input whose error went to `on_unreadable`."""
        from kformer.tasks.image_inputs import read_readable

        read = read_readable(inputs, self.task.read_inputs, on_unreadable)
        columns = [[column[0] for column in part] for part in zip(*read.values(), strict=True)]
        answers = dict(zip(read, self.task.answers(columns, batch_size), strict=True)) if read else {}
        return [answers.get(i) for i in range(len(inputs))]

    def evaluate(self, examples, seed=0):
        """The metrics on labelled examples, each with its 95 % interval, as in metrics.json.

        Args:
            examples: `kformer.data.Examples`.
            seed: int, of the bootstrap.
        """
        from kformer.evaluation import judge

        return judge(self.task, examples).metrics(seed)

    def embed(self, texts):
        """Vectors of length 1, float32 (n, d).

        Of texts they are sentence vectors by the task's backbone (see `SentenceEmbedder`), of the images of a face
        verification its embeddings.

        Args:
            texts: sequence of str; of images where the model is a face verification.
        """
        if hasattr(self.task, "embed"):
            return self.task.embed(list(texts))
        from kformer.tasks.embedding import SentenceEmbedder
        from kformer.tasks.text_processor import TextProcessor

        own = self.task.processor
        single = TextProcessor(own.tokenizer, own.max_length, html=own.html)
        return SentenceEmbedder(self.task.backbone, single)(texts)


def load(path, precision="auto"):
    """The predictor of a finished run, opened without running anyone's code.

    Args:
        path: folder of the run, or its `model.keras`.
        precision: str, number format; "auto" picks what the hardware has.

    Raises:
        FileNotFoundError, ValueError: the run is absent, unfinished, damaged, or holds foreign classes.
    """
    from kformer.tasks.loading import load_task

    return Predictor(load_task(path, precision))

"""The predictor: raw text in, answers out."""


class Predictor:
    """Answers for texts: what `kformer predict`, an evaluation and a SavedModel all run.

    Args:
        task: a task that gives an answer per text.

    Attributes:
        task: the task.
        labels: the label names in order; () where the answers are no labels.
        pair: bool, whether it reads pairs of texts.
        required: the roles that examples must have to be judged by (see `kformer.data.load`).
    """

    def __init__(self, task):
        self.task = task
        self.labels = task.labels
        self.pair = len(task.input_names) > 1
        self.required = task.required

    def __call__(self, inputs, batch_size=64):
        """One answer per input.

        Args:
            inputs: a text or a sequence of texts; for pairs, a sequence of (text, text).
            batch_size: int, inputs at a time; they are taken in order of length, so that little is padded.

        Returns:
            list of dicts (one dict for one text). Of a classification `label`, `score` and `scores` (label ->
            probability); with several labels `labels` (those of at least one half) and `scores`; of a regression
            `score`; of a translation `translation` and `score`; of a language model
            `continuation`; of a masked one `filled` and `masks` (for each, token -> probability).

        Raises:
            TypeError: an input is not text, or a pair where single texts are read, or the reverse.
        """
        if isinstance(inputs, str):
            return self([inputs], batch_size)[0]
        return self.task.answers(self._columns(list(inputs)), batch_size)

    def _columns(self, inputs):
        """The inputs as one list of texts, or two."""
        for i, item in enumerate(inputs):
            parts = tuple(item) if isinstance(item, tuple | list) else (item,)
            if len(parts) != 1 + self.pair or not all(isinstance(part, str) for part in parts):
                wanted = "a pair (text, text)" if self.pair else "a text"
                raise TypeError(f"The model reads {wanted} per input. Received: input {i} = {item!r}.")
        if self.pair:
            return [list(column) for column in zip(*inputs, strict=True)] if inputs else [[], []]
        return [inputs]

    def evaluate(self, examples, seed=0):
        """The metrics on labelled examples, each with its 95 % interval, as in metrics.json.

        Args:
            examples: `kformer.data.Examples`.
            seed: int, of the bootstrap.
        """
        from kformer.evaluation import judge

        return judge(self.task, examples).metrics(seed)

    def embed(self, texts):
        """Sentence vectors of length 1, float32 (n, d_model), by the task's backbone (see `SentenceEmbedder`).

        Args:
            texts: sequence of str.
        """
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

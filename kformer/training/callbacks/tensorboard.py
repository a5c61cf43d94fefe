"""What TensorBoard shows beside Keras' own curves: rate, gradients, speed, predictions, confusion, the recipe."""

import keras


class TrainingBoard(keras.callbacks.Callback):
    """Writes to TensorBoard what `keras.callbacks.TensorBoard` does not.

    Per tenth step the learning rate, the gradient norm and, in float16, the loss scale; after each epoch, or where
    there are many after each second, third, ..., some predictions with their text, the confusion matrix as an image
    and, where the judge draws one, a `picture` of some predictions; at the start the recipe and, of images, some as
    training sees them.

    Args:
        folder: path of the logs.
        recipe_text: str, YAML.
        judge: function without arguments that returns an `kformer.evaluation.Judged` of the validation examples.
        preview: function without arguments that returns a PNG file of what training sees, or None.
        every: int, steps between two points of the rate.
        most: int, how many times predictions are shown; beside epochs of seconds they would take most of the time.
    """

    def __init__(self, folder, recipe_text, judge, preview=lambda: None, every=10, most=10):
        super().__init__()
        self.folder = str(folder)
        self.recipe_text = recipe_text
        self.judge = judge
        self.preview = preview
        self.every = every
        self.most = most

    def on_train_begin(self, logs=None):
        import tensorflow as tf

        self._writer = tf.summary.create_file_writer(f"{self.folder}/details")
        self._step = 0
        with self._writer.as_default(step=0):
            tf.summary.text("recipe", f"```\n{self.recipe_text}```")
            if png := self.preview():
                tf.summary.image("training images", tf.image.decode_png(png, channels=3)[tf.newaxis])

    def on_train_batch_end(self, batch, logs=None):
        import tensorflow as tf

        self._step += 1
        if self._step % self.every:
            return
        optimizer = self.model.optimizer
        with self._writer.as_default(step=self._step):
            tf.summary.scalar("step/learning_rate", optimizer.current_rate())
            tf.summary.scalar("step/gradient_norm", optimizer.gradient_norm)
            if optimizer.loss_scale is not None:
                tf.summary.scalar("step/loss_scale", optimizer.loss_scale)

    def on_epoch_end(self, epoch, logs=None):
        if self._is_shown(epoch):
            self._show(epoch)

    def _is_shown(self, epoch):
        """Whether predictions are shown after this epoch: evenly up to the last, `most` times or fewer."""
        epochs = self.params["epochs"]
        return (epochs - 1 - epoch) % -(-epochs // self.most) == 0

    def _show(self, epoch):
        import tensorflow as tf

        judged = self.judge()
        with self._writer.as_default(step=epoch):
            tf.summary.text("predictions", _table(judged))
            if judged.confusion is not None:
                from kformer.evaluation.figures import confusion_matrix_png

                png = confusion_matrix_png(judged.confusion, judged.labels)
                tf.summary.image("confusion matrix", tf.image.decode_png(png, channels=3)[tf.newaxis])
            if hasattr(judged, "picture"):
                tf.summary.image("predicted pictures", tf.image.decode_png(judged.picture(), channels=3)[tf.newaxis])
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()


def _table(judged):
    """Some examples with what was expected and predicted, as Markdown."""
    names = list(judged.samples[0]) if judged.samples else []
    rows = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in judged.samples)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(value):
    return str(value)[:200].replace("|", "\\|").replace("\n", " ")

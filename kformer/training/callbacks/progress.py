"""What a person watching a run wants to know: how long it takes, how fast it is, and what to do when it breaks."""

import math
import sys
import time

import keras


def is_interactive():
    """Whether what is printed is seen by a person at once, in a terminal or a notebook, and may be written over."""
    return sys.stdout.isatty() or "ipykernel" in sys.modules


class EpochLines(keras.callbacks.Callback):
    """Tells of each epoch in one line, for files: there a progress bar leaves thousands of control characters.

    Args:
        num_epochs: int, of the whole run.
        tell: function that takes the line.
    """

    def __init__(self, num_epochs, tell):
        super().__init__()
        self.num_epochs = num_epochs
        self.tell = tell

    def on_epoch_begin(self, epoch, logs=None):
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        values = ", ".join(f"{name} {_short(value)}" for name, value in (logs or {}).items())
        seconds = in_words(time.perf_counter() - self._started)
        self.tell(f"epoch {epoch + 1}/{self.num_epochs}: {values} ({seconds})")


def _short(value):
    """A number of the logs: 0.5123, 12,346."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


class TimeEstimate(keras.callbacks.Callback):
    """Says, once ten steps are done, about how long all of them take.

    Batches hold nearly equal numbers of tokens, so a few of them tell. The first three steps hold the tracing and are
    left out, and so is what is between steps: validation, which has not been seen yet.

    Args:
        num_steps: int, batches of the whole run.
        tell: function that takes the line.
    """

    FIRST, LAST = 3, 10

    def __init__(self, num_steps, tell):
        super().__init__()
        self.num_steps = num_steps
        self.tell = tell
        self._seen = 0
        self._seconds = 0.0

    def on_train_batch_begin(self, batch, logs=None):
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._seen += 1
        if self._seen > self.FIRST:
            self._seconds += time.perf_counter() - self._started
        if self._seen == self.LAST and self.num_steps > self.LAST:
            per_step = self._seconds / (self.LAST - self.FIRST)
            whole = in_words(per_step * self.num_steps)
            self.tell(f"About {whole} of training steps in all ({per_step:.2f} s each), besides the validation.")


class KeepBest(keras.callbacks.EarlyStopping):
    """Keras' `EarlyStopping`, which says at the end whose epoch's weights it has restored.

    Args:
        tell: function that takes the line.
        *arguments, **settings: of `EarlyStopping`.
    """

    def __init__(self, tell, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.tell = tell

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        if self.restore_best_weights and self.best_weights is not None:
            epoch = self.best_epoch + 1
            self.tell(f"The weights of epoch {epoch} are kept, the best one: {self.monitor} {_short(self.best)}.")


def in_words(seconds):
    """A duration as people say it: "40 s", "3 min", "2 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class Throughput(keras.callbacks.Callback):
    """Measures each epoch's training speed, without validation, and adds it to the logs and the history.

    Adds `examples_per_second` and `tokens_per_second` (real tokens, no padding).

    Args:
        num_examples, num_tokens: ints, per epoch; no tokens are told of where there is one per example, as for images.
    """

    def __init__(self, num_examples, num_tokens):
        super().__init__()
        self.num_examples = num_examples
        self.num_tokens = num_tokens

    def on_epoch_begin(self, epoch, logs=None):
        self._started = time.perf_counter()
        self._ended = None

    def on_train_batch_end(self, batch, logs=None):
        self._ended = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = max((self._ended or time.perf_counter()) - self._started, 1e-9)
        if logs is not None:
            logs["examples_per_second"] = self.num_examples / seconds
            if self.num_tokens != self.num_examples:
                logs["tokens_per_second"] = self.num_tokens / seconds


class StopOnNaN(keras.callbacks.Callback):
    """Ends a run whose loss or gradients are no longer numbers, saying what to try.

    An update that is skipped while the loss scale finds its place is no reason.

    Raises:
        FloatingPointError: at the first batch after which the mean loss is NaN or infinite, or the loss scale below 1.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            rate = float(self.model.optimizer.learning_rate)
            raise FloatingPointError(
                f"The loss became {loss} in step {batch + 1} of epoch {self._epoch + 1}. Try a lower `learning_rate` "
                f"(now {rate:g}), a longer `warmup`, a smaller `clip_norm`, or `precision` float32; and look at the "
                "data with `kformer data`."
            )
        scale = getattr(self.model.optimizer, "loss_scale", None)
        if scale is not None and scale < 1:
            raise FloatingPointError(
                f"The gradients are too large for float16 in step {batch + 1} of epoch {self._epoch + 1}, however "
                f"little the loss is scaled (now by {float(scale):g}): choose `precision` mixed_bfloat16 or float32."
            )

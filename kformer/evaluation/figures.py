"""Pictures of a training and an evaluation: SVG for the report, PNG for TensorBoard.

Matplotlib's objects are used without pyplot, which would keep figures alive and pick a window system.
"""

import html
import io
import re
import warnings
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

# Placeholders that matplotlib writes as they are, and what the page's style sheet then decides, in light and in dark.
_INK, _FAINT = "#010203", "#040506"
SERIES = ("#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04", "#0a0b05", "#0a0b06", "#0a0b07", "#0a0b08")
_CSS_COLOURS = {_INK: "var(--muted)", _FAINT: "var(--line)"} | {
    colour: f"var(--series-{index})" for index, colour in enumerate(SERIES, 1)
}
MAX_ROC_CURVES = len(SERIES)
_MAX_NUMBERED_CLASSES = 15
_MAX_NAMED_CLASSES = 40
_MAX_NAME = 24
_MAX_BARS = 40


def curve_svgs(history: Sequence[Mapping[str, float]]) -> dict[str, str]:
    """Draws how each quantity went over the epochs.

    Args:
        history: one dict per epoch; `loss` and `val_loss` share a picture. `epoch` numbers the epochs, else they count
            from 1.

    Returns:
        name of the quantity -> SVG to put inside a page; a quantity without a finite value is left out.
    """
    epochs = [row.get("epoch", number) for number, row in enumerate(history, 1)]
    names = dict.fromkeys(name.removeprefix("val_") for row in history for name in row if name != "epoch")
    pictures = {}
    for name in names:
        lines = {}
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            values = np.array([_finite(row.get(key)) for row in history])
            if np.isfinite(values).any():
                lines[label] = values
        if lines:
            pictures[name] = _curve_svg(name, epochs, lines)
    return pictures


def roc_svg(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """Draws ROC curves, of the first eight labels.

    Args:
        curves: label -> (false positive rate, true positive rate).

    Returns:
        SVG to put inside a page.
    """
    figure, axes = new_figure(4.2, 3.9)
    axes.plot([0, 1], [0, 1], color=_FAINT, linestyle="--", linewidth=1)
    for colour, (label, (false_rate, true_rate)) in zip(SERIES, curves.items(), strict=False):
        axes.plot(false_rate, true_rate, color=colour, linewidth=1.8, label=_shortened(label))
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_aspect("equal")
    add_legend(axes, "lower right")
    return to_svg(figure, "ROC curves")


def histogram_svg(lengths: Sequence[int], max_length: int | None = None) -> str:
    """Draws how many texts have which length.

    Args:
        lengths: tokens of each text.
        max_length: where texts are cut, marked by a line.

    Returns:
        SVG to put inside a page.
    """
    lengths = np.asarray(lengths)
    figure, axes = new_figure(4.4, 2.4)
    longest = int(lengths.max())
    width = 1 + longest // _MAX_BARS  # whole, or some bars would hold more lengths than others
    counts, edges = np.histogram(lengths, np.arange(-0.5, longest + width + 0.5, width))
    axes.bar(edges[:-1], counts, 0.9 * width, align="edge", color=SERIES[0])
    if max_length is not None and max_length <= longest:
        axes.axvline(max_length + 0.5, color=SERIES[1], linestyle="--", linewidth=1.4)
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="tokens", ylabel="texts")
    return to_svg(figure, "how many texts have which number of tokens")


def confusion_matrix_png(matrix: np.ndarray, labels: Sequence[str]) -> bytes:
    """Draws a confusion matrix, each row shaded by its share of that class.

    Args:
        matrix: counts (actual, predicted).
        labels: names of the classes.

    Returns:
        The PNG file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matrix, num_classes = np.asarray(matrix), len(labels)
    side = float(np.clip(1.6 + 0.42 * num_classes, 3.2, 12))
    figure = Figure((side + 0.8, side), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="actual")
    shown = range(0, num_classes, 1 + (num_classes - 1) // _MAX_NAMED_CLASSES)
    names = [_shortened(labels[index]) if _drawable(str(labels[index])) else f"class {index}" for index in shown]
    axes.set_xticks(shown, names, rotation=90, parse_math=False)
    axes.set_yticks(shown, names, parse_math=False)
    if num_classes <= _MAX_NUMBERED_CLASSES:
        for (row, column), count in np.ndenumerate(matrix):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, _abbreviated(count), ha="center", va="center", color=colour, fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _abbreviated(count: int) -> str:
    """A count in few characters: counts of pixels are long."""
    for unit, size in (("M", 1e6), ("k", 1e4)):
        if count >= size:
            return f"{count / (1e6 if unit == 'M' else 1e3):.3g}{unit}"
    return f"{count:,}"


def _curve_svg(name: str, epochs: Sequence[float], lines: Mapping[str, np.ndarray]) -> str:
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure(3.9, 2.5)
    for label, values in lines.items():
        colour = SERIES[0] if label == "training" else SERIES[1]
        axes.plot(epochs, values, color=colour, linewidth=1.8, marker="o", markersize=4, label=label)
    if len(epochs) > 1:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    else:  # between which there is nothing to mark
        axes.set_xticks(epochs)
    axes.margins(x=0.04, y=0.12)
    axes.set_xlabel("epoch")
    if len(lines) > 1:
        add_legend(axes, "best")
    return to_svg(figure, f"{name} over the epochs")


def new_figure(width: float, height: float):
    """Returns a figure for a page, and its axes, in the style of all others.

    Args:
        width: In inches, at the size of the page's text.
        height: The same.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained", facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot(facecolor="none")
    axes.grid(color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, length=0, labelsize=9)
    axes.xaxis.label.set(color=_INK, fontsize=9)
    axes.yaxis.label.set(color=_INK, fontsize=9)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def add_legend(axes, place: str) -> None:
    """Names the lines or bars that have a label; `place` is matplotlib's `loc`."""
    legend = axes.legend(loc=place, frameon=False, fontsize=9, labelcolor=_INK)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a label may hold $


def to_svg(figure, title: str) -> str:
    """The figure as an `<svg>` element that takes its colours and its font from the page."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "kformer"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has the font, or finds one
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r" font-family: [^;\"]*;", "", svg)
    # What is left of ids is referred to, and must not meet the ids of another figure on the page.
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>f{zlib.crc32(svg.encode()):08x}-", svg)
    for placeholder, colour in _CSS_COLOURS.items():
        svg = svg.replace(placeholder, colour)
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(title)}"', 1)


def _drawable(name: str) -> bool:
    """Whether matplotlib's own font, the only one sure to be there, has every character of a name."""
    from matplotlib import font_manager

    characters = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    return all(ord(character) in characters for character in name)


def _shortened(name: object) -> str:
    name = str(name)
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"


def _finite(value: object) -> float:
    return float(value) if isinstance(value, int | float | np.number) and np.isfinite(value) else np.nan

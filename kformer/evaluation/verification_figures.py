"""Pictures of a verification for the report: what thresholds accept, and how similar pairs are."""

import numpy as np

from kformer.evaluation.figures import SERIES, add_legend, new_figure, to_svg

_LEAST_RATE = 1e-4
_MAX_POINTS = 300
_NUM_BARS = 50


def error_rates_svg(false_accepts: np.ndarray, true_accepts: np.ndarray) -> str:
    """Draws the true accept rate over the false accept rate, whose axis is logarithmic.

    Args:
        false_accepts, true_accepts: as `Verification.rates` gives them.

    Returns:
        SVG to put inside a page.
    """
    kept = np.unique(np.linspace(0, len(false_accepts) - 1, _MAX_POINTS).round().astype(int))
    # The ends of steps are what a threshold can reach: thinning must not lose those of few false accepts.
    steps = np.flatnonzero(np.diff(false_accepts) > 0)[:_MAX_POINTS]
    kept = np.union1d(kept, np.concatenate([steps, steps + 1]))
    figure, axes = new_figure(4.2, 3.4)
    rates = np.maximum(false_accepts[kept], _LEAST_RATE)
    axes.plot(rates, true_accepts[kept], color=SERIES[0], linewidth=1.8, drawstyle="steps-post")
    axes.set_xscale("log")
    axes.set(xlabel="false accept rate", ylabel="true accept rate", xlim=(_LEAST_RATE, 1.05), ylim=(-0.01, 1.01))
    return to_svg(figure, "true accept rate over false accept rate")


def similarities_svg(genuine: np.ndarray, impostor: np.ndarray, threshold: float) -> str:
    """Draws how similar pairs of one person and pairs of two are, each kind as shares, and the threshold.

    Args:
        genuine, impostor: similarities of the pairs.
        threshold: the least similarity that counts as one person.

    Returns:
        SVG to put inside a page.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure(4.4, 2.8)
    everything = np.concatenate([genuine, impostor, [threshold]])
    edges = np.linspace(everything.min() - 1e-3, everything.max() + 1e-3, _NUM_BARS + 1)
    for colour, label, values in ((SERIES[0], "one person", genuine), (SERIES[1], "two people", impostor)):
        shares = np.histogram(values, edges)[0] / max(len(values), 1)
        axes.bar(edges[:-1], shares, np.diff(edges), align="edge", color=colour, alpha=0.6, label=label)
    axes.axvline(threshold, color=SERIES[2], linestyle="--", linewidth=1.4, label="threshold")
    axes.grid(visible=False, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.set(xlabel="similarity", ylabel="share of the pairs")
    add_legend(axes, "best")
    return to_svg(figure, "similarities of pairs of one person and of two")

"""Tells the metrics of a model that has learnt nothing yet."""

# What guessing reaches of each metric; the first that is there decides.
_GUESSED = {"mcc": 0.0, "r2": 0.0, "roc_auc": 0.5, "map50": 0.0}
_REMEDY = "Train longer, on more examples, or from pretrained weights."


def told_guessing(metrics):
    """A sentence where the metrics of a split are not surely above those of guessing, or None.

    Args:
        metrics: flat names -> {"value", "low", "high"} or a number, as in metrics.json.
    """
    name = next((name for name in _GUESSED if name in metrics), None)
    if name is None:
        return None
    value, low, guessed = metrics[name]["value"], metrics[name]["low"], _GUESSED[name]
    if name == "mcc" and value is None:
        return f"No better than guessing: every example is taken for the same, or all are. {_REMEDY}"
    if low is None or low > guessed:
        return None
    return (
        f"Not surely better than guessing, of which {name} is {guessed:g}: its interval begins at {low:.3f}. {_REMEDY}"
    )

"""Which variables learn, and how fast: freezing and layer-wise rates over a task's stages."""


def freeze_stages(task, count):
    """Freezes the lowest stages, so that no gradient is computed for them.

    Args:
        task: a task with `stages()`, from input to head.
        count: int, stages to freeze; -1 freezes all but the head, 0 none.

    Raises:
        ValueError: when nothing but the head, or not even that, would be left above `count`.
    """
    stages = task.stages()
    if count >= len(stages):
        raise ValueError(
            f"`freeze` must be below the model's {len(stages)} stages (embeddings, blocks, head), or -1 for all but "
            f"the head. Received: freeze={count}."
        )
    frozen = len(stages) - 1 if count == -1 else count
    for i, stage in enumerate(stages):
        for layer in stage:
            layer.trainable = i >= frozen


def stage_multipliers(task, layer_decay):
    """The factor on each trainable variable's rate: layer_decay^(stages above it), 1 for the head.

    Paper: Howard and Ruder, ULMFiT (discriminative fine-tuning), arXiv 1801.06146.

    Args:
        task: a task with `stages()`.
        layer_decay: float in [0, 1].

    Returns:
        list of floats, in the order of `task.trainable_variables`.
    """
    stages = task.stages()
    factor = {
        id(variable): layer_decay ** (len(stages) - 1 - i)
        for i, stage in enumerate(stages)
        for layer in stage
        for variable in layer.trainable_variables
    }
    return [factor[id(variable)] for variable in task.trainable_variables]

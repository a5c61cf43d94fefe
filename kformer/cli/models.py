"""`kformer models`: what can be started from, and what it would cost here."""

import click

from kformer.cli.console import duration, print_table
from kformer.cli.options import ROLES, data_options, given
from kformer.cli.quiet import load_tensorflow

_TOKENS_PER_WORD = 1.35  # WordPiece on English prose, punctuation included
_BATCH_SIZE = 32
_EPOCHS = 3


@click.command()
@click.option("--for", "source", metavar="SRC", help="Estimate speed, memory and time for these examples, here.")
@click.option("--epochs", type=click.IntRange(min=1), default=_EPOCHS, show_default=True, help="Length of the run.")
@click.option("--max-length", type=click.IntRange(min=3), default=128, show_default=True, help="Tokens kept of a text.")
@data_options(*ROLES)
def models(source, epochs, max_length, **arguments):
    """List the models to start from, by task.

    With --for, also what a run on your examples would take on this machine.
    """
    import kformer as kf
    from kformer.data.sources import check_source

    if source is not None:
        check_source(source)
    load_tensorflow()
    variants = kf.models.variants()
    if source is None:
        _print_by_task(variants)
        return
    from kformer.cli.probe import measure, training_memory

    examples = kf.data.load(source, required=(), **given(arguments))
    probe = measure()
    if "image" in examples.fields:
        variants = [variant for variant in variants if _task_on_images(examples) in variant.tasks]
        costs = [(variant.training_flops(variant.sizes["image_size"]), variant.num_tokens) for variant in variants]
        what = "images, each model at its own size"
    else:
        readers = [variant for variant in variants if not variant.reads_images]
        variants = [variant for variant in readers if ("translation" in variant.tasks) == ("target" in examples.fields)]
        lengths = _token_lengths(examples, max_length)
        mean_length = sum(lengths) / len(lengths)
        costs = [(variant.training_flops(mean_length), max(lengths)) for variant in variants]
        what = f"texts of about {mean_length:.0f} tokens"
    rows = []
    for variant, (flops, length) in zip(variants, costs, strict=True):
        rate = probe.training_flops / flops
        memory = training_memory(variant, _BATCH_SIZE, length)
        speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        time = duration(epochs * len(examples) / rate)
        rows.append([*_name_and_size(variant), f"{memory / 2**30:.1f} GiB", f"{speed} /s", time])
    click.echo(f"{len(examples):,} {what}; {probe.description}")
    print_table(("--init", "parameters", "memory", "examples", f"{epochs} epochs"), rows)
    click.echo("Estimates: expect them to be right within a factor of two. A run states its own after ten steps.")


def _task_on_images(examples) -> str:
    """Returns what images are for, by what stands beside them."""
    if "boxes" in examples.fields:
        return "object-detection"
    return "segmentation" if "mask" in examples.fields else "image-classification"


def _print_by_task(variants) -> None:
    """Prints a table for every set of tasks that some of the models serve."""
    for tasks in dict.fromkeys(variant.tasks for variant in variants):
        members = [variant for variant in variants if variant.tasks == tasks]
        click.echo(f"For {', '.join(tasks)}:")
        rows = [[*_name_and_size(variant), variant.init, variant.paper] for variant in members]
        print_table(("--init", "parameters", "weights", "paper"), rows)


def _name_and_size(variant) -> list[str]:
    """Returns the first two columns."""
    return [variant.name, f"{variant.num_parameters / 1e6:,.1f} M"]


def _token_lengths(examples, max_length: int) -> list[int]:
    """Returns about how many tokens each example has, without a tokenizer: that belongs to a model."""
    roles = [role for role in ("text", "text_pair") if role in examples.fields]
    texts = zip(*(examples.values(role) for role in roles), strict=True)
    words = (sum(len(text.split()) for text in parts) for parts in texts)
    return [min(max_length, 1 + len(roles) + round(_TOKENS_PER_WORD * count)) for count in words]

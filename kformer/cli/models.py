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

    load_tensorflow()
    variants = kf.models.variants()
    if source is None:
        _print_by_task(variants)
        return
    from kformer.cli.probe import measure, training_memory

    examples = kf.data.load(source, required=(), **given(arguments))
    readers = [variant for variant in variants if not variant.reads_images]
    variants = [variant for variant in readers if ("translation" in variant.tasks) == ("target" in examples.fields)]
    rows = [_name_and_size(variant) for variant in variants]
    lengths = _token_lengths(examples, max_length)
    mean_length = sum(lengths) / len(lengths)
    probe = measure()
    for row, variant in zip(rows, variants, strict=True):
        rate = probe.training_flops / variant.training_flops(mean_length)
        memory = training_memory(variant, _BATCH_SIZE, max(lengths))
        speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        row += [f"{memory / 2**30:.1f} GiB", f"{speed} /s", duration(epochs * len(lengths) / rate)]
    click.echo(f"{len(lengths):,} texts of about {mean_length:.0f} tokens; {probe.description}")
    print_table(("--init", "parameters", "memory", "examples", f"{epochs} epochs"), rows)
    click.echo("Estimates: expect them to be right within a factor of two. A run states its own after ten steps.")


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

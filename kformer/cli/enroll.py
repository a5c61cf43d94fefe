"""`kformer enroll`: a gallery of people, to find again who a picture shows."""

from pathlib import Path

import click

from kformer.cli.console import note, short_path
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.wording import counted

GALLERY = "gallery"  # where it is in a run's folder


@click.command()
@click.argument("folder", metavar="RUN")
@click.argument("people", metavar="PEOPLE_FOLDER")
@click.option("--out", metavar="DIR", help="Where to write the gallery.  [default: RUN/gallery]")
@click.option(
    "--keep",
    type=click.Choice(["mean", "all"]),
    default="mean",
    show_default=True,
    help="One embedding a person, or those of all pictures, of which the most similar one counts.",
)
@click.option("--overwrite", is_flag=True, help="Replace the gallery that is there.")
@precision_option
def enroll(folder, people, out, keep, overwrite, precision):
    """Make a gallery of the people in a folder.

    The folder has a subfolder of pictures for each person. RUN is a face verification. Nothing is trained: the model
    need not have seen these people before.

    \b
    kformer enroll saved_models/faces people
    kformer identify saved_models/faces picture.jpg
    """
    import kformer as kf
    from kformer.tasks.face_verification.gallery import is_gallery, may_hold_gallery, read_people

    destination = Path(out) if out else Path(folder) / GALLERY
    if not may_hold_gallery(destination):
        raise FileExistsError(
            f"{destination} holds something that is no gallery, which is never overwritten: say --out."
        )
    if is_gallery(destination) and not overwrite:
        raise FileExistsError(f"{destination} holds a gallery: give another --out, or --overwrite to replace it.")
    load_tensorflow(folder)
    predictor = kf.load(folder, precision=precision)
    examples = read_people(people)
    for rejection in examples.rejected:
        note(f"left out: {rejection.place}: {rejection.reason}")
    gallery = kf.enroll(predictor, examples, keep, run=str(Path(folder).absolute()))
    gallery.save(destination)
    people, pictures = counted(len(gallery), "person", "people"), counted(sum(gallery.num_images), "picture")
    click.echo(f"{people} of {pictures}, in {short_path(destination)}")

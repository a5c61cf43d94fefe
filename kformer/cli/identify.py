"""`kformer identify`: who of the people in a gallery a picture shows."""

from pathlib import Path

import click

from kformer.cli.console import print_table
from kformer.cli.enroll import GALLERY
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.cli.rows_out import to_json
from kformer.cli.unreadable import Unreadable


@click.command()
@click.argument("folder", metavar="GALLERY|RUN")
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True)
@click.option("--run", metavar="DIR", help="The run that made the gallery.  [default: where it was then]")
@click.option(
    "--threshold", type=click.FloatRange(-1, 1), help="Least similarity that is enough.  [default: the run's]"
)
@click.option("--top", type=click.IntRange(min=1), default=1, show_default=True, help="People to tell of each picture.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each picture.")
@precision_option
def identify(folder, pictures, run, threshold, top, as_json, precision):
    """Tell who is in a picture, of the people in a gallery.

    Somebody who is similar to nobody in it is unknown: the threshold was chosen when the run was trained. Of several
    pictures those that cannot be read are named and passed over; the exit status is 1 then, and 2 where none is left.

    \b
    kformer enroll saved_models/faces people
    kformer identify saved_models/faces picture.jpg other.jpg --top 3
    """
    import kformer as kf

    gallery, run = _open(Path(folder), run)
    load_tensorflow(run)
    predictor = kf.load(run, precision=precision)
    unreadable = Unreadable()
    # One picture by itself fails as everything does: in one line.
    found = gallery.identify(predictor, list(pictures), top, threshold, unreadable if len(pictures) > 1 else None)
    answers = [(picture, answer) for picture, answer in zip(pictures, found, strict=True) if answer is not None]
    unreadable.check(len(answers))
    if as_json:
        for picture, answer in answers:
            click.echo(to_json({"image": picture, **answer}))
    else:
        rows = [row for picture, answer in answers for row in _rows(picture, answer)]
        print_table(("picture", "person", "similarity", "threshold"), rows)
    unreadable.exit()


def _open(folder: Path, run: str | None):
    """Returns the gallery in a folder or in a run's, and the run that made it."""
    import kformer as kf
    from kformer.tasks.face_verification.gallery import is_gallery

    if is_gallery(folder):
        gallery = kf.Gallery.load(folder)
        run = run or gallery.run
        if not Path(run).is_dir():
            raise FileNotFoundError(f"{folder} was made by the run {run!r}, which is not there: say --run DIR.")
        return gallery, run
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no gallery and no run {folder}.")
    if run is not None:
        raise ValueError(f"{folder} holds no gallery, but --run {run} was given. Give the folder of a gallery.")
    if not is_gallery(folder / GALLERY):
        raise FileNotFoundError(
            f"There is no gallery in {folder}: make one with `kformer enroll {folder} PEOPLE_FOLDER`."
        )
    return kf.Gallery.load(folder / GALLERY), str(folder)


def _rows(picture: str, answer: dict) -> list[tuple[str, ...]]:
    """Returns the lines of a picture: who it shows, then the other candidates."""
    name = "unknown" if answer["name"] is None else answer["name"]
    first = (picture, name, f"{answer['similarity']:.3f}", f"{answer['threshold']:.3f}")
    candidates = answer["candidates"]
    # The nearest person is worth telling also of somebody unknown, when more than one was asked for.
    others = candidates if answer["name"] is None and len(candidates) > 1 else candidates[1:]
    return [first, *(("", f"({other['name']})", f"{other['similarity']:.3f}", "") for other in others)]

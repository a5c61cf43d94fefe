"""What a translation starts from: a run of kformer, or a Marian folder."""

from kformer.checkpoints import find_checkpoint, load_backbone, read_marian_vocabulary
from kformer.checkpoints.hf_folder import HFFolder
from kformer.data.tokenizers import MarianTokenizer
from kformer.tasks.loading import check_family, is_run, load_task
from kformer.tasks.precision import resolve_precision

FAMILIES = ("transformer", "marian")


def find_translator(init, precision="auto", dropout=None):
    """The model and tokenizers that `init` names.

    Args:
        init: str or path: a run, a Hugging Face folder, "hf:organisation/name" or a variant.
        precision: str, see `kformer.tasks.precision.resolve_precision`.
        dropout: float, or None for the model's own.

    Returns:
        (backbone, source tokenizer, target tokenizer); one tokenizer twice where the sides share it.

    Raises:
        FileNotFoundError, ValueError: when there is no such model, its files do not fit, or it is of another family.
    """
    from kformer.models.registry import family_name

    if is_run(init):
        task = load_task(init, precision)
        check_family(init, family_name(task.backbone), FAMILIES)
        return _with_dropout(task.backbone, dropout), task.processor.source, task.processor.target
    folder = find_checkpoint(init, FAMILIES)
    check_family(init, HFFolder(folder).config.get("model_type"), FAMILIES)
    changes = {} if dropout is None else {"dropout": dropout}
    backbone, _ = load_backbone(folder, dtype=resolve_precision(precision)[0], **changes)
    vocabulary = read_marian_vocabulary(folder)
    source = MarianTokenizer(vocabulary.source_model, vocabulary.source)
    return backbone, source, MarianTokenizer(vocabulary.target_model, vocabulary.target)


def _with_dropout(backbone, dropout):
    if dropout is None:
        return backbone
    name = "rate" if "rate" in backbone.get_config() else "dropout"
    twin = type(backbone).from_config({**backbone.get_config(), name: dropout})
    for variable, own in zip(twin.trainable_variables, backbone.trainable_variables, strict=True):
        variable.assign(own)
    return twin

"""The recipe: what is refused, in which words, and YAML there and back."""

import dataclasses

import pytest

from kformer.training.recipes import TextClassificationRecipe as Recipe

DEFAULTS = dataclasses.asdict(Recipe())


def test_yaml_there_and_back_is_equal(tmp_path):
    recipe = Recipe(
        epochs=7,
        learning_rate=3e-5,
        schedule="cosine",
        final_rate=0.1,
        dropout=0.0,
        monitor="val_loss",
        duplicates=False,
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe.to_yaml(), encoding="utf-8")
    assert Recipe.from_file(path) == recipe


def test_yaml_has_every_field_with_its_help():
    lines = Recipe().to_yaml().splitlines()
    assert len(lines) == len(DEFAULTS)
    for line, field in zip(lines, dataclasses.fields(Recipe), strict=True):
        assert line.startswith(f"{field.name}: ")
        assert line.endswith(f"# {field.metadata['help']}")


def test_a_file_keeps_the_defaults_of_fields_that_it_does_not_name(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("epochs: 5\n")
    assert Recipe.from_file(path) == Recipe(epochs=5)


def test_an_empty_file_is_the_defaults(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("# nothing\n")
    assert Recipe.from_file(path) == Recipe()


def test_numbers_in_the_forms_of_yaml_are_floats(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("learning_rate: 5e-5\nclip_norm: 1\n")
    recipe = Recipe.from_file(path)
    assert (recipe.learning_rate, recipe.clip_norm) == (5e-5, 1.0)
    assert isinstance(recipe.clip_norm, float)


def test_fields_are_replaced():
    assert Recipe(epochs=5).replace(seed=1) == Recipe(epochs=5, seed=1)


@pytest.mark.parametrize("make", [Recipe.from_dict, lambda values: Recipe().replace(**values)])
def test_an_unknown_field_suggests_the_nearest_and_lists_the_known(make):
    message = r"A recipe has no field 'learning_rat'. Did you mean 'learning_rate'\? Known: epochs, .*, vocab_size\."
    with pytest.raises(ValueError, match=message):
        make({"learning_rat": 1e-4})


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("epochs", 2.0, "int"),
        ("epochs", "two", "int"),
        ("epochs", True, "int"),
        ("epochs", None, "int"),
        ("learning_rate", "fast", "float"),
        ("learning_rate", False, "float"),
        ("dropout", [0.1], "float"),
        ("restore_best", 1, "bool"),
        ("monitor", 3, "str"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(field, value, kind):
    with pytest.raises(TypeError) as error:
        Recipe(**{field: value})
    assert str(error.value) == f"`{field}` must be of type {kind}. Received: {field}={value!r}."


@pytest.mark.parametrize(
    ("field", "value", "accepted"),
    [
        ("epochs", 0, "at least 1"),
        ("batch_size", 0, "at least 1"),
        ("accumulation", 0, "at least 1"),
        ("learning_rate", -1e-5, "at least 0.0"),
        ("learning_rate", float("nan"), "finite and at least 0.0"),
        ("learning_rate", float("inf"), "finite and at least 0.0"),
        ("learning_rate", "inf", "finite and at least 0.0"),
        ("clip_norm", float("inf"), "finite and at least 0.0"),
        ("dropout", float("nan"), "finite and at least 0.0 and below 1.0"),
        ("warmup", 1.0, "at least 0.0 and below 1.0"),
        ("final_rate", 1.5, "at least 0.0 and at most 1.0"),
        ("weight_decay", -0.1, "at least 0.0"),
        ("layer_decay", 1.1, "at least 0.0 and at most 1.0"),
        ("freeze", -2, "at least -1"),
        ("clip_norm", -1.0, "at least 0.0"),
        ("label_smoothing", 1.0, "at least 0.0 and below 1.0"),
        ("dropout", 1.0, "at least 0.0 and below 1.0"),
        ("early_stopping", -1, "at least 0"),
        ("plateau", -1, "at least 0"),
        ("plateau_factor", 1.0, "at least 0.0 and below 1.0"),
        ("max_length", 2, "at least 3"),
        ("num_buckets", 0, "at least 1"),
        ("validation_fraction", 1.0, "at least 0.0 and below 1.0"),
        ("vocab_size", 99, "at least 100"),
        ("seed", -1, "at least 0"),
        ("seed", 2**32, "at least 0 and below 4294967296"),
    ],
)
def test_a_value_out_of_range_is_refused(field, value, accepted):
    with pytest.raises(ValueError) as error:
        Recipe(**{field: value})
    assert str(error.value).startswith(f"`{field}` must be {accepted}")
    assert str(error.value).endswith(f"Received: {field}={value}.")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("schedule", "linar", "linear, cosine, exponential, inverse_sqrt, constant. {} Did you mean 'linear'?"),
        ("precision", "bfloat16", "auto, float32, mixed_bfloat16, mixed_float16. {} Did you mean 'mixed_bfloat16'?"),
        ("class_weights", "equal", "none, balanced. {}"),
        ("pooling", "first ", "first, mean. {} Did you mean 'first'?"),
        ("xla", True, "auto, on, off. {}"),
    ],
)
def test_a_choice_that_there_is_not_is_refused(field, value, message):
    with pytest.raises(ValueError) as error:
        Recipe(**{field: value})
    assert str(error.value) == f"`{field}` must be one of {message.format(f'Received: {field}={value!r}.')}"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schedule": "constant", "final_rate": 0.5}, "`final_rate` 0.5 and `schedule` constant contradict each other"),
        ({"schedule": "inverse_sqrt", "final_rate": 0.5}, "`final_rate` 0.5 and `schedule` inverse_sqrt contradict"),
        ({"schedule": "exponential", "final_rate": 0.0}, "`final_rate` 0 and `schedule` exponential contradict each"),
        ({"schedule": "inverse_sqrt", "warmup": 0.0}, "`warmup` 0 and `schedule` inverse_sqrt contradict each other"),
        ({"freeze": -1, "layer_decay": 0.9}, "`freeze` -1 and `layer_decay` 0.9 contradict each other"),
    ],
)
def test_fields_that_contradict_each_other_are_both_named(fields, message):
    with pytest.raises(ValueError, match=f"{message}.*(Drop one of them|Give a larger)"):
        Recipe(**fields)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no recipe .*nowhere.yaml"):
        Recipe.from_file(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epochs: [1\n", "is not valid YAML: .*line 2"),
        (b"epochs: \xff\n", "is not valid YAML: .*codec can't decode"),
        (b"- epochs\n", r"must hold lines of the form `field: value`. Received: \['epochs'\]"),
        (b"epoch: 3\n", "recipe.yaml: A recipe has no field 'epoch'. Did you mean 'epochs'"),
        (b"epochs: 0\n", "recipe.yaml: `epochs` must be at least 1. Received: epochs=0"),
        (b"learning_rate: .inf\n", "`learning_rate` must be finite and at least 0.0. Received: learning_rate=inf"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        Recipe.from_file(path)


def test_a_wrong_type_in_a_file_stays_a_type_error(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("epochs: many\n")
    with pytest.raises(TypeError, match="recipe.yaml: `epochs` must be of type int. Received: epochs='many'"):
        Recipe.from_file(path)


def test_yaml_cannot_make_objects(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("epochs: !!python/object/apply:os.getpid []\n")
    with pytest.raises(ValueError, match="is not valid YAML: could not determine a constructor"):
        Recipe.from_file(path)

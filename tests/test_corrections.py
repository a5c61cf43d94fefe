"""docs/corrections.md: its tables name tests that exist, its example runs, and here is what no other test proves."""

import ast
import doctest
import importlib.metadata
import math
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from packaging.specifiers import SpecifierSet

import kformer as kf
from kformer.layers import FeedForward, MultiHeadAttention, TransformerBlock
from kformer.layers.embeddings import sinusoids
from kformer.training.recipes import RECIPES
from kformer.training.schedules import rate_factor
from tests.layers import oracles
from tests.tiny import randomise

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = {language: ROOT / "docs" / f"corrections{language}.md" for language in ("", ".zh-CN")}
LINK = re.compile(r"\[(tests/[\w/]+\.py)::(test_\w+)\]\(\.\./([^)]+)\)")

SIZES = {"num_layers": 2, "d_model": 8, "num_heads": 2, "d_ff": 16, "input_vocab_size": 20, "target_vocab_size": 15}
random = np.random.default_rng(0)
X = random.normal(size=(2, 4, 8)).astype("float32")
SOURCE = np.array([[3, 5, 5, 7, 4, 6], [8, 9, 4, 0, 0, 0]], "int32")
TARGET = np.array([[1, 5, 5, 7], [1, 4, 0, 0]], "int32")
INPUTS = {"source_ids": SOURCE, "target_ids": TARGET}


def model(**changes):
    return randomise(kf.TransformerModel(**{**SIZES, **changes}))


def random_block(**settings):
    block = TransformerBlock(num_heads=2, d_model=8, d_ff=16, cross_attention=True, **settings)
    block.build(X.shape)
    return randomise(block)


# The documents


@pytest.mark.parametrize("language", DOCUMENTS)
def test_every_link_leads_to_a_test_that_is_there(language):
    links = LINK.findall(DOCUMENTS[language].read_text(encoding="utf-8"))
    for path, name, target in links:
        functions = [node.name for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body
                     if isinstance(node, ast.FunctionDef)]  # fmt: skip
        assert (target, name in functions) == (path, True), (path, name)


@pytest.mark.parametrize("language", DOCUMENTS)
def test_every_row_names_a_test(language):
    lines = DOCUMENTS[language].read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|") and not line.startswith("|-")]
    without = [row for row in rows if not LINK.search(row)]
    assert len(rows) - len(without) > 30
    assert len(without) == sum(line.startswith("|-") for line in lines)  # the heads of the tables


def test_the_chinese_tables_name_the_same_tests_in_the_same_order():
    english, chinese = (LINK.findall(path.read_text(encoding="utf-8")) for path in DOCUMENTS.values())
    assert english == chinese


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_worked_example_runs(language):
    results = doctest.testfile(str(DOCUMENTS[language]), module_relative=False, encoding="utf-8")
    assert results.attempted > 10
    assert results.failed == 0


# The code


def test_an_attribute_with_a_minus_sign_cannot_be_assigned():
    with pytest.raises(SyntaxError):
        compile("self.enc-self.attention = layer", "article", "exec")


def test_a_block_s_sublayers_are_attentions_and_one_feed_forward_network():
    block = random_block()
    sublayers = (block.attention, block.context_attention, block.feed_forward)
    assert [type(layer) for layer in sublayers] == [MultiHeadAttention, MultiHeadAttention, FeedForward]


def test_no_two_blocks_share_a_variable():
    transformer = model()
    blocks = [*transformer.encoder.blocks, *transformer.decoder.blocks]
    ids = [{id(variable) for variable in block.trainable_variables} for block in blocks]
    assert len(blocks) == 4
    assert all(ids)
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_each_layer_adds_its_own_parameters():
    two, three, four = (kf.TransformerModel(**{**SIZES, "num_layers": n}).count_params() for n in (2, 3, 4))
    assert four - three == three - two > 0


def test_the_decoder_has_the_same_number_of_blocks_and_reads_the_encoder():
    transformer = model()
    assert [block.cross_attention for block in transformer.encoder.blocks] == [False, False]
    assert [block.cross_attention for block in transformer.decoder.blocks] == [True, True]


def test_padding_behind_the_targets_changes_no_logits_before_it():
    transformer = model()
    longer = {**INPUTS, "target_ids": np.pad(TARGET, ((0, 0), (0, 3)))}
    np.testing.assert_allclose(transformer(longer)[:, :4], transformer(INPUTS), atol=1e-5)


def zero_sublayers(block):
    """Has every sublayer of a block give zeros."""
    for layer in (block.attention, block.context_attention, block.feed_forward):
        for variable in layer.output_projection.trainable_variables:
            variable.assign(np.zeros(variable.shape))
    return block


def test_where_the_sublayers_give_zeros_a_pre_norm_block_gives_its_input():
    block = zero_sublayers(random_block(norm_first=True))
    np.testing.assert_array_equal(block(X, context=X), X)


def test_where_the_sublayers_give_zeros_a_post_norm_block_gives_its_input_normalised():
    block = zero_sublayers(random_block())
    expected = X
    for residual in (block.attention_residual, block.context_residual, block.feed_forward_residual):
        expected = oracles.layer_norm(expected, residual.norm)
    np.testing.assert_allclose(block(X, context=X), expected, atol=1e-5)


def test_the_vectors_that_leave_a_new_encoder_have_mean_0_and_variance_1():
    transformer = kf.TransformerModel(**SIZES)
    encoded = np.asarray(transformer.encode(SOURCE, SOURCE != 0)["sequence_output"])
    np.testing.assert_allclose(encoded.mean(-1), 0, atol=1e-5)
    np.testing.assert_allclose(encoded.var(-1), 1, atol=1e-3)


def dropouts(transformer):
    """The dropout of each sublayer's output and of both embeddings, by name."""
    stacks = {"encoder": transformer.encoder, "decoder": transformer.decoder}
    found = {"source": transformer.source_dropout, "target": transformer.target_dropout}
    for side, stack in stacks.items():
        for i, block in enumerate(stack.blocks):
            names = ["attention", *(["context"] if side == "decoder" else []), "feed_forward"]
            found.update({f"{side} {i} {name}": getattr(block, f"{name}_residual").output_dropout for name in names})
    return found


def test_each_sublayer_and_each_embedding_has_a_dropout_of_its_own_that_acts_in_training():
    """With all other rates at 0, each one alone changes the outputs."""
    transformer = model(num_layers=1, rate=0.0)
    layers = dropouts(transformer)
    assert len(layers) == 2 + 2 + 3
    expected = np.asarray(transformer(INPUTS, training=True))
    for name, layer in layers.items():
        layer.rate.assign(0.5)
        assert not np.allclose(transformer(INPUTS, training=True), expected), name
        layer.rate.assign(0.0)


def test_dropout_is_off_in_evaluation():
    inputs, labels = INPUTS, np.array([[5, 5, 7, 2], [4, 2, 0, 0]], "int32")
    losses = []
    for rate in (0.0, 0.5):
        transformer = model(rate=rate)
        transformer.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
        losses.append(transformer.evaluate(inputs, labels, verbose=0))
    assert losses[0] == losses[1]


def first_states(transformer, source_ids):
    """What the encoder's first block reads."""
    source_ids = np.asarray(source_ids, "int32")
    return np.asarray(transformer.encode(source_ids, source_ids != 0, return_hidden_states=True)["hidden_states"][0])


def test_the_encoder_reads_token_vectors_times_the_root_of_the_width_plus_position_vectors():
    transformer = model()
    expected = np.asarray(transformer.source_embedding.embeddings)[SOURCE] * math.sqrt(8) + sinusoids(6, 8)
    np.testing.assert_allclose(first_states(transformer, SOURCE), expected, atol=1e-5)


def test_ids_that_are_near_each_other_are_no_more_alike_than_others():
    """Under a new name for each id, with the table's rows moved along, nothing changes: an id is a name, not a size."""
    transformer, renamed = model(), model()
    names = np.concatenate([[0], 1 + np.random.default_rng(1).permutation(19)])
    table = np.empty((20, 8), "float32")
    table[names] = np.asarray(transformer.source_embedding.embeddings)
    renamed.source_embedding.embeddings.assign(table)
    outputs = renamed({**INPUTS, "source_ids": names[SOURCE].astype("int32")})
    np.testing.assert_allclose(outputs, transformer(INPUTS), atol=1e-5)


def gradients(transformer):
    """Each trainable weight's gradient of a loss on all logits."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(transformer(INPUTS, training=True) ** 2)
    return tape.gradient(loss, [variable.value for variable in transformer.trainable_variables])


@pytest.mark.parametrize("pos_embedding_dim", [None, 3])
def test_every_weight_is_used(pos_embedding_dim):
    transformer = model(pos_embedding_dim=pos_embedding_dim)
    for variable, gradient in zip(transformer.trainable_variables, gradients(transformer), strict=True):
        # The bias of the keys moves all logits of a query alike, which softmax does not see.
        if not variable.path.endswith("key/bias"):
            assert gradient is not None, variable.path
            assert np.abs(keras.ops.convert_to_numpy(gradient)).max() > 0, variable.path


def test_each_vocabulary_has_one_table():
    tables = [variable for variable in model().trainable_variables if variable.path.endswith("embeddings")]
    assert [variable.shape for variable in tables] == [(20, 8), (15, 8)]


@pytest.mark.parametrize("pos_embedding_dim", [None, 3])
def test_a_position_s_vector_is_the_same_whatever_token_stands_there(pos_embedding_dim):
    transformer = model(pos_embedding_dim=pos_embedding_dim)
    table = np.asarray(transformer.source_embedding.embeddings)
    one, other = (first_states(transformer, ids) - table[ids] * math.sqrt(8) for ids in ([[3, 4, 5]], [[7, 7, 7]]))
    np.testing.assert_allclose(one, other, atol=1e-5)
    assert not np.allclose(one[0, 0], one[0, 1])


def test_vectors_of_50_and_of_512_numbers_cannot_be_added():
    with pytest.raises(ValueError, match="could not be broadcast"):
        np.zeros((3, 512)) + np.zeros((3, 50))


def test_positions_of_50_numbers_are_added_to_vectors_of_512():
    sizes = {**SIZES, "num_layers": 1, "d_model": 512, "num_heads": 8}
    transformer = kf.TransformerModel(**sizes, pos_embedding_dim=50)
    assert transformer.position_embedding.embeddings.shape == (512, 50)
    assert first_states(transformer, SOURCE).shape == (2, 6, 512)


def test_each_side_has_its_own_tensor_with_its_own_length_and_vocabulary():
    transformer = model()
    assert int(SOURCE.max()) < transformer.input_vocab_size
    assert SOURCE.shape[1] != TARGET.shape[1]
    assert transformer(INPUTS).shape == (*TARGET.shape, transformer.target_vocab_size)


def test_without_the_shift_the_decoder_learns_to_copy_what_it_reads():
    """The targets are random: nobody could foretell more than one in ten of them."""
    keras.utils.set_random_seed(0)
    ids = np.random.default_rng(0).integers(2, 12, (1600, 8)).astype("int32")
    inputs = {"source_ids": np.full((1600, 2), 3, "int32"), "target_ids": ids}
    transformer = kf.TransformerModel(1, 16, 2, 16, 12, 12, rate=0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    transformer.compile(keras.optimizers.Adam(2e-2), loss)
    transformer.fit(inputs, ids, batch_size=64, verbose=0)
    copied = np.asarray(transformer(inputs)).argmax(-1) == ids
    assert copied.mean() > 0.9


def test_the_translation_recipe_s_schedule_is_the_paper_s_formula():
    """rate(t) = d^-0.5 min(t^-0.5, t w^-1.5), whose peak is (d w)^-0.5."""
    recipe = RECIPES["translation"]()
    d_model, warmup = 512, 4000
    for t in (1, 100, 4000, 4001, 10_000, 100_000):
        expected = d_model**-0.5 * min(t**-0.5, t * warmup**-1.5)
        factor = rate_factor(recipe.schedule, t - 1, warmup, 100_000, 0.0)
        assert (d_model * warmup) ** -0.5 * float(factor) == pytest.approx(expected, rel=1e-5)


def test_the_translation_recipe_has_the_paper_s_warm_up_smoothing_beta_and_averaging():
    recipe = RECIPES["translation"]()
    assert recipe.schedule == "inverse_sqrt"
    assert recipe.warmup > 0
    assert (recipe.label_smoothing, recipe.beta_2, recipe.average) == (0.1, 0.98, 5)


@pytest.mark.parametrize("package", ["tensorflow", "keras", "numpy", "kformer"])
def test_the_stack_refuses_python_3_7(package):
    required = importlib.metadata.metadata(package)["Requires-Python"]
    assert not SpecifierSet(required).contains("3.7.17")


# The formulas


def test_the_feed_forward_network_has_one_relu():
    layer = FeedForward(8, 16, activation="relu")
    layer.build(X.shape)
    w1, b1, w2, b2 = (np.asarray(weight) for weight in randomise(layer).weights)
    hidden = np.maximum(X @ w1 + b1, 0)
    np.testing.assert_allclose(layer(X), hidden @ w2 + b2, atol=1e-5)
    assert not np.allclose(layer(X), np.maximum(hidden @ w2, 0) + b2, atol=0.1)


def test_with_a_second_relu_no_output_lies_below_the_bias():
    layer = FeedForward(8, 16, activation="relu")
    layer.build(X.shape)
    w1, b1, w2, b2 = (np.asarray(weight) for weight in randomise(layer).weights)
    assert ((np.maximum(np.maximum(X @ w1 + b1, 0) @ w2, 0) + b2) >= b2).all()
    assert (np.asarray(layer(X)) < b2).any()


def attention_without_output_layer(num_heads):
    """An attention whose last projection is the identity: what leaves it are the heads' sums themselves."""
    layer = MultiHeadAttention(num_heads, 8)
    layer.build(X.shape)
    randomise(layer)
    layer.output_projection.set_weights([np.eye(8), np.zeros(8)])
    return layer


def test_attention_sums_values_and_not_inputs():
    layer = attention_without_output_layer(num_heads=1)
    outputs, scores = layer(X, return_scores=True)
    weights = np.asarray(scores)[:, 0]
    np.testing.assert_allclose(outputs, weights @ oracles.dense(X, layer.value), atol=1e-5)
    assert not np.allclose(outputs, weights @ X, atol=0.1)


def test_attention_weights_are_computed_from_queries_and_keys_and_sum_to_1():
    layer = attention_without_output_layer(num_heads=1)
    query, key = oracles.dense(X, layer.query), oracles.dense(X, layer.key)
    expected = oracles.softmax(query @ np.swapaxes(key, 1, 2) / math.sqrt(8))
    scores = np.asarray(layer(X, return_scores=True)[1])[:, 0]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    np.testing.assert_allclose(scores.sum(-1), 1, atol=1e-6)


def test_without_the_root_of_the_width_the_weights_of_wide_vectors_are_nearly_0_or_1():
    """Products of d independent numbers of variance 1 have variance d (the paper, section 3.2.1)."""
    query, keys = np.random.default_rng(0).normal(size=(2, 500, 512))
    products = query @ keys.T
    assert products.var() == pytest.approx(512, rel=0.1)
    largest, largest_scaled = (oracles.softmax(x).max(-1).mean() for x in (products, products / math.sqrt(512)))
    assert largest > 0.8
    assert largest_scaled < 0.1


def test_twice_the_length_gives_four_times_the_scores():
    layer = MultiHeadAttention(2, 8)
    counts = []
    for length in (4, 8, 16, 32):
        _, scores = layer(np.zeros((1, length, 8), "float32"), return_scores=True)
        counts.append(math.prod(scores.shape))
    assert counts == [2 * length**2 for length in (4, 8, 16, 32)]


def test_every_head_sees_the_whole_sequence():
    """A change of the last position alone reaches the first position of each head."""
    layer = attention_without_output_layer(num_heads=2)
    changed = X.copy()
    changed[:, -1] += 1
    difference = np.abs(np.asarray(layer(changed) - layer(X)))[:, 0]
    assert difference[:, :4].max() > 1e-3
    assert difference[:, 4:].max() > 1e-3


def test_each_head_sees_its_own_part_of_the_features():
    """Queries, keys and values of the second head's columns do nothing to the first head's outputs."""
    layer = attention_without_output_layer(num_heads=2)
    before = np.asarray(layer(X))
    for projection in (layer.query, layer.key, layer.value):
        kernel = np.asarray(projection.kernel).copy()
        kernel[:, 4:] *= -2
        projection.kernel.assign(kernel)
    after = np.asarray(layer(X))
    np.testing.assert_allclose(after[..., :4], before[..., :4], atol=1e-6)
    assert not np.allclose(after[..., 4:], before[..., 4:], atol=0.1)


def test_a_head_is_as_wide_as_the_model_divided_by_the_heads():
    assert MultiHeadAttention(8, 512).d_head == 64


def test_more_heads_do_not_change_the_number_of_parameters():
    counts = []
    for num_heads in (1, 2, 4, 8):
        layer = MultiHeadAttention(num_heads, 8)
        layer.build(X.shape)
        counts.append(layer.count_params())
    assert len(set(counts)) == 1


def test_a_block_has_more_parameters_than_a_recurrent_or_convolutional_layer_of_its_width():
    width = 512
    layers = {
        "block": TransformerBlock(8, width, 4 * width),
        "lstm": keras.layers.LSTM(width),
        "gru": keras.layers.GRU(width),
        "convolution": keras.layers.Conv1D(width, 3),
    }
    millions = {}
    for name, layer in layers.items():
        layer.build((None, None, width))
        millions[name] = sum(math.prod(weight.shape) for weight in layer.trainable_weights) / 1e6
    assert millions == pytest.approx({"block": 3.15, "lstm": 2.10, "gru": 1.58, "convolution": 0.79}, abs=0.01)


def test_fine_tuning_begins_with_a_rate_of_bert_s_paper():
    """Devlin et al., arXiv 1810.04805, appendix A.3: 5e-5, 3e-5, 2e-5."""
    assert RECIPES["text-classification"]().learning_rate in (5e-5, 3e-5, 2e-5)

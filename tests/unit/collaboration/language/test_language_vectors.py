"""Texts as vectors, and how alike they are."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.language.vectors import Blend, TextModel

WEIGHTS = st.floats(0.01, 4)
ANNOTATIONS = st.lists(
    st.builds(
        Annotation,
        concepts=st.dictionaries(
            st.sampled_from(["a", "b", "c", "d", "wn:00000001-n", "wn:00000002-n"]), WEIGHTS
        ),
        lemmas=st.dictionaries(st.sampled_from(["fiets", "water", "자전거", "\ud800"]), WEIGHTS),
    ),
    min_size=1,
    max_size=8,
)

TEXTS = (
    "Te weinig fietsparkeervoorzieningen",
    "Parking for bicycles",
    "Eenzame ouderen in het park",
    "A living lab with streetlights",
)


def _lengths(rows: NDArray[np.float32]) -> list[float]:
    return [float(length) for length in np.linalg.norm(rows, axis=1)]


@given(ANNOTATIONS)
def test_vectors_should_have_rows_of_length_one_when_a_text_has_something(
    annotations: list[Annotation],
) -> None:
    vectors = TextModel.fit(annotations).vectors(annotations)
    assert len(vectors) == len(annotations)
    assert vectors.concepts.dtype == vectors.lemmas.dtype == np.float32
    for length, annotation in zip(_lengths(vectors.concepts), annotations, strict=True):
        own = any(not key.startswith("wn:") for key in annotation.concepts)
        # Two synsets may fall on one column with opposite signs; a concept has a column of its own.
        assert length == pytest.approx(1, abs=1e-5) if own else length < 1.001
    for length in _lengths(vectors.lemmas):
        assert length == pytest.approx(1, abs=1e-5) or length == 0


@given(ANNOTATIONS)
def test_similarities_should_be_symmetric_and_from_0_to_1(annotations: list[Annotation]) -> None:
    model = TextModel.fit(annotations)
    vectors = model.vectors(annotations)
    block = vectors.similarities(vectors)
    assert block == pytest.approx(block.T, abs=1e-5)
    assert block.min() >= 0
    assert block.max() <= 1
    one, other = annotations[0], annotations[-1]
    similar = model.similarity(one, other)
    assert similar == pytest.approx(model.similarity(other, one))
    assert 0 <= similar <= 1


@given(ANNOTATIONS)
def test_explain_should_add_up_to_the_similarity(annotations: list[Annotation]) -> None:
    model = TextModel.fit(annotations)
    one, other = annotations[0], annotations[-1]
    explanation = model.explain(one, other)
    for shared in explanation:
        assert list(shared) == sorted(shared, key=lambda each: -each.share)
        assert {each.name for each in shared} <= {*one.concepts, *one.lemmas}
    total = math.fsum(each.share for shared in explanation for each in shared)
    assert total == pytest.approx(model.similarity(one, other), abs=1e-9)


def test_similarities_should_be_about_those_of_pairs(by_rules: Annotator) -> None:
    annotations = [by_rules.annotate(text) for text in TEXTS]
    model = TextModel.fit(annotations)
    block = model.vectors(annotations).similarities(model.vectors(annotations))
    for row, one in enumerate(annotations):
        for column, other in enumerate(annotations):
            assert block[row, column] == pytest.approx(model.similarity(one, other), abs=0.03)


def test_similarity_should_be_highest_for_what_means_the_same(by_rules: Annotator) -> None:
    dutch, english, *others = (by_rules.annotate(text) for text in TEXTS)
    model = TextModel.fit([dutch, english, *others])
    assert model.similarity(dutch, english) > 0.6
    assert all(model.similarity(dutch, other) < 0.2 for other in others)
    shared = [each.name for each in model.explain(dutch, english).concepts]
    assert set(shared[:2]) == {"bicycle-parking", "cycling"}


def test_fit_should_give_the_same_model_when_the_corpus_is_in_another_order(
    by_rules: Annotator,
) -> None:
    annotations = [by_rules.annotate(text) for text in TEXTS]
    one = TextModel.fit(annotations).vectors(annotations)
    other = TextModel.fit(annotations[::-1]).vectors(annotations)
    assert np.array_equal(one.joined(), other.joined())


def test_vectors_should_know_what_no_text_of_the_corpus_had(by_rules: Annotator) -> None:
    model = TextModel.fit([by_rules.annotate("a park")])
    dutch, english = (by_rules.annotate(text) for text in TEXTS[:2])
    vectors = model.vectors([dutch, english])
    assert vectors[:1].similarities(vectors[1:])[0, 0] > 0.6


def test_vectors_should_be_of_no_rows_when_there_are_no_texts() -> None:
    model = TextModel.fit([])
    assert model.vectors([]).similarities(model.vectors([Annotation()])).shape == (0, 1)
    assert model.similarity(Annotation(), Annotation()) == 0


def test_vectors_should_blend_in_embeddings_when_an_embedder_is_plugged_in(
    by_rules: Annotator,
) -> None:
    def letters(texts: Sequence[str]) -> NDArray[np.floating]:
        return np.array([[text.count("e"), text.count("a")] for text in texts], dtype=np.float64)

    annotations = [by_rules.annotate(text) for text in TEXTS]
    model = TextModel.fit(annotations, embedder=letters)
    vectors = model.vectors(annotations, TEXTS)
    assert vectors.embeddings.shape == (len(TEXTS), 2)
    assert math.fsum(vectors.blend) == pytest.approx(1)
    assert _lengths(vectors.joined()) == pytest.approx([1] * len(TEXTS), abs=1e-5)
    assert model.blend != Blend()

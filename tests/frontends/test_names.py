"""Names of features and classes in checkpoints: read where they fit, refused or left alone where they do not."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from netc import NetcError


def root(files: ModuleType, file: Any, **beside: Any) -> dict[str, Any]:
    layer = files.logic_layer(file, np.zeros((4, 16), np.float32), np.zeros((4, 2), np.int64), 4)
    return {"model": files.sequential(layer, files.group_sum(2)), **beside}


@pytest.mark.parametrize("names", [["width", "height"], ("a\n", "")])
def test_an_encoder_may_name_its_features(files: ModuleType, names: Any) -> None:
    file = files.File()
    encoder = {"features": 2, "thresholds": [1, 2], "names": names}
    model = files.load(file.zipped(root(files, file, encoder=encoder)))
    assert model.encoder.names == tuple(names)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["a"], "1 names for 2 features"),
        ("ab", "no list of strings"),
        ([1, 2], "no list of strings"),
        ([], "no list of strings"),
        (None, "no list of strings"),
    ],
)
def test_names_that_do_not_fit_the_features_are_refused(files: ModuleType, names: Any, what: str) -> None:
    file = files.File()
    encoder = {"features": 2, "thresholds": [1, 2], "names": names}
    with pytest.raises(NetcError, match=what) as caught:
        files.load(file.zipped(root(files, file, encoder=encoder)))
    assert "encoder" in caught.value.place


def test_class_names_are_found_among_the_settings(files: ModuleType) -> None:
    file = files.File()
    model = files.load(file.zipped(root(files, file, config={"class_names": ["no", "yes\x1b[0m"]})))
    assert model.class_names == ("no", "yes\x1b[0m")
    assert "class names: no, yes\\x1b[0m" in model.notes


@pytest.mark.parametrize("names", [["one"], ["a", "b", "c"], "ab", [1, 2], {"a": 0, "b": 1}])
def test_class_names_of_something_else_are_left_alone(files: ModuleType, names: Any) -> None:
    file = files.File()
    assert files.load(file.zipped(root(files, file, config={"class_names": names}))).class_names == ()

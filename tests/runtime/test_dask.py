"""A net in Dask's workers: over blocks of an array, and over partitions of a table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from netc import compile

from .test_stream import INPUTS, model, samples

dask = pytest.importorskip("dask", reason="dask is not installed")
array = pytest.importorskip("dask.array")
frame = pytest.importorskip("dask.dataframe", reason="dask[dataframe] is not installed")
pandas = pytest.importorskip("pandas")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")

pytestmark = pytest.mark.filterwarnings("default")  # what dask and its web server warn of is theirs


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        )
        with cluster, distributed.Client(cluster) as client:
            yield client


def test_blocks_of_an_array_are_answered_in_worker_processes(client: Any) -> None:
    net, x = compile(model()), samples()
    blocks = array.from_array(x, chunks=(700, INPUTS))
    classes = array.map_blocks(net.predict, blocks, threads=1, drop_axis=1, dtype=np.int32, meta=np.empty(0, np.int32))
    np.testing.assert_array_equal(classes.compute(scheduler=client), net.predict(x))
    scores = array.map_blocks(
        net.scores, blocks, threads=1, chunks=(blocks.chunks[0], (5,)), dtype=np.int32, meta=np.empty((0, 0), np.int32)
    )
    np.testing.assert_array_equal(scores.compute(scheduler=client), net.scores(x))


def test_partitions_of_a_table_are_answered_in_worker_processes(client: Any) -> None:
    net, x = compile(model()), samples(900)
    table = frame.from_pandas(pandas.DataFrame(x, columns=[f"b{i}" for i in range(INPUTS)]), npartitions=4)

    def classes(part: Any) -> Any:
        return pandas.Series(net.predict(part.to_numpy(), threads=1), index=part.index, name="class")

    found = table.map_partitions(classes, meta=("class", "int32")).compute(scheduler=client)
    np.testing.assert_array_equal(found.to_numpy(), net.predict(x))
    assert (found.index == np.arange(900)).all()

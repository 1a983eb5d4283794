"""What a third party adds, by entry points."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]


def test_the_family_of_the_documents_reads_its_files(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    (code,) = re.findall(r"```python\n(.*?class Majorities.*?)```", text, re.DOTALL)
    (tmp_path / "majorities.py").write_text(code)
    info = tmp_path / "majorities-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: majorities\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[netc.checkpoints]\nmajorities = majorities:Majorities\n")
    layers = {"voters.0.indices": np.array([[0, 1, 2], [2, 3, 4]]), "voters.1.indices": np.array([[0, 1, 1]])}
    np.savez(tmp_path / "model.npz", allow_pickle=False, **layers)
    check = """
import netc
model = netc.load("model.npz")
assert "read as majorities" in model.notes[0]
assert netc.compile(model).bits([[0, 0, 1, 1, 0], [1, 1, 0, 0, 0]]).tolist() == [[True], [False]]
try:
    netc.load("model.npz", classes=2)
except netc.NetcError as error:
    assert "classes: this option says nothing to a checkpoint of majorities" in str(error)
else:
    raise AssertionError
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", check]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()

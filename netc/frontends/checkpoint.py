"""Trained networks from checkpoints: read without the framework that wrote them, and without running what is in them.

The way in: the container becomes an inert tree (`containers`), the network in it a tree of parts (`tree`), and the
family whose layout that is makes the model.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from netc import registry
from netc.errors import NetcError
from netc.files import Source
from netc.frontends import npz
from netc.frontends.checkpoints import containers, foreign
from netc.frontends.checkpoints.family import Family, Options
from netc.frontends.checkpoints.settings import BESIDE
from netc.frontends.checkpoints.tree import Checkpoint, open_tree
from netc.frontends.checkpoints.words import listed
from netc.model import Model

__all__ = ["load", "model_of"]

_MOST_SETTINGS = 1 << 20  # bytes


def load(source: Source, **options: Any) -> Model:
    """A model from a checkpoint; `options` are the fields of `Options`. Its `notes` say what was found and inferred."""
    archive = containers.archive_of(source)
    try:
        if archive is not None and npz.claims(archive):
            return npz.load(source, archive, **options)
        checkpoint = _with_settings(open_tree(*containers.read(source, archive)), source)
        return model_of(checkpoint, source.stem, **options)
    except NetcError as error:
        raise source.located(error) from None


def _with_settings(checkpoint: Checkpoint, source: Source) -> Checkpoint:
    """With the settings that a training script left in a file beside this one."""
    beside = {}
    for path in (source.path.with_name(name) for name in BESIDE) if source.path is not None else ():
        if path.is_file() and path.stat().st_size <= _MOST_SETTINGS:
            try:
                beside[path.name] = json.loads(path.read_bytes())
            except (ValueError, RecursionError):
                continue  # it is no settings of anything that netc reads
    return replace(checkpoint, beside=(beside, *checkpoint.beside)) if beside else checkpoint


def model_of(checkpoint: Checkpoint, name: str, **options: Any) -> Model:
    """The model called `name` in a network that was found in a file, or in memory."""
    asked = Options(**options)
    for made in registry.every("checkpoint", registry.CHECKPOINTS):
        family: Family = made()
        if family.claims(checkpoint):
            for useless in (option for option in asked.given() if option not in family.takes):
                what = f"this option says nothing to a checkpoint of {family.name}"
                raise NetcError(useless, what, f"options here: {', '.join(family.takes)}")
            model = family.model(checkpoint, asked, name)
            first, *others = model.notes or (checkpoint.described(),)
            return replace(model, notes=(f"{first}, read as {family.name}", *others))
    raise _unclaimed(checkpoint)


def _unclaimed(checkpoint: Checkpoint) -> NetcError:
    """Why no family took a file, as closely as it can be told."""
    known = foreign.name_of(checkpoint)
    if known is not None:
        return NetcError("", f"this is {known}, a family of networks that netc does not read")
    leaves = [part for part in checkpoint.network.walk() if checkpoint.whole and not part.children]
    if leaves:
        first = next((part for part in leaves if part.held()), leaves[0])
        return NetcError(first.place, f"this is a {first.class_name}; netc reads networks of logic gates")
    held = [f"{part.path}.{name}" if part.path else name for part in checkpoint.network.walk() for name in part.held()]
    if not held:
        return NetcError("", "the file holds no tensor and no module")
    return NetcError("", f"no network of logic gates: the file holds {listed(held)}")

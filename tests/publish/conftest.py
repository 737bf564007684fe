"""A Hub on loopback, and this process turned to it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="session")
def hub_server() -> Any:
    """The module of the server."""
    spec = spec_from_file_location("hub_server", Path(__file__).with_name("hub_server.py"))
    module = module_from_spec(spec)
    sys.modules["hub_server"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub(
    hub_server: Any,
    serving: Callable[[ThreadingHTTPServer], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Any:
    """A running Hub that this process and its children take for the real one; `waits` is what
    would have been slept."""
    server = hub_server.Hub()
    serving(server)
    server.waits = []
    at = "huggingface_hub.constants"
    monkeypatch.setattr(f"{at}.ENDPOINT", server.url)
    resolve = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(f"{at}.HUGGINGFACE_CO_URL_TEMPLATE", resolve)
    monkeypatch.setattr(f"{at}.HF_URL_HOSTS", frozenset({"127.0.0.1"}))
    monkeypatch.setattr(f"{at}.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(f"{at}.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(f"{at}.HF_TOKEN_PATH", str(tmp_path / "home" / "token"))
    monkeypatch.setattr(f"{at}.HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
    monkeypatch.setenv("HF_TOKEN", "hf_write")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    sleepless = SimpleNamespace(sleep=server.waits.append)
    for module in ("huggingface_hub.utils._http", "huggingface_hub.file_download"):
        monkeypatch.setattr(f"{module}.time", sleepless)
    monkeypatch.setattr("tenacity.nap.time", sleepless)
    monkeypatch.setattr("curate.publish.push.time", sleepless)
    return server


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first version of `small` is kept once it was made, to be copied."""
    return tmp_path_factory.mktemp("first") / "0.1.0"


@pytest.fixture
def version(small: Path, script: Callable[[list[dict]], None], first: Path) -> Callable[..., Path]:
    """Publish a version of `small`, by options of its recipe; the folder. Another `hours` gives
    another row."""
    from curate import pipeline
    from curate.progress import Silent
    from curate.recipe import load
    from curate.workspace import Workspace

    def publish(*overrides: str, hours: str = "sixteen") -> Path:
        answer = f"A cat sleeps for about {hours} hours a day."
        script([
            {"when": "Write one question", "text": "How long does a cat sleep each day?"},
            {"when": "How long does a cat", "text": answer},
        ])  # fmt: skip
        options = ["filters=[{length: {min: 1}}]", f"teacher.scripted.model={hours}", *overrides]
        plain = not overrides and hours == "sixteen" and not Path("datasets").exists()
        if plain and first.exists():
            return Path(shutil.copytree(first, "datasets/small/0.1.0"))
        recipe = load("small.yaml", options)
        folder = pipeline.run(recipe, Workspace(recipe.name), Silent()).folder
        if plain:
            shutil.copytree(folder, first)
        return folder

    return publish

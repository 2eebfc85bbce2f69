"""A package that somebody installs adds a thing of each kind by its entry points, and no folder is named."""

from __future__ import annotations

import ensurepip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.kinds import FOLDERS
from tests.pipeline.recipes.added import RECIPE, STEP
from tests.texts.disturbances.test_disturbances import LOWER_CASE
from tests.texts.documents.test_base import CARDS
from tests.texts.formats.own import BLOCKS
from tests.trainer.optimizers.test_optimizers import HALVING
from tests.trainer.training.added import OBJECTIVE, SCHEDULE

ROOT = Path(__file__).parents[1]
GATED = ROOT / "tests" / "trainer" / "models" / "architectures" / "gated.py"
SEARCH = ROOT / "tests" / "trainer" / "search" / "extensions"
EXAMPLES = ROOT / "examples" / "extensions"
THINGS = {
    "architectures": ("gated", GATED.read_text()),
    "objectives": ("copying", OBJECTIVE),
    "schedules": ("steady", SCHEDULE),
    "search_heads": ("even_pieces", (SEARCH / "search_heads" / "even_pieces.py").read_text()),
    "constraints": ("ends_on_time", (SEARCH / "constraints" / "ends_on_time.py").read_text()),
    "formats": ("blocks", BLOCKS),
    "cleaning_scores": ("max_digit_share", (EXAMPLES / "cleaning_scores" / "max_digit_share.py").read_text()),
    "optimizers": ("halving", HALVING),
    "disturbances": ("lower_case", LOWER_CASE),
    "stages": ("copyright", (EXAMPLES / "stages" / "copyright.py").read_text()),
    "document_formats": ("cards", CARDS),
    "interfaces": ("plain", (EXAMPLES / "interfaces" / "plain.py").read_text()),
    "steps": ("count", STEP),
    "recipes": ("three", RECIPE),
}
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
USE = """
import json, sys
from contextlib import suppress
from pathlib import Path
from contracts.settings import things
from dragoman.main import main
from pipeline.config.load import load
from pipeline.recipes.base import KIND as RECIPES
from pipeline.steps.base import KIND as STEPS
from pipeline.steps.clean.rules import active_rules
from serving.gateway.interfaces.base import INTERFACES
from texts.cascade import Options, translate
from texts.cascade.plan import STAGES
from texts.documents.base import DOCUMENTS, translate_document

file = sys.argv[1]
sys.argv = ["dragoman", "run", file, "--dry-run", "--json"]
with suppress(SystemExit):
    main()
config = load(Path(file))
modules = {kind.folder: kind.module(name).__name__ for kind, name in things(config)}
modules["recipes"] = RECIPES.module(config.recipe).__name__
modules["steps"] = STEPS.module("count").__name__
modules["cleaning_scores"] = type(active_rules(config.cleaning)[-1].score).__module__
modules["interfaces"] = INTERFACES.module("plain").__name__

from tests.texts.cascade.models import Model, marked

options, model = Options("de", source="en"), Model(marked)
[answer] = translate(["One. © 2026 Anna Meier."], options, model)
assert answer.text == "[One.] © 2026 Anna Meier.", answer.text
modules["stages"] = STAGES.module("copyright").__name__
card, _ = translate_document("a.cards", b"One.---Two.", options, model)
assert card == b"[One.]---[Two.]", card
modules["document_formats"] = DOCUMENTS.module("cards").__name__
print(json.dumps(modules))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on Python's path with the package, built and installed as packages are, without a network."""
    source, built, site = (tmp_path_factory.mktemp(name) for name in ("source", "built", "site"))
    package = source / "theirs"
    package.mkdir()
    (package / "__init__.py").touch()
    project = '[project]\nname = "theirs"\nversion = "1.0"\n'
    for folder, (name, text) in THINGS.items():
        (package / f"{name}.py").write_text(text)
        project += f'[project.entry-points."dragoman.{folder}"]\n{name} = "theirs.{name}"\n'
    (source / "pyproject.toml").write_text(project)
    _python(source, "-c", BUILD, str(built))
    [wheel] = built.glob("*.whl")
    [pip] = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    _python(
        built, str(pip / "pip"), "install", "--no-index", "--no-deps", "-q", "--target", str(site), str(wheel)
    )
    return site


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The YAML file of a run that names each thing."""
    for split in ("train", "dev", "test"):
        (tmp_path / split).write_text("a house\nein Haus\n--\n" * 3)
    settings: dict[str, Any] = {
        "name": "theirs",
        "languages": {"source": "en", "target": "de"},
        "workspace": str(tmp_path / "run"),
        "push": {"model_root": str(tmp_path / "models")},
        "corpora": [
            {
                "name": "theirs",
                "format": "blocks",
                **{split: str(tmp_path / split) for split in ("train", "dev", "test")},
            }
        ],
        "vocabulary": {"size": 280},
        "cleaning": {"max_digit_share": 0.5},
        "model": {"architecture": "gated", "width": 8},
        "training": {"objective": "copying", "schedule": "steady", "optimizer": "halving"},
        "augmentation": {"disturbances": ["lower-case"]},
        "search": {"head": "even-pieces", "constraints": [{"name": "ends-on-time", "pieces": 3}]},
        "recipe": "three",
        "steps": {"count": {"letter": "o"}},
    }
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def _python(folder: Path, *arguments: str, site: str = "", code: int = 0) -> str:
    path = os.pathsep.join(filter(None, (site, str(ROOT))))
    environment = {**os.environ, "PYTHONPATH": path, FOLDERS: "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def test_what_an_installed_package_adds_is_found_and_used_by_its_names(site: Path, run: Path) -> None:
    plan, modules = _python(run.parent, "-c", USE, str(run), site=str(site)).rstrip().rsplit("\n", 1)
    expected = {folder: f"theirs.{name}" for folder, (name, _) in THINGS.items()}
    assert {folder: json.loads(modules)[folder] for folder in THINGS} == expected
    planned = json.loads(plan)
    assert (planned["letter"], planned["training"]["architecture"]) == ("o", "gated")
    assert "teacher" in planned["steps"]


def test_without_the_package_its_names_mean_nothing(run: Path) -> None:
    refusal = _python(run.parent, "-m", "dragoman", "run", str(run), "--dry-run", code=3)
    for unknown in (
        *("max_digit_share", "blocks", "gated", "ends-on-time", "even-pieces", "copying", "steady"),
        *("halving", "lower-case"),
    ):
        assert unknown in refusal


def test_there_is_one_of_each_kind() -> None:
    table = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("| to add | file in | KIND |")[2]
    kinds = {row.split("|")[3].strip(" `") for row in table.splitlines()[2:] if row.startswith("| a")}
    assert kinds == set(THINGS)

"""From statistics to the AnomalyGate: an anomaly in any split stops the run, and says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.importer import Importer
from tfx.types import artifact_utils, standard_artifacts

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError, DataError
from pipeline.examples.shards import Pair, serialize
from pipeline.runs.runner import Executed, assemble, execute
from pipeline.steps.clean.component import Cleaner
from pipeline.steps.ingest.component import CorpusExampleGen
from pipeline.steps.validate.anomalies import refuse_anomalies
from pipeline.steps.validate.component import validation
from pipeline.workspace.workspace import Workspace
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.steps.runs import config, pair_corpus

ROWS = [(f"source sentence {n}", f"Zielsatz {n}") for n in range(30)]
# What SchemaGen infers, with another list of corpora.
CURATED = """
feature {{ name: "source" type: BYTES presence {{ min_fraction: 1.0 }} shape {{ dim {{ size: 1 }} }} }}
feature {{ name: "target" type: BYTES presence {{ min_fraction: 1.0 }} shape {{ dim {{ size: 1 }} }} }}
feature {{ name: "line" type: INT shape {{ dim {{ size: 1 }} }} }}
feature {{ name: "corpus" type: BYTES domain: "corpus" shape {{ dim {{ size: 1 }} }} }}
string_domain {{ name: "corpus" {values} }}
"""


def curated(path: Path, *corpora: str) -> Path:
    path.write_text(CURATED.format(values=" ".join(f'value: "{corpus}"' for corpus in corpora)))
    return path


def run(nodes: list[BaseNode], root: Path, notes: Notes | None = None) -> dict[str, Executed]:
    workspace = Workspace(root)
    with workspace.locked():
        return execute(assemble("t", nodes, workspace), workspace, notes or Notes())


def ingested(run_config: RunConfig) -> list[BaseNode]:
    """Ingestion, validation, and the component that must not run on bad data."""
    ingest = CorpusExampleGen(run_config)
    examples = ingest.outputs["examples"]
    nodes = validation(examples, run_config)
    cleaner = Cleaner(examples, run_config)
    cleaner.add_upstream_node(nodes[-1])
    return [ingest, *nodes, cleaner]


def written(folder: Path, **splits: list[bytes]) -> Importer:
    """Examples that ingestion of ours did not write."""
    for split, records in splits.items():
        (folder / f"Split-{split}").mkdir(parents=True)
        path = str(folder / f"Split-{split}" / "data-00000.gz")
        with tf.io.TFRecordWriter(path, "GZIP") as writer:
            for record in records:
                writer.write(record)
    return Importer(
        source_uri=str(folder),
        artifact_type=standard_artifacts.Examples,
        properties={"split_names": artifact_utils.encode_split_names(list(splits))},
    ).with_id("Examples")


def records(count: int, corpus: bytes = b"c") -> list[bytes]:
    return [serialize(Pair(b"source %d" % n, b"target %d" % n, corpus, n + 1)) for n in range(count)]


def without_target(record: bytes) -> bytes:
    example = tf.train.Example.FromString(record)
    del example.features.feature["target"]
    return bytes(example.SerializeToString())


def test_a_dev_split_with_missing_features_stops_the_run(tmp_path: Path) -> None:
    rows = records(20)
    examples = written(
        tmp_path / "data", train=rows, dev=[*rows[:5], *map(without_target, rows[5:])], test=rows
    )
    run_config = config({"format": "embedded", "name": "c"})
    notes = Notes()
    nodes = [examples, *validation(examples.outputs["result"], run_config)]
    with pytest.raises(DataError, match=r"dev: feature `target`: .*minimum fraction") as raised:
        run(nodes, tmp_path / "run", notes)
    assert "train:" not in str(raised.value)
    assert notes.said[-1] == "AnomalyGate failed"


def test_a_corpus_that_the_run_does_not_name_stops_it(tmp_path: Path) -> None:
    examples = written(tmp_path / "data", train=records(9), dev=records(9, b"strange"), test=records(9))
    nodes = [examples, *validation(examples.outputs["result"], config({"format": "embedded", "name": "c"}))]
    with pytest.raises(DataError, match=r"dev: feature `corpus`: .*strange") as raised:
        run(nodes, tmp_path / "run")
    assert "test:" not in str(raised.value)


def test_sentences_and_corpora_that_train_has_not_are_no_anomaly(tmp_path: Path) -> None:
    corpora = [
        pair_corpus(tmp_path, "small", train=ROWS[:2], dev=ROWS[2:3], test=ROWS[3:4]),
        pair_corpus(tmp_path, "news", test=ROWS[4:9]),
        {"format": "embedded", "pairs": 200},
    ]
    done = run(ingested(config(*corpora)), tmp_path / "run")
    assert "Cleaner" in done
    # Inferred or curated, the schema is SchemaGen's.
    assert (done["SchemaGen"].outputs["schema"] / "schema.pbtxt").is_file()


def test_a_curated_schema_is_obeyed_and_its_content_counts(tmp_path: Path) -> None:
    corpora = [
        pair_corpus(tmp_path, "old", train=ROWS[:9], dev=ROWS[9:12], test=ROWS[12:15]),
        pair_corpus(tmp_path, "new", dev=ROWS[15:20]),
    ]
    schema = curated(tmp_path / "schema.pbtxt", "old")
    run_config = config(*corpora, validation={"schema_file": str(schema)})
    notes = Notes()
    with pytest.raises(DataError, match=r"dev: feature `corpus`: .*new.*; correct the corpus, or the schema"):
        run(ingested(run_config), tmp_path / "run", notes)
    assert notes.said[-1] == "AnomalyGate failed"
    assert "Cleaner started" not in notes.said
    curated(schema, "old", "new")
    done = run(ingested(run_config), tmp_path / "run")
    assert {name for name, execution in done.items() if execution.cached} == {
        "CorpusExampleGen",
        "StatisticsGen",
    }


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"\xff", "cannot read"), (b"feature {", "is no Schema")]
)
def test_a_schema_that_cannot_be_read_is_refused_before_the_run(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "schema.pbtxt"
    if content is not None:
        path.write_bytes(content)
    corpus = {"format": "embedded", "name": "c"}
    with pytest.raises(ConfigurationError, match=rf"validation\.schema_file: .*{said}"):
        ingested(config(corpus, validation={"schema_file": str(path)}))


def test_every_anomaly_is_named_with_its_split(tmp_path: Path) -> None:
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["target"].description = "The feature was present in fewer examples than expected."
    anomalies.anomaly_info["line"].short_description = "Odd"
    anomalies.dataset_anomaly_info.description = "Too few examples."
    for split, content in (("train", anomalies.SerializeToString()), ("dev", b"")):
        (tmp_path / f"Split-{split}").mkdir()
        (tmp_path / f"Split-{split}" / "SchemaDiff.pb").write_bytes(content)
    artifact = standard_artifacts.ExampleAnomalies()
    artifact.uri = str(tmp_path)
    artifact.split_names = artifact_utils.encode_split_names(["dev"])
    refuse_anomalies(artifact)
    artifact.split_names = artifact_utils.encode_split_names(["train", "dev"])
    with pytest.raises(DataError) as raised:
        refuse_anomalies(artifact)
    assert (
        "(train: data set: Too few examples.; train: feature `line`: Odd; train: feature `target`: The "
        in str(raised.value)
    )

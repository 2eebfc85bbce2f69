"""Which words stand for which, where the model says so."""

from __future__ import annotations

from pathlib import Path

from tests.serving.gateway.conftest import model_server, started


def test_links_are_said_and_tags_go_where_they_say(tmp_path: Path) -> None:
    server = model_server(tmp_path / "models", ["align"])
    with started(
        tmp_path / "gateway", address=server.address, model_root=str(tmp_path / "models")
    ) as gateway:
        asked = {"texts": "one two. three", "source": "en", "target": "de"}
        (answer,) = gateway.post("/v1/translate", **asked, links=True).json()["answers"]
        first, second = answer["segments"]
        assert first["links"] == [[[0, 3], [0, 3]], [[4, 7], [4, 7]], [[7, 8], [7, 8]]]
        assert second["links"] == [[[9, 14], [9, 14]]]
        assert answer["versions"] == [1]
        (plain,) = gateway.post("/v1/translate", **asked).json()["answers"]
        assert [segment["links"] for segment in plain["segments"]] == [[], []]
        html = {**asked, "texts": "<p>one <b>two</b> three</p>", "format": "html"}
        assert gateway.post("/v1/translate", **html).json()["answers"][0]["text"] == (
            "<p>ONE <b>TWO</b> THREE</p>"
        )
        server.longest = 1
        for asked in ({"texts": "four five"}, {"texts": "<p>four five</p>", "format": "html"}):
            cut = gateway.post("/v1/translate", source="en", target="de", **asked)
            notes = cut.json()["answers"][0]["notes"]
            assert cut.headers["x-dragoman-truncated"] == "1"
            assert [note["took"] for note in notes if not note["kept"]] == ["four five"]
    server.stop()

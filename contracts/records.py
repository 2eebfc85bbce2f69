"""What is known of a version or a training, each in a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError
from typing_extensions import Self

from contracts.errors import RecordError
from contracts.scores import Record


class FiledRecord(Record):
    """A record that lies under one name in the folder of what it is of."""

    file: ClassVar[str]
    indent: ClassVar[int] = 2
    """Spaces of the file's JSON."""

    def save(self, folder: Path) -> None:
        """Write it; the folder is made."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.file).write_text(self.model_dump_json(indent=self.indent) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Of this folder; None where there is none, as of versions from before such a record was made.

        Raises:
            RecordError: another version of Dragoman wrote it.
        """
        path = folder / cls.file
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise RecordError(f"{path} is of another version of Dragoman: {error}") from error

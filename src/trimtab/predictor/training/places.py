"""The files that ``train`` writes: the model, its picture, its report and its options."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection

from trimtab.core import pictures, words
from trimtab.core.container import checked_path, read
from trimtab.core.replacing import replacing
from trimtab.errors import FileFormatError, InvalidArgument
from trimtab.predictor.training.options import WRITTEN, TrainOptions, to_toml
from trimtab.tables.files.several.several import named_files

__all__ = ["Place"]


class Place:
    """The files of one training.

    Args:
        out: path of the model file; ``.trimtab`` is added if it has no extension.

    Attributes:
        model: path of the model.
        picture: path of its learning curves.
        report: path of its report.
        options: path of its options.

    Raises:
        InvalidArgument: nothing can be written there.
    """

    def __init__(self, out: str | os.PathLike[str]) -> None:
        self.model = checked_path(out, "out")
        self.picture = self.model.with_suffix(".png")
        self.report = self.model.with_suffix(".html")
        self.options = self.model.with_suffix(".toml")
        folder = self.model.parent
        if not folder.is_dir():
            raise InvalidArgument(
                f"cannot write {self.model}: there is no folder {folder}. Create it, or choose "
                "another place."
            )
        if self.model.is_dir():
            raise InvalidArgument(f"cannot write {self.model}: it is a folder. Name a file.")
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as problem:
            raise InvalidArgument(
                f"cannot write into {folder}: {problem.strerror}. Choose another place."
            ) from None

    def spare(self, *sources: object) -> None:
        """Refuses to write the model over a table that it is trained on, even with overwrite.

        Args:
            sources: tables to read; those that are no files are skipped.

        Raises:
            InvalidArgument: the model would replace one of them.
        """
        for source in (file for each in sources for file in named_files(each)):
            if not source.exists():
                continue
            if self.model.exists() and os.path.samefile(self.model, source):
                raise InvalidArgument(
                    f"{self.model} is one of the tables to read, and the model would replace it. "
                    "Choose another file: out=, --out."
                )

    def check(
        self, data: str, targets: Collection[str], columns: Collection[str] | None = None
    ) -> bool:
        """Whether the model would replace one; refuses if it may not.

        A model of the same table and targets may be replaced: people often train again.

        Args:
            data: name of the table.
            targets: the columns to predict.
            columns: of the table, if its name does not identify it.

        Raises:
            InvalidArgument: the file is something else.
        """
        if not self.model.exists():
            return False
        try:
            documents = read(self.model).documents
            before = documents["provenance"]["data"]
            listed = documents["schema"]["columns"]
            predicted = [each["name"] for each in listed if each["role"] == "target"]
            known = {each["name"] for each in listed}
        except (FileFormatError, OSError, KeyError, TypeError):
            what = "is not a model that train wrote"
        else:
            same = columns is None or known == set(columns)
            if before == data and sorted(predicted) == sorted(targets) and same:
                return True
            what = f"holds a model of {before!r}" + (
                f" for {words.listed(map(repr, predicted), 9, last=' and ')}" if predicted else ""
            )
        raise InvalidArgument(
            f"{self.model} already exists and {what}. Choose another file (out=, --out), or "
            "replace it (overwrite=True, --overwrite)."
        )

    def may_draw(self) -> bool:
        """Whether the picture is new or would replace one that trimtab drew."""
        if not self.picture.exists():
            return True
        try:
            return pictures.is_ours(self.picture)
        except OSError:
            return False

    def write_options(self, options: TrainOptions) -> bool:
        """Writes the options beside the model, unless someone else wrote that file."""
        first = f"# {WRITTEN}"
        if self.options.exists():
            try:
                ours = self.options.read_text("utf-8").startswith(first)
            except (OSError, UnicodeDecodeError):
                ours = False
            if not ours:
                return False
        text = to_toml(options, self.options.parent, title=WRITTEN)
        with replacing(self.options) as file:
            file.write(text.encode("utf-8"))
        return True

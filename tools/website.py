"""Builds the documentation as a site and checks it.

    python -m pip install ".[docs]"
    python tools/website.py               # build/site, opened from there without a server
    python tools/website.py --serve       # rebuilds while pages are written

Warnings are errors. The check after the build: every link within the site leads to a page and a
place on it, and no page fetches anything from elsewhere.

mkdocs reads ``docs/`` and calls the functions ``on_...`` here. They add what is not in ``docs/``:
the reference, from the docstrings of public names, and files of the repository that pages link to,
so that the same links work on a forge and on the site.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import posixpath
import re
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from fnmatch import fnmatch
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent

#: Where pages lie that are made of files outside of docs/.
OUTSIDE = "project/"

FENCE = re.compile(r"^(```.*?^```)$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)(?=[)#])")

#: A list right under a line of text: on a forge it is one, for mkdocs it needs a line between.
LIST = re.compile(r"^([^\s|>#*-].*\n)(?=- )", re.MULTILINE)

#: Text that is shown as a page of its own -> its language.
LANGUAGES = {".py": "python", ".txt": "text", ".toml": "toml", ".csv": "text", ".h": "cpp"}

#: Public modules, in the order of the navigation. ``keras`` has the same objects.
MODULES = (
    "trimtab layers losses metrics optimizers schedules callbacks initializers regularizers "
    "constraints activations datasets tables trials findings uncertainty pictures config "
    "distributed errors"
).split()

#: What models, predictors and estimators show, their own and what they inherit; the rest of their
#: methods serve other rooms.
METHODS = (
    "add build check classes coach compile count_params evaluate explain fit "
    "fold_batch_normalization get_config get_layer get_weights layers load_weights of_epochs "
    "partial_fit pop predict predict_chunks predict_frame predict_interval predict_members "
    "predict_on_batch predict_proba predict_samples probe refresh_statistics report save "
    "save_weights score set_weights spread summary test_on_batch threshold to_json "
    "train_on_batch"
).split()


#: How much a page counts in a search: the first pattern that fits. What answers a question comes
#: before what tells how it was measured, and before the history of the project.
RANKS = {
    "guides/questions.md": 1.5,
    "guides/*": 1.6,
    "start.md": 1.6,
    "lesson/*": 1.2,
    "notebooks/*": 0.8,
    "coach/measured.md": 0.2,
    "coach/*": 0.6,
    "reference/*": 0.7,
    "design.md": 0.1,
    "keras.md": 0.5,
    "performance.md": 0.2,
    "*defaults.md": 0.2,
    "project/*": 0.05,
}


# Files outside of docs/


def place(path: str) -> str:
    """Where a file of the repository lies on the site.

    Example:
        >>> place("docs/tables.md"), place("CONTRIBUTING.md"), place("examples/concrete.py")
        ('tables.md', 'project/CONTRIBUTING.md', 'project/examples/concrete.py.md')
    """
    if path == "README.md":
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        return f"{OUTSIDE}{path}/README.md"
    if Path(path).suffix in LANGUAGES:
        return f"{OUTSIDE}{path}.md"
    return f"{OUTSIDE}{path}"


def origin(uri: str) -> str:
    """The file of the repository that a page is made of; of made pages: where it would lie."""
    return uri.removeprefix(OUTSIDE) if uri.startswith(OUTSIDE) else f"docs/{uri}"


def targets(text: str, path: str) -> Iterator[str]:
    """The files of the repository that a page links to."""
    for prose in FENCE.split(text)[::2]:
        for match in LINK.finditer(prose):
            yield resolved(match[1], path)


def resolved(target: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def relinked(text: str, path: str) -> str:
    """The text of a page with links to where their targets lie on the site."""
    here = posixpath.dirname(place(path)) or "."

    def link(match: re.Match[str]) -> str:
        return posixpath.relpath(place(resolved(match[1], path)), here)

    parts = FENCE.split(text)
    parts[::2] = [LINK.sub(link, LIST.sub(r"\1\n", prose)) for prose in parts[::2]]
    return "".join(parts)


def outside(pages: dict[str, str]) -> dict[str, str | bytes]:
    """What pages link to, and what that links to: place -> content.

    Args:
        pages: path in the repository -> text.
    """
    found: dict[str, str | bytes] = {}
    waiting = [target for path, text in pages.items() for target in targets(text, path)]
    waiting += ["CONTRIBUTING.md", "CHANGELOG.md"]
    while waiting:
        path = waiting.pop()
        file = ROOT / path
        here = path.startswith("docs/") or path == "README.md"
        if path in found or here or not file.exists():  # mkdocs says which link is dead
            continue
        if file.is_dir():
            found[path] = folder(path)
        elif file.suffix == ".md":
            found[path] = file.read_text("utf-8")
        elif file.suffix in LANGUAGES:
            code = file.read_text("utf-8")
            found[path] = (
                f"---\nsearch:\n  exclude: true\n---\n\n# {path}\n\n"
                f"````{LANGUAGES[file.suffix]}\n{code}\n````\n"
            )
        elif file.is_file():
            found[path] = file.read_bytes()
        if file.suffix == ".md" or file.is_dir():
            base = f"{path}/README.md" if file.is_dir() else path
            waiting += targets(str(found[path]), base)
    return {place(path): content for path, content in found.items()}


def folder(path: str) -> str:
    """The page of a folder: its README, or what lies there."""
    readme = ROOT / path / "README.md"
    if readme.is_file():
        return readme.read_text("utf-8")
    names = sorted(each.name for each in (ROOT / path).iterdir() if each.suffix in LANGUAGES)
    return f"# {path}\n\n" + "".join(f"- [{name}]({name})\n" for name in names)


# The reference


def public(module: str) -> Iterator[tuple[str, str]]:
    """The classes and functions of a public module: name, and where it is defined."""
    loaded = importlib.import_module(full(module))
    own = (name for name, value in vars(loaded).items() if defined_in(value) == full(module))
    names = getattr(loaded, "__all__", None) or list(own)
    seen = set()
    for name in sorted(names, key=str.lower):
        value = getattr(loaded, name)
        described = isinstance(value, type | types.FunctionType) and inspect.getdoc(value)
        if name.startswith("_") or not described:
            continue
        home = f"{value.__module__}.{value.__qualname__}"
        if home not in seen:  # also known under a second name
            seen.add(home)
            yield name, home


def defined_in(value: object) -> str:
    return str(getattr(value, "__module__", ""))


def full(module: str) -> str:
    return module if module == "trimtab" else f"trimtab.{module}"


def summary(module: str) -> str:
    """What is in a public module, in a sentence: the one in the table of docs/reference.md.

    Example:
        >>> summary("callbacks")
        'Early stopping, falling learning rates, averaged weights, checkpoints, backups, logs.'
    """
    table = (ROOT / "docs" / "reference.md").read_text("utf-8")
    row = re.search(rf"^\| `{re.escape(full(module))}` \| (.*) \|$", table, re.MULTILINE)
    if row is None:
        raise LookupError(f"docs/reference.md has no row for {full(module)}. Add one.")
    return f"{row[1][0].upper()}{row[1][1:]}."


def reference(module: str) -> str:
    """The page of a public module."""
    parts = [f"# {full(module)}", summary(module)]
    for name, home in public(module):
        options: dict[str, object] = {"heading": f"{full(module)}.{name}", "toc_label": name}
        if module == "trimtab":
            options |= {"members": METHODS, "inherited_members": METHODS}
        lines = (f"      {key}: {value}" for key, value in options.items())
        parts.append("\n".join((f"::: {home}", "    options:", *lines)))
    return "\n\n".join(parts) + "\n"


# What mkdocs calls


def on_config(config: Any) -> Any:
    """Puts pages in the place of patterns in the navigation."""
    config.nav = expanded(config.nav)
    return config


def expanded(nav: list[Any]) -> list[Any]:
    entries: list[Any] = []
    for entry in nav:
        if entry == "reference/*.md":
            entries += [f"reference/{full(module)}.md" for module in MODULES]
        elif isinstance(entry, dict):
            ((title, value),) = entry.items()
            if isinstance(value, list):
                value = expanded(value)
            elif "*" in value:
                pages = sorted((ROOT / "docs").glob(value))
                value = [str(page.relative_to(ROOT / "docs")) for page in pages]
            entries.append({title: value})
        else:
            entries.append(entry)
    return entries


def on_files(files: Any, config: Any) -> Any:
    """Adds the reference and what pages link to."""
    from mkdocs.structure.files import File

    made: dict[str, str | bytes] = {
        f"reference/{full(name)}.md": reference(name) for name in MODULES
    }
    pages = {f"docs/{file.src_uri}": file.content_string for file in files.documentation_pages()}
    for uri, content in (made | outside(pages)).items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Leads links to where the files lie on the site."""
    uri = page.file.src_uri
    page.meta.setdefault("search", {}).setdefault("boost", rank(uri))
    if uri == "index.md":  # the navigation beside it would have one line
        page.meta["hide"] = ["navigation"]
    if uri.startswith("reference/"):
        return markdown
    text = relinked(markdown, origin(uri))
    if uri == "reference.md":  # the forge has no pages for these
        text = re.sub(
            r"^\| `(trimtab[\w.]*)`", r"| [`\1`](reference/\1.md)", text, flags=re.MULTILINE
        )
    return text


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """A column without a name has no heading: an empty one is read out as such."""
    return re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html)


def rank(uri: str) -> float:
    """How much a page counts in a search.

    Example:
        >>> rank("guides/csv.md"), rank("tables.md"), rank("project/CHANGELOG.md")
        (1.6, 1.0, 0.05)
    """
    return next((value for pattern, value in RANKS.items() if fnmatch(uri, pattern)), 1.0)


# The check


class Links(HTMLParser):
    """What a page links to, what it fetches, and its places."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places = {""}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        self.places.update(values[name] for name in ("id", "name") if name in values)
        if "src" in values:
            self.fetched.append(values["src"])
        elif tag == "link" and values.get("rel") not in ("next", "prev", "canonical"):
            self.fetched.append(values["href"])
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])


def read(page: Path) -> Links:
    parser = Links()
    parser.feed(page.read_text("utf-8"))
    return parser


def faults(site: Path) -> list[str]:
    """Links that lead nowhere, and what comes from elsewhere, a line each."""
    pages = {page.resolve(): read(page) for page in site.rglob("*.html")}
    found = []
    for page, links in pages.items():
        name = page.relative_to(site.resolve())
        for target in links.links + links.fetched:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if target in links.fetched and parts.scheme != "data":
                    found.append(f"{name} fetches {target} from elsewhere")
                continue
            folder = site if parts.path.startswith("/") else page.parent  # 404.html can be anywhere
            file = (folder / unquote(parts.path).lstrip("/")).resolve() if parts.path else page
            if not file.exists():
                found.append(f"{name} links to {target}, which is not there")
            elif file in pages and unquote(parts.fragment) not in pages[file].places:
                found.append(f"{name} links to {target}: the page has no such place")
    return found


def main() -> int:
    """Builds and checks the site; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site", help="the folder")
    parser.add_argument("--serve", action="store_true", help="serve it, and rebuild on changes")
    arguments = parser.parse_args()
    if arguments.serve:
        return subprocess.call([sys.executable, "-m", "mkdocs", "serve"], cwd=ROOT)
    start = time.monotonic()
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    command += ["--site-dir", str(arguments.site.resolve())]
    quiet = {"NO_MKDOCS_2_WARNING": "1"}  # news about other programs
    if subprocess.call(command, cwd=ROOT, env=os.environ | quiet) != 0:
        return 1
    wrong = faults(arguments.site)
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    pages = len(list(arguments.site.rglob("*.html")))
    seconds = time.monotonic() - start
    print(f"{pages} pages in {arguments.site}, {len(wrong)} dead links, {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

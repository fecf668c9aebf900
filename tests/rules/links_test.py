#!/usr/bin/env python3
"""Each link of the documents leads to a file or a heading, each script that they name exists, and each
document is linked from README.md or from a document that is.

usage: links_test.py PROJECT_ROOT
"""
import pathlib
import re
import sys

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(text):
    """The anchors of a document's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ +(.*?) *$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(text):
    """The links of a document outside its blocks of code, without those to other machines."""
    targets = LINK.findall(FENCE.sub("", text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def check_document(path):
    """Returns what is wrong with the links of `path`, and the documents that they lead to."""
    wrong, documents = [], []
    for target in links(path.read_text()):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            wrong.append(f"{path}: no file for the link ({target})")
        elif file.suffix == ".md":
            documents.append(file)
            if anchor and anchor not in anchors(file.read_text()):
                wrong.append(f"{path}: no heading for the link ({target})")
    return wrong, documents


def missing_scripts(root, path):
    names = sorted(set(re.findall(r"\bscripts/\w+\.(?:sh|py)\b", path.read_text())))
    return [f"{path}: there is no {name}" for name in names if not (root / name).exists()]


def check(root):
    """Returns what is wrong with the links of the documents below `root`."""
    wrong, seen, waiting = [], set(), [root / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        problems, documents = check_document(path)
        wrong += problems + missing_scripts(root, path)
        waiting += documents
    everything = {*root.glob("*.md"), *root.glob("docs/**/*.md")}
    return wrong + [f"{path}: no document links to it" for path in sorted(everything - seen)]


if __name__ == "__main__":
    problems = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(problems) or "every link leads somewhere, every document is linked")
    sys.exit(1 if problems else 0)

#!/usr/bin/env python3
"""A file transfer plugin of HTCondor, which runs it on the execute node. It needs the standard library only.

HTCondor starts it in three ways. With ``-classad``, it prints its abilities. With ``-infile F -outfile G``, it fetches the files
that F lists, and writes into G which of them it got. With ``-upload`` at the end, it sends the files instead. A ``cellar://`` URL
names a file in a folder that the execute nodes share; the file is stored compressed.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

ABILITIES = """\
PluginType = "FileTransfer"
SupportedMethods = "cellar"
MultipleFileSupport = true
PluginVersion = "1.0"
ProtocolVersion = 2
"""

TEXT = r'"((?:[^"\\]|\\.)*)"'  # a string in a ClassAd


def main(arguments: list[str]) -> int:
    if "-classad" in arguments:
        print(ABILITIES)
        return 0
    requests = Path(arguments[arguments.index("-infile") + 1]).read_text(encoding="utf-8")
    failed = False
    with Path(arguments[arguments.index("-outfile") + 1]).open("w", encoding="utf-8") as answers:
        for request in re.findall(r"\[(.*?)\]\s*(?=\[|$)", requests, flags=re.DOTALL):
            url, local = value("Url", request), value("LocalFileName", request)
            try:
                move(url, Path(local), upload="-upload" in arguments)
                answers.write(answer(url, local))
            except OSError as error:
                answers.write(answer(url, local, str(error)))
                failed = True
    return 1 if failed else 0


def value(name: str, request: str) -> str:
    found = re.search(rf"\b{name}\s*=\s*{TEXT}", request)
    if found is None:
        raise ValueError(f"there is no {name} in {request!r}")
    return re.sub(r"\\(.)", r"\1", found[1])


def move(url: str, local: Path, *, upload: bool) -> None:
    stored = Path(unquote(url.partition("://")[2]) + ".gz")
    if upload:
        stored.parent.mkdir(parents=True, exist_ok=True)
        with local.open("rb") as source, gzip.open(stored, "wb") as target:
            shutil.copyfileobj(source, target)
    else:
        with gzip.open(stored) as source, local.open("wb") as target:
            shutil.copyfileobj(source, target)


def answer(url: str, local: str, error: str = "") -> str:
    facts = {"TransferUrl": url, "TransferFileName": local, "TransferProtocol": "cellar", "TransferSuccess": not error}
    if error:
        facts["TransferError"] = error
    return "[ " + "; ".join(f"{name} = {json.dumps(fact, ensure_ascii=False)}" for name, fact in facts.items()) + " ]\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

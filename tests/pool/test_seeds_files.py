"""The examples of the tutorials and recipes that work with files, as users type them."""

from __future__ import annotations

import itertools
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import htmap

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestWorkingWithFiles:
    def test_a_function_reads_a_file_here_and_there(self) -> None:
        def read_file(path: Path) -> str:
            return path.read_text()

        hi_path = Path.cwd() / "hi.txt"
        assert hi_path.write_text("Hello world!") == 12
        assert read_file(hi_path) == "Hello world!"

        bye_path = htmap.TransferPath.cwd() / "bye.txt"
        assert bye_path.write_text("Have a nice day!") == 16
        map = htmap.map(read_file, [bye_path])
        assert map.get(0) == "Have a nice day!"

    def test_a_list_of_files_is_one_argument(self) -> None:
        def cat(files: Any) -> str:
            file_contents = (file.read_text() for file in files)
            return "".join(file_contents)

        cwd = htmap.TransferPath.cwd()
        paths = [
            cwd / "start.txt",
            cwd / "middle.txt",
            cwd / "end.txt",
        ]
        parts = [
            "The quick brown ",
            "fox jumps over ",
            "the lazy dog!",
        ]
        for path, part in zip(paths, parts):
            path.write_text(part)
        m = htmap.map(cat, [paths])
        assert m.get(0) == "".join(parts)

    def test_a_huge_file_and_what_it_needs(self) -> None:
        def read_huge_file(file: Any) -> str:
            contents = Path(file).read_text()
            return contents  # noqa: RET504 -- as users do

        huge_file = htmap.TransferPath.cwd() / "huge_file.txt"
        assert huge_file.write_text("only a few words, but use your imagination") == 42
        options = htmap.MapOptions(request_memory=["10MB", "20MB", "30MB"], request_disk="1GB")
        multiple = htmap.map(read_huge_file, [huge_file, huge_file, huge_file], map_options=options)
        assert list(multiple) == ["only a few words, but use your imagination"] * 3


class TestOutputFiles:
    def test_files_are_handed_over_and_found_by_component(self) -> None:
        @htmap.mapped
        def repeat(string: str, number: int) -> None:
            output_path = Path("repeated.txt")
            with output_path.open(mode="w") as f:
                f.write(" ".join(itertools.repeat(string, number)))
            htmap.transfer_output_files(output_path)

        with repeat.build_map() as mb:
            mb("foo", 5)
            mb("wiz", 3)
            mb("bam", 2)
        repeated = mb.map
        assert list(repeated) == [None, None, None]
        read = [(base / "repeated.txt").read_text() for base in repeated.output_files]
        assert read == [" ".join([word] * number) for word, number in (("foo", 5), ("wiz", 3), ("bam", 2))]

    def test_folders_come_back_whole_and_no_file_without_being_handed_over(self) -> None:
        def write(number: int) -> None:
            folder = Path("results") / "deep"
            folder.mkdir(parents=True)
            (folder / "a, b.txt").write_text(str(number))
            Path("left-behind.txt").touch()
            htmap.transfer_output_files("results")

        mapped = htmap.map(write, range(4), chunksize=2)
        mapped.wait(TIMEOUT)
        found = [sorted(path.relative_to(base).as_posix() for path in base.rglob("*")) for base in mapped.output_files]
        assert found == [["results", "results/deep", "results/deep/a, b.txt"]] * 4
        assert [(base / "results/deep/a, b.txt").read_text() for base in mapped.output_files] == ["0", "1", "2", "3"]

    def test_files_of_the_last_run_are_gone_when_a_component_runs_again(self) -> None:
        gate = Path.cwd() / "gate"

        def write(number: int, *, once: Any) -> None:
            while gate.exists():
                time.sleep(0.05)
            if once.read_text() == "first":
                Path("first.txt").write_text(str(number))
                htmap.transfer_output_files("first.txt")

        once = htmap.TransferPath.cwd() / "once"
        once.write_text("first")
        mapped = htmap.starmap(write, [(0,), (1,)], [{"once": once}] * 2, chunksize=2)
        mapped.wait(TIMEOUT)
        before = list(mapped.output_files)
        once.write_text("then")
        gate.touch()  # the component cannot end before somebody looks
        mapped.rerun([1])
        with pytest.raises(FileNotFoundError):
            mapped.output_files[1]
        gate.unlink()
        mapped.wait(TIMEOUT)
        assert [sorted(path.name for path in base.iterdir()) for base in mapped.output_files] == [["first.txt"], []]
        assert [base.exists() for base in before] == [True, False]


class TestWrappingExternalPrograms:
    def test_a_script_is_sent_along_and_called(self) -> None:
        @htmap.mapped(map_options=htmap.MapOptions(fixed_input_files="dbl.sh"))
        def jobs(i: int) -> int:
            process = subprocess.run(  # noqa: PLW1510 -- as users do
                ["bash", "dbl.sh", str(i)],
                stdout=subprocess.PIPE,
            )

            if process.returncode != 0:
                raise Exception("call to dbl.sh failed!")  # noqa: TRY002 -- as users do

            return_value = process.stdout

            return int(return_value)

        Path("factor").write_text("2")
        Path("dbl.sh").write_text(f"#!/bin/bash\n\nFACTOR=$(cat {Path.cwd()}/factor)\necho $(($FACTOR * $1))\n")
        new_map = jobs.map(range(5))
        new_map.wait(show_progress_bar=True)
        assert list(new_map) == [0, 2, 4, 6, 8]

    def test_a_program_is_called_by_its_name(self) -> None:
        @htmap.mapped(
            map_options=htmap.MapOptions(
                fixed_input_files="dbl",
            )
        )
        def dbl(x: int) -> int:
            process = subprocess.run(  # noqa: PLW1510 -- as users do
                ["dbl", str(x)],
                stdout=subprocess.PIPE,
            )
            if process.returncode != 0:
                raise Exception("call to dbl failed!")  # noqa: TRY002 -- as users do
            return_value = int(process.stdout)
            return return_value  # noqa: RET504 -- as users do

        Path("dbl").write_text("#!/usr/bin/env bash\necho $((2 * $1))\n")
        Path("dbl").chmod(0o755)
        result = dbl.map(range(10))
        assert list(result) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]

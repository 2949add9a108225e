"""Files that come from servers and go to servers, on a real HTCondor."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import htmap
from htmap.exceptions import NoSlotTransfers, SuspiciousMap
from htmap_core import TransferPath
from htmap_core.tracking import holds

if TYPE_CHECKING:
    from tests.pool.conftest import Servers

pytestmark = pytest.mark.pool

TIMEOUT = 180


def sent(name: str, component: int) -> str:
    return f"{name} of {component}"


def writer(*names: str) -> Any:
    """Return a function that writes files, with its component in them, and hands them over."""

    def write(component: int) -> int:
        from pathlib import Path

        import htmap

        for path in map(Path, names):
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{path.name} of {component}")
        htmap.transfer_output_files(*names)
        return component

    return write


def returned(mapped: htmap.Map, component: int) -> list[str]:
    return sorted(path.name for path in mapped.output_files.get(component, timeout=TIMEOUT).iterdir())


class TestInputs:
    def test_files_come_by_http_https_and_s3(self, site: Servers) -> None:
        def read(names: list[str]) -> list[str]:
            from pathlib import Path

            return [Path(name).read_text() for name in names]

        (site.folder / "one.txt").write_text("by http")
        (site.folder / "two.txt").write_text("by https")
        site.bucket.put_object(Key="three.txt", Body=b"by s3")
        urls = [f"http://{site.http}/one.txt", f"https://{site.https}/two.txt", f"s3://{site.s3}/my-bucket/three.txt"]
        mapped = htmap.map(
            read,
            [["one.txt", "two.txt", "three.txt"]],
            map_options=htmap.MapOptions(fixed_input_files=urls),
        )
        assert mapped.get(0, timeout=TIMEOUT) == ["by http", "by https", "by s3"]

    @pytest.mark.parametrize(("url", "told"), [("http://{0.http}/missing.txt", "404"), ("https://{0.http}/x", "SSL")])
    def test_what_cannot_be_fetched_is_a_hold_that_names_it_and_says_what_to_do(
        self, site: Servers, url: str, told: str
    ) -> None:
        options = htmap.MapOptions(fixed_input_files=url.format(site))
        mapped = htmap.map(lambda x: x, [0], map_options=options)
        with pytest.raises(htmap.exceptions.MapComponentHeld):
            mapped.get(0, timeout=TIMEOUT)
        assert told.casefold() in mapped.hold_report().casefold()
        assert url.format(site) in mapped.hold_report()
        assert mapped.hold_report().splitlines()[-1] == holds.advice(mapped.holds[0], mapped.tag)


class TestOutputs:
    def test_each_component_sends_its_file_and_brings_back_the_others(self, site: Servers) -> None:
        remaps = {"out.txt": TransferPath("by-put/$(component).txt", "http", site.http)}
        options = htmap.MapOptions(output_remaps=remaps)
        mapped = htmap.map(writer("deep/out.txt", "other.txt"), range(3), map_options=options)
        assert list(mapped) == [0, 1, 2]
        assert [(site.folder / "by-put" / f"{n}.txt").read_text() for n in range(3)] == [
            sent("out.txt", n) for n in range(3)
        ]
        assert [returned(mapped, n) for n in range(3)] == [["other.txt"]] * 3

    def test_components_that_share_a_job_have_destinations_of_their_own(self, site: Servers, tmp_path: Path) -> None:
        remaps: list[dict[str, Any]] = [
            {"a": f"s3://{site.s3}/my-bucket/chunked/{n}", "b": tmp_path / "new" / str(n)} for n in range(4)
        ]
        options = htmap.MapOptions(output_remaps=iter(remaps))
        mapped = htmap.map(writer("a", "b"), range(4), map_options=options, chunksize=2)
        assert list(mapped) == [0, 1, 2, 3]
        in_bucket = {
            each.key: each.get()["Body"].read().decode() for each in site.bucket.objects.filter(Prefix="chunked/")
        }
        assert in_bucket == {f"chunked/{n}": sent("a", n) for n in range(4)}
        assert [(tmp_path / "new" / str(n)).read_text() for n in range(4)] == [sent("b", n) for n in range(4)]

    def test_a_name_can_be_known_when_the_job_runs_only(self, site: Servers) -> None:
        def write(_: int) -> None:
            import tempfile
            from pathlib import Path

            import htmap

            found = Path(tempfile.mkdtemp()) / "result"  # no one could have named this folder before
            found.write_text("found")
            htmap.transfer_output_files(found)

        options = htmap.MapOptions(output_remaps={"result": f"https://{site.https}/chosen"})
        htmap.map(write, [0], map_options=options).wait(timeout=TIMEOUT)
        assert (site.folder / "chosen").read_text() == "found"

    def test_a_folder_goes_as_a_whole(self, site: Servers, tmp_path: Path) -> None:
        def write(_: int) -> None:
            from pathlib import Path

            import htmap

            for folder in ("here", "there"):
                Path(folder, "inner").mkdir(parents=True)
                Path(folder, "inner", "file").write_text(folder)
            htmap.transfer_output_files("here", "there")

        remaps: dict[str, Any] = {"here": tmp_path / "kept", "there": f"http://{site.http}/folder"}
        htmap.map(write, [0], map_options=htmap.MapOptions(output_remaps=remaps)).wait(timeout=TIMEOUT)
        assert (tmp_path / "kept" / "inner" / "file").read_text() == "here"
        assert (site.folder / "folder" / "inner" / "file").read_text() == "there"

    def test_names_and_paths_with_all_signs_arrive(self, site: Servers, tmp_path: Path) -> None:
        names = ["a=b", "a;b", "a,b", "a b", "$(x)", '"q"', "it's", "%41", "ü", ".dot", "#x", "[y]", "a\\b"]
        remaps = {name: tmp_path / "folder; $(y), = \"x\" 'z' %41 é" / name for name in names}
        mapped = htmap.map(writer(*names), [0], map_options=htmap.MapOptions(output_remaps=remaps))
        assert list(mapped) == [0]
        assert {name: path.read_text() for name, path in remaps.items()} == {name: sent(name, 0) for name in names}

    def test_a_component_that_does_not_make_its_file_is_reported_and_the_others_are_fine(self, site: Servers) -> None:
        def write(component: int) -> None:
            from pathlib import Path

            import htmap

            if component:
                Path("made").touch()
                htmap.transfer_output_files("made")

        options = htmap.MapOptions(output_remaps={"made": f"http://{site.http}/made/$(component)"})
        mapped = htmap.map(write, range(2), map_options=options)
        mapped.wait(timeout=TIMEOUT, errors_ok=True)
        assert "'made'" in mapped.get_err(0, timeout=TIMEOUT).exception_msg
        assert mapped.get(1, timeout=TIMEOUT) is None
        assert (site.folder / "made" / "1").exists()

    def test_a_component_that_is_run_again_sends_its_file_again(self, site: Servers, tmp_path: Path) -> None:
        key = tmp_path / "key"
        key.write_text("AKIAOLDKEY")
        remaps = {"x": f"s3://{site.s3}/my-bucket/again/$(component)"}
        options = htmap.MapOptions(output_remaps=remaps, aws_access_key_id_file=key)
        mapped = htmap.map(writer("x"), range(2), map_options=options)
        mapped.wait(timeout=TIMEOUT)
        site.bucket.objects.filter(Prefix="again/").delete()
        key.write_text("AKIANEWKEY")
        mapped.rerun(components=[1])
        mapped.wait(timeout=TIMEOUT)
        assert "Credential=AKIANEWKEY%2F" in mapped._map_dir.items(1).read_text()  # so it was signed anew
        assert [each.key for each in site.bucket.objects.filter(Prefix="again/")] == ["again/1"]

    def test_what_cannot_be_sent_is_a_hold_that_names_it(self, site: Servers) -> None:
        url = f"http://{site.http}/forbidden/x"
        mapped = htmap.map(writer("x"), [0], map_options=htmap.MapOptions(output_remaps={"x": url}))
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=url):
            mapped.get(0, timeout=TIMEOUT)

    def test_mapped_functions_pass_their_remaps_on(self, site: Servers, tmp_path: Path) -> None:
        function = htmap.mapped(map_options=htmap.MapOptions(output_remaps={"x": tmp_path / "$(component)"}))(
            writer("x")
        )
        for _ in range(2):  # as often as one likes
            function.map(range(2)).wait(timeout=TIMEOUT)
        assert [(tmp_path / str(n)).read_text() for n in range(2)] == [sent("x", 0), sent("x", 1)]


def test_the_example_of_the_tutorial_moves_a_file_within_a_bucket(
    site: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    def move_file(input_path: Any) -> None:
        import htmap

        htmap.transfer_output_files(input_path)

    site.bucket.put_object(Key="in.txt", Body=b"there and back")
    bucket = htmap.TransferPath("my-bucket", protocol="s3", location=site.s3)
    input_file = bucket / "in.txt"
    output_file = bucket / "out.txt"
    print(input_file)
    print(output_file)
    mapped = htmap.map(
        move_file,
        [input_file],
        map_options=htmap.MapOptions(
            request_memory="128MB", request_disk="1GB", output_remaps=[{input_file.name: output_file}]
        ),
    )
    mapped.wait(timeout=TIMEOUT)
    assert site.bucket.Object("out.txt").get()["Body"].read() == b"there and back"
    assert list(mapped.output_files[0].iterdir()) == []
    assert capsys.readouterr().out == (
        f"TransferPath(path='my-bucket/in.txt', protocol='s3', location='{site.s3}')\n"
        f"TransferPath(path='my-bucket/out.txt', protocol='s3', location='{site.s3}')\n"
    )


class TestBeforeSubmission:
    def test_a_scheme_that_nobody_offers_leaves_no_map_behind(self, site: Servers) -> None:
        before = htmap.get_tags()
        with pytest.raises(htmap.exceptions.CannotTransfer):
            htmap.map(writer("x"), [0], map_options=htmap.MapOptions(output_remaps={"x": "gopher://hole/x"}))
        assert htmap.get_tags() == before

    def test_a_scheme_that_no_slot_has_is_a_warning_with_numbers(self, site: Servers) -> None:
        with pytest.warns(SuspiciousMap) as told:  # two: no slot fits, either
            htmap.map(writer("x"), [0], map_options=htmap.MapOptions(output_remaps={"x": "osdf:///x"}))
        found = [each.message for each in told if isinstance(each.message, NoSlotTransfers)]
        assert [(each.scheme, each.slots) for each in found] == [("osdf", 1)]

    def test_what_is_fine_is_not_warned_of(self, site: Servers) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            htmap.map(writer("x"), [0], map_options=htmap.MapOptions(output_remaps={"x": f"http://{site.http}/x"}))

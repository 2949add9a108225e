"""Mistakes with memory, machines and the pool."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

RESOURCES = (
    Mistake(
        name="too-little-memory",
        wants="results, and never asked how much memory they take",
        script="""
            import htmap

            def fill(megabytes):
                return len(bytes(megabytes * 1024**2).replace(b"\\0", b"1"))

            mapped = htmap.map(fill, [150], tag="memory")
            mapped.wait()
        """,
        says="memory",
        names=("MapOptions(request_memory=", "htmap advise memory"),
        measured=r"(?<=used )[\d.]+ MB|(?<=request_memory=')\w+",
    ),
    Mistake(
        name="less-memory-than-the-input-has",
        wants="to send a large input",
        script="""
            import htmap

            options = htmap.MapOptions(request_memory="10MB", hold=True)
            htmap.map(len, [bytes(30_000_000)], tag="input", map_options=options)
        """,
        says="component 0",
        names=("MapOptions(request_memory=",),
    ),
    Mistake(
        name="more-than-any-machine-has",
        wants="very much memory",
        script="""
            import htmap

            options = htmap.MapOptions(request_memory="9000GB")
            htmap.map(abs, [-1], tag="huge", map_options=options)
        """,
        says="huge",
        names=("request_memory", "0 of"),
    ),
    Mistake(
        name="why-does-it-not-run",
        wants="to know why a map stays idle",
        script="""
            import htmap
            import warnings

            warnings.simplefilter("ignore")
            options = htmap.MapOptions(request_memory="9000GB")
            htmap.map(abs, [-1], tag="hungry", map_options=options)
        """,
        typed=("python tides.py", "htmap why hungry"),
        says="IDLE",
        names=("htmap edit memory hungry",),
        measured="(?<=- the negotiator ).*",  # it looks when it likes
    ),
    Mistake(
        name="a-delivery-method-that-is-not-there",
        wants="their image to be used",
        script="""
            import htmap

            htmap.settings["DELIVERY_METHOD"] = "dokcer"
            htmap.map(abs, [-1], tag="reef")
        """,
        says="dokcer",
        names=("did you mean 'docker'", "htmap plugins list"),
    ),
    Mistake(
        name="no-pool-at-all",
        wants="to try HTMap on a laptop",
        script="""
            import htmap

            print(list(htmap.map(abs, [-1], tag="bay")))
        """,
        typed=("HTMAP_PLUGINS=pool,shared python tides.py",),
        says="no HTCondor pool",
        names=("htmap pool install",),
        has_pool=False,
    ),
    Mistake(
        name="asks-for-a-proposal",
        wants="to know what to ask for the next time",
        typed=("htmap advise tide",),
        says="tide",
        names=("htmap.MapOptions(request_memory=",),
        lines=7,
        measured=r"(?:less than )?[\d.]+ ([KM]B|m?s) *|(?<=expected_runtime=)[\d.]+| +(?=(95% need|All need|Proposed))",
    ),
)

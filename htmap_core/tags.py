"""Tags, the names of maps: the check of a user's tag, and random tags."""

from __future__ import annotations

import random

from htmap_core.exceptions import InvalidTag

FORBIDDEN_CHARACTERS = r'/\<>:"|?*[]!'
MAX_LENGTH = 200  # bytes: a tag is a file name, and file systems allow 255


def check_tag(tag: object) -> str:
    r"""Return *tag* if it can be a map's tag.

    :raises InvalidTag: *tag* is not a string, is empty, is too long, is ``.`` or ``..``, begins with ``-``, or has white space,
        control characters or one of ``/ \ < > : " | ? * [ ] !``.
    """
    if not isinstance(tag, str):
        raise InvalidTag(tag, f"a tag must be a string, not {type(tag).__name__}{_instead(tag)}")
    if not tag:
        raise InvalidTag(tag, "a tag cannot be empty")
    if tag in {".", ".."} or tag.startswith("-"):
        raise InvalidTag(tag, "a tag cannot be '.' or '..', and cannot begin with '-'")
    if wrong := sorted({c for c in tag if c in FORBIDDEN_CHARACTERS or c.isspace() or not c.isprintable()}):
        better = "-".join("".join(" " if each in wrong else each for each in tag).split())
        instead = f"; {better!r} can be one" if better else ""
        raise InvalidTag(tag, f"a tag cannot contain {' '.join(map(repr, wrong))}{instead}")
    if len(tag.encode()) > MAX_LENGTH:
        raise InvalidTag(tag, f"a tag can have at most {MAX_LENGTH} bytes")
    return tag


def _instead(given: object) -> str:
    """Return what may be meant by something that is no tag: a map for its tag, or several tags."""
    if isinstance(own := getattr(given, "tag", None), str):
        return f"; its tag is {own!r}"
    return "; give one tag at a time" if isinstance(given, (list, tuple, set, frozenset)) else ""


def random_tag() -> str:
    """Return a random adjective-adjective-noun. :mod:`htmap_core.storage` tells whether it is free."""
    first, second = _RANDOM.sample(_ADJECTIVES, 2)
    return f"{first}-{second}-{_RANDOM.choice(_NOUNS)}"


# Its own generator: a user who seeds the module's would get the same tags again, and other numbers than without HTMap.
_RANDOM = random.SystemRandom()

_ADJECTIVE_WORDS = """
amber bold brave breezy brief bright brisk calm clear clever cool cosy crisp curly damp daring deep dusty early easy
fair faint fancy fast fine firm fluffy fond free fresh gentle glad gold grand great green happy hardy hazy huge idle
jolly keen kind large late lean light lively lone loud lucky mellow merry mild misty modest neat new nice nimble noble
odd old pale plain plump polite proud quick quiet rapid rare red rich ripe rosy round royal rustic salty sandy sharp
shiny short shy silent silver sleepy slim slow small smart smooth snowy soft solid spare steady steep still stout strong
sunny super sweet swift tall tame tart tender thin tidy tiny vast velvet vivid warm wide wild wise young
"""
_ADJECTIVES = _ADJECTIVE_WORDS.split()

_NOUN_WORDS = """
acorn anchor apple arch badger barn basin beach bear beetle birch bird boat bridge brook candle canoe canyon castle
cedar cherry cliff cloud clover comet coral crane creek crow dawn deer desert dove dune eagle ember falcon fern field
finch fjord flame flute forest fox frog garden geyser glacier grove gull hare harbor hawk heron hill holly horse ice
iris island ivy jay lagoon lake lantern lark leaf lemon lily lion lynx maple marsh meadow mole moon moose moss mouse oak
ocean olive orchid otter owl panda peach pear penguin pine planet plum pond poppy prairie quail rain raven reef river
robin rose salmon seal shell shore snail snow sparrow spring spruce squid star stone stork storm stream swan thistle
tiger trail trout tulip turtle valley violet walrus wave whale willow wind wolf wren
"""
_NOUNS = _NOUN_WORDS.split()

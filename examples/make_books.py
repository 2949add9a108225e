"""Write twelve short books, in folders for three shelves, to have texts that can be analysed."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import NamedTuple


class Shelf(NamedTuple):
    """Who wrote the books of a shelf, what they are about, what happens, and what things are like."""

    authors: tuple[str, ...]
    things: tuple[str, ...]
    deeds: tuple[str, ...]
    likes: tuple[str, ...]


SHELVES = {
    "sea": Shelf(
        ("Ada Moor", "Ivo Brandt"),
        ("ship", "wave", "harbour", "sail", "captain", "gull", "anchor", "tide"),
        ("sailed", "waited", "turned", "drifted", "sank"),
        ("calm", "cold", "wide", "salt", "grey"),
    ),
    "hills": Shelf(
        ("Nora Feld", "Jon Aske"),
        ("road", "valley", "goat", "river", "shepherd", "stone", "meadow", "bridge"),
        ("climbed", "rested", "wandered", "followed", "slept"),
        ("green", "steep", "quiet", "old", "high"),
    ),
    "town": Shelf(
        ("Mina Quist", "Paul Lindt"),
        ("street", "window", "market", "lamp", "baker", "train", "letter", "clock"),
        ("hurried", "opened", "wrote", "rang", "closed"),
        ("bright", "narrow", "busy", "late", "warm"),
    ),
}
BOOKS = 4  # on each shelf
GOES_ON, IS_LIKE = 0.4, 0.5  # how many of the sentences go on, and how many of the things are said to be like something
WEATHER = ("in the morning", "before night", "in the rain", "after the storm", "all day")


def main(folder: Path) -> None:
    """Write the books below a folder."""
    for name, shelf in SHELVES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(1, BOOKS + 1):
            chance = random.Random(f"{name} {number}")
            (folder / name / f"{name}-{number}.txt").write_text(book(shelf, number, chance))
    print(f"{len(SHELVES) * BOOKS} books are in {folder}")


def book(shelf: Shelf, number: int, chance: random.Random) -> str:
    """Return a book: title, author, an empty line, and paragraphs. Each author has things that the other does not write about."""
    which = number % 2
    own = shelf._replace(things=shelf.things[3:] if which else shelf.things[:5])
    title = f"The {chance.choice(own.likes).title()} {chance.choice(own.things).title()}"
    paragraphs = [paragraph(own, chance) for _ in range(20 + 10 * number)]
    return "\n\n".join([f"Title: {title}\nAuthor: {shelf.authors[which]}", *paragraphs]) + "\n"


def paragraph(shelf: Shelf, chance: random.Random) -> str:
    return " ".join(sentence(shelf, chance) for _ in range(chance.randint(3, 6)))


def sentence(shelf: Shelf, chance: random.Random) -> str:
    said = f"{thing(shelf, chance)} {chance.choice(shelf.deeds)} {chance.choice(WEATHER)}"
    if chance.random() < GOES_ON:
        said += f", and {thing(shelf, chance)} {chance.choice(shelf.deeds)} with {thing(shelf, chance)}"
    return f"{said[0].upper()}{said[1:]}."


def thing(shelf: Shelf, chance: random.Random) -> str:
    like = f"{chance.choice(shelf.likes)} " if chance.random() < IS_LIKE else ""
    return f"the {like}{chance.choice(shelf.things)}"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "books"))

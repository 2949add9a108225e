"""Count the words of a few books on an HTCondor pool, each book in a job of its own."""

import collections
import re

import htmap

BOOKS = {
    "sea": "The sea was calm. The ship lay still, and the sea lay still around the ship.",
    "hill": "Up the hill and down the hill went the old road, and the old dog went with it.",
    "night": "Night came. The lamp was lit; the moths came to the lamp, and the night came in.",
}


def write_books(folder):
    """Write the books as text files, and return their paths."""
    folder.mkdir(exist_ok=True)
    paths = []
    for title, text in BOOKS.items():
        path = folder / f"{title}.txt"
        path.write_text(text)
        paths.append(path)
    return paths


def count_words(text):
    return collections.Counter(re.findall(r"[a-z]+", text.lower()))


if __name__ == "__main__":
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        paths = write_books(Path(folder))
        counts = htmap.map(count_words, (path.read_text() for path in paths), tag="book-words")
        counts.wait(show_progress_bar=True)
        for path, count in zip(paths, counts):
            print(path.stem, count.most_common(2))
        total = sum(counts, collections.Counter())
        print("all", total.most_common(3))
        counts.remove()

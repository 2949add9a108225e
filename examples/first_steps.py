"""Double ten numbers on an HTCondor pool."""

import htmap


def double(x):
    return 2 * x


if __name__ == "__main__":
    mapped = htmap.map(double, range(10))
    print(mapped)
    print(list(mapped))
    mapped.remove()

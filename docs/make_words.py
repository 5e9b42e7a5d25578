#!/usr/bin/env python3
"""Writes a small set of sequences as docs/reference/data.md describes: words as tokens, a letter each, and the language that each is of.

    make_words.py DIR    English, French, German, Italian, Spanish: 4000 words of each to train on, 1000 to test

Needs Debian's word lists and numpy: apt-get install wamerican wfrench wngerman witalian wspanish python3-numpy
"""
import argparse
import os
import random

import numpy as np

LISTS = ["american-english", "french", "ngerman", "italian", "spanish"]
SHORTEST, LONGEST = 4, 16
TRAIN, TEST = 4000, 1000


def words_of(name):
    """The words of a list, in small letters, without those that have something else than letters in them."""
    try:
        with open(os.path.join("/usr/share/dict", name), encoding="utf-8") as file:
            words = {line.strip().lower() for line in file}
    except FileNotFoundError:
        raise SystemExit(f"there is no /usr/share/dict/{name}: apt-get install wamerican wfrench wngerman witalian wspanish")
    return {w for w in words if w.isalpha() and SHORTEST <= len(w) <= LONGEST}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    directory = parser.parse_args().directory
    languages = [words_of(name) for name in LISTS]
    generator = random.Random(1)
    train, test = [], []
    for label, words in enumerate(languages):
        # A word of two languages has no one answer.
        own = sorted(words.difference(*(other for other in languages if other is not words)))
        chosen = generator.sample(own, TRAIN + TEST)
        train += [(word, label) for word in chosen[:TRAIN]]
        test += [(word, label) for word in chosen[TRAIN:]]
    generator.shuffle(train)
    letters = sorted({letter for word, _ in train + test for letter in word})
    token = {letter: at for at, letter in enumerate(letters, start=1)}
    os.makedirs(directory, exist_ok=True)
    for part, samples in (("train", train), ("test", test)):
        # Padding, which is token 0, stands in front: the LSTM's last state is that behind the word.
        x = [[0] * (LONGEST - len(word)) + [token[letter] for letter in word] for word, _ in samples]
        np.save(os.path.join(directory, part + "_x.npy"), np.asarray(x, dtype="<i4"))
        np.save(os.path.join(directory, part + "_y.npy"), np.asarray([label for _, label in samples], dtype="<i4"))
    print(f"{directory}: {len(train)} words to train on, {len(test)} to test, of {len(LISTS)} languages; --model text:{len(letters) + 1},{LONGEST},{len(LISTS)}")


main()

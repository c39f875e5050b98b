"""What is said of cells that training rows did not have the like of."""

from trimtab.tables.preprocessing.step import Unseen


def test_nothing_is_nothing():
    assert not Unseen() and Unseen().sentences() == []


def test_calls_add_up():
    unseen = Unseen()
    unseen.category("genre", 1, "polka")
    assert unseen.sentences() == [
        "Column 'genre': 1 cell has a category that is not in the training rows ('polka'); "
        "counted as unknown."
    ]
    unseen.category("genre", 1999, "tango")
    unseen.word("open", 1, "maybe")
    unseen.word("shut", 2, "x" * 50)
    unseen.absent("size", 3, "7 stands in")
    assert unseen
    assert unseen.sentences("validation rows") == [
        "Column 'genre': 2,000 cells of validation rows have a category that is not in the "
        "training rows (first 'polka'); counted as unknown.",
        "Column 'open': 1 cell of validation rows is neither yes nor no ('maybe'); counted as "
        "missing.",
        "Column 'shut': 2 cells of validation rows are neither yes nor no "
        f"(first '{'x' * 37}...'); counted as missing.",
        "Column 'size': 3 cells of validation rows are missing, but none in the training "
        "rows; 7 stands in.",
    ]


def test_words_alone_count():
    unseen = Unseen()
    unseen.word("open", 1, "maybe")
    assert unseen

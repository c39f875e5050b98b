"""Requests that come together share a batch, and none spoils another."""

import asyncio

import pytest

from trimtab.serving.batching import Batcher


def doubled(rows):
    if "bad" in rows:
        raise ValueError("a bad row")
    return None if "odd" in rows else [2 * row for row in rows]


def run(*requests, most=8):
    """The answers to requests that come at once, and the batcher."""

    async def ask():
        batcher = Batcher(doubled, most)
        answers = await asyncio.gather(*map(batcher, requests), return_exceptions=True)
        return answers, batcher

    return asyncio.run(ask())


def test_together_in_one_batch():
    answers, batcher = run([1], [2, 3], [4])
    assert answers == [[2], [4, 6], [8]]
    assert (batcher.batches, batcher.joined) == (1, 3)


def test_a_full_batch_is_not_kept_waiting():
    answers, batcher = run([1] * 5, [2] * 5, [3] * 5)
    assert answers == [[2] * 5, [4] * 5, [6] * 5]
    assert batcher.batches == 3


def test_rows_that_cannot_be_joined_spoil_no_other():
    answers, _ = run([1], ["odd"], ["bad"], [2])
    assert answers[0] == [2] and answers[1] is None and answers[3] == [4]
    assert isinstance(answers[2], ValueError)


def test_one_alone_that_fails_says_so():
    answers, _ = run(["bad"])
    assert isinstance(answers[0], ValueError)


def test_who_has_gone_gets_nothing():
    async def ask():
        batcher = Batcher(doubled, 8)
        gone, here = asyncio.ensure_future(batcher([1])), asyncio.ensure_future(batcher([2]))
        await asyncio.sleep(0)
        gone.cancel()
        assert await here == [4]
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await batcher([3])  # it waits for its window, and no longer

    assert asyncio.run(asyncio.wait_for(ask(), 5)) == [6]

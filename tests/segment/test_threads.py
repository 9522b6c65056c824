"""Items in turn: in order, no more side by side than allowed, failures handed on."""

import time
from threading import Lock

import pytest

from segment.threads import in_turn


class Counted:
    """Work that notes how many items, and of what sum, are side by side at most."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.most_items, self.items = Lock(), 0, 0, 0, 0

    def __call__(self, size: int) -> int:
        with self.lock:
            self.now, self.items = self.now + size, self.items + 1
            self.most, self.most_items = max(self.most, self.now), max(self.most_items, self.items)
        time.sleep(0.02 / size)
        with self.lock:
            self.now, self.items = self.now - size, self.items - 1
        return size


@pytest.mark.parametrize("at_once", [1, 3])
def test_results_come_in_order_and_limits_hold(at_once):
    work, sizes = Counted(), [5, 1, 2, 9, 1, 1, 20, 3, 4, 1]
    results = list(in_turn(work, iter(sizes), at_once=at_once, size=lambda one: one, most=10))
    assert results == sizes
    assert 1 <= work.most_items <= at_once
    assert work.most <= 20 and work.most_items == at_once


def test_items_are_taken_no_earlier_than_there_is_room():
    taken = []

    def items():
        for k in range(6):
            taken.append(k)
            yield k

    running = in_turn(lambda k: k, items(), at_once=2, size=lambda k: 1, most=100)
    assert next(running) == 0
    assert len(taken) <= 3
    assert list(running) == [1, 2, 3, 4, 5]


def test_a_failure_is_handed_on():
    def fail(item: int) -> int:
        raise ValueError(item)

    with pytest.raises(ValueError, match="1"):
        list(in_turn(fail, [1, 2], at_once=2, size=lambda k: 1, most=9))

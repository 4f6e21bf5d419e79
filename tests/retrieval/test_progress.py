"""Progress events: what a long operation reports while it runs."""

from retrieval.progress import ProgressEvent, Task


def test_an_event_describes_its_task_and_part() -> None:
    """The part tells two operations of one task apart."""
    assert ProgressEvent(Task.READ, 3, 10).description == "reading"
    assert ProgressEvent(Task.ASK, 3, 10, "near").description == "asking (near)"


def test_an_operation_is_finished_when_every_item_is_done() -> None:
    """One without items is finished from the beginning."""
    assert not ProgressEvent(Task.ENCODE, 9, 10).finished
    assert ProgressEvent(Task.ENCODE, 10, 10).finished
    assert ProgressEvent(Task.ENCODE, 0, 0).finished

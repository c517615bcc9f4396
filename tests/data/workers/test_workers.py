"""Each task gets its answer, whatever happens to the processes."""

import math
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from data.workers.chores import double, mark_and_sleep, modules, obey, probed

from keras_nonlocal.data.workers import Failure, map_in_processes


def test_each_task_comes_back_with_its_result():
    assert sorted(map_in_processes(range(50), double, num_processes=2)) == [
        (n, 2 * n) for n in range(50)
    ]


def test_no_task_is_no_result():
    assert list(map_in_processes([], double)) == []


def test_no_more_tasks_than_asked_are_done_while_one_is_not():
    orders = [("sleep", 2.0), *(("nothing", n) for n in range(40))]
    answers = [task for task, _ in map_in_processes(orders, obey, num_processes=2, ahead=8)]
    assert answers.index(orders[0]) <= 8
    assert sorted(answers, key=orders.index) == orders
    free = [task for task, _ in map_in_processes(orders, obey, num_processes=2)]
    assert free.index(orders[0]) > 8  # else the bound was not needed


def test_arguments_can_be_bound():
    assert list(map_in_processes([3], partial(math.pow, 2), num_processes=1)) == [(3, 8.0)]


def test_a_process_reads_a_video_without_tensorflow_or_keras(write):
    path = str(write("a.mp4", frames=7))
    ((_, (info, heavy)),) = map_in_processes([path], probed, num_processes=1)
    assert (info.frames, info.width, info.height, heavy) == (7, 48, 32, False)


def test_a_process_loads_next_to_nothing_by_itself():
    ((_, loaded),) = map_in_processes([0], modules, num_processes=1)
    assert not {"numpy", "av", "keras", "tensorflow"} & set(loaded)


def test_what_happens_to_one_task_happens_to_no_other():
    orders = [
        ("kill", signal.SIGKILL),
        ("kill", signal.SIGSEGV),
        ("raise", "x"),
        ("lambda", 1),
        ("sleep", 60),
        ("say", "hello"),
        ("nothing", 5),
    ]
    answers = dict(map_in_processes(orders * 2, obey, num_processes=2, time_limit=0.5))
    found = {order: getattr(answer, "kind", answer) for order, answer in answers.items()}
    expected = ["death", "death", "error", "error", "time", "hello", 5]
    assert found == dict(zip(orders, expected, strict=True))
    assert answers[orders[0]].cause.endswith("signal 9")
    assert answers[orders[2]] == Failure("error", "'x'", "KeyError")
    assert answers[orders[4]].cause == "it took longer than 0.5 seconds"


def test_the_time_limit_is_for_a_task_not_for_all():
    tasks = [("sleep", 0.2)] * 5
    assert [
        answer for _, answer in map_in_processes(tasks, obey, num_processes=1, time_limit=0.8)
    ] == [0.2] * 5


def test_tasks_are_taken_as_they_are_needed():
    taken = []
    answers = map_in_processes((taken.append(n) or n for n in range(1000)), double, num_processes=2)
    next(answers)
    assert len(taken) <= 4
    answers.close()


def test_an_iterator_that_is_closed_ends_its_processes(tmp_path):
    answers = map_in_processes([(tmp_path, 600), (tmp_path, 0)], mark_and_sleep, num_processes=2)
    assert next(answers) == ((tmp_path, 0), None)
    processes = _wait(lambda: len(marks := _marks(tmp_path)) == 2 and marks)
    answers.close()
    assert len(processes) == 2
    assert not any(_alive(process) for process in processes)


def test_workers_end_with_the_process_that_started_them(tmp_path):
    program = (
        "import sys\n"
        "from data.workers.chores import mark_and_sleep\n"
        "from keras_nonlocal.data.workers import map_in_processes\n"
        "list(map_in_processes([(sys.argv[1], 600)], mark_and_sleep, num_processes=1))\n"
    )
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    worker = _wait(lambda: _marks(tmp_path))[0]
    parent.kill()
    parent.wait()
    assert _wait(lambda: not _alive(worker))


def _marks(folder):
    return [int(path.name) for path in folder.iterdir()]


def _wait(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def _alive(process):
    """Whether it runs; a process that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("function", [lambda task: task, partial(lambda task: task)])
def test_a_function_that_no_other_process_finds_is_refused(function):
    with pytest.raises(ValueError, match="another process can import"):
        map_in_processes([1], function)


def test_a_function_whose_module_is_missing_there_is_refused(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def same(task):\n    return task\n")
    with monkeypatch.context() as context:
        context.syspath_prepend(tmp_path)
        from only_here import same
    with pytest.raises(ValueError, match=r"cannot import.*only_here"):
        list(map_in_processes([1], same, num_processes=1))


def test_a_process_that_cannot_start_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="ended while it started, status 1"):
        list(map_in_processes([1], double, num_processes=1))


@pytest.mark.parametrize("wrong", [{"num_processes": 0}, {"time_limit": 0}, {"time_limit": -1.0}])
def test_wrong_numbers_are_refused_before_anything_starts(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        map_in_processes([1], double, **wrong)

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


def test_each_task_comes_back_with_its_result_in_order():
    assert list(map_in_processes(range(50), double, num_processes=2)) == [
        (n, 2 * n) for n in range(50)
    ]
    orders = [("sleep", 0.5), ("nothing", 1), ("nothing", 2)]
    assert [task for task, _ in map_in_processes(orders, obey, num_processes=2)] == orders


def test_no_task_is_no_result():
    assert list(map_in_processes([], double)) == []


def test_processes_get_variables_of_their_own():
    ((_, threads),) = map_in_processes(
        ["OMP_NUM_THREADS"], os.getenv, environment={"OMP_NUM_THREADS": "7"}
    )
    assert threads == "7"
    assert os.environ.get("OMP_NUM_THREADS") != "7"


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
    expected = {
        ("kill", signal.SIGKILL): "death",
        ("kill", signal.SIGSEGV): "death",
        ("exit", 0): "death",
        ("exit", 3): "death",
        ("raise", "x"): "error",
        ("lambda", 1): "error",
        ("sleep", 60): "time",
        ("spin", 60): "time",
        ("say", "hello"): "hello",
        ("nothing", 5): 5,
    }
    answers = list(map_in_processes(list(expected) * 2, obey, num_processes=2, time_limit=0.5))
    found = [(order, getattr(answer, "kind", answer)) for order, answer in answers]
    assert found == [*expected.items()] * 2
    causes = dict(answers)
    assert causes["kill", signal.SIGKILL].cause.endswith("signal 9")
    assert causes["exit", 3].cause.endswith("status 3")
    assert causes["raise", "x"] == Failure("error", "'x'", "KeyError")
    assert causes["sleep", 60].cause == "it took longer than 0.5 seconds"


def test_a_process_that_dies_while_it_answers_takes_no_other_task_along():
    orders = [(verb, n) for n in range(10) for verb in ("die soon", "nothing")]
    for (verb, number), answer in map_in_processes(orders, obey, num_processes=2):
        if verb == "nothing":
            assert answer == number
        else:
            assert answer == "long" * 10**7 or answer.kind == "death"


def test_the_time_limit_is_for_a_task_not_for_all():
    tasks = [("sleep", 0.2)] * 5
    assert [
        answer for _, answer in map_in_processes(tasks, obey, num_processes=1, time_limit=0.8)
    ] == [0.2] * 5


def test_a_slow_reader_bounds_what_is_begun():
    taken = []
    answers = map_in_processes(
        (taken.append(n) or n for n in range(1000)), double, num_processes=2, ahead=8
    )
    for number in range(20):
        assert next(answers) == (number, 2 * number)
        assert len(taken) <= number + 8
    answers.close()


def test_an_iterator_that_is_closed_ends_its_processes(tmp_path):
    answers = map_in_processes(
        [(tmp_path, 0), (tmp_path, 600)], mark_and_sleep, num_processes=2, ahead=2
    )
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


def test_the_script_of_the_caller_is_not_run_again(tmp_path):
    script = tmp_path / "script.py"  # without `if __name__ == "__main__":`
    script.write_text(
        "print('once', flush=True)\n"
        "from keras_nonlocal.data.workers import map_in_processes\n"
        "from data.workers.chores import double\n"
        "print(list(map_in_processes([4], double, num_processes=2)))\n"
    )
    tests = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
    answer = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split("\n") == ["once", "[(4, 8)]", ""]


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


def test_processes_that_cannot_import_the_function_are_an_error(tmp_path, monkeypatch, capfd):
    (tmp_path / "only_here.py").write_text("def same(task):\n    return task\n")
    with monkeypatch.context() as context:
        context.syspath_prepend(tmp_path)
        from only_here import same
    with pytest.raises(RuntimeError, match="ended while it started, status 1"):
        list(map_in_processes([1], same, num_processes=1))
    assert "No module named 'only_here'" in capfd.readouterr().err


@pytest.mark.parametrize("wrong", [{"num_processes": 0}, {"ahead": 0}, {"time_limit": 0}])
def test_wrong_numbers_are_refused_before_anything_starts(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        map_in_processes([1], double, **wrong)

"""The page in a real browser with a real drop, and what its server does with hostile clients."""

import base64
import http.client
import io
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import numpy as np
import pytest
from explain.chromium import CHROMIUM, Browser
from PIL import Image
from serving.hostile_uploads import broken, damaged, video

from keras_nonlocal import zoo
from keras_nonlocal.images.samples.objects import objects_image
from keras_nonlocal.serving.answers import Answerer
from keras_nonlocal.serving.uploads import UploadError

EVIL = "<img src=x onerror=document.title='it_ran'>.mp4"


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "jack.mp4"
    path.write_bytes(video())
    return zoo.load("nl_i3d_small_weizmann").predict(path)


def ask(address, body, method="POST", path="/predict", **headers):
    """The status and the answer to a request."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    kind = reply.headers["content-type"]
    return reply.status, json.loads(content) if "json" in kind else content.decode()


def assert_right(answer, expected):
    assert [each["label"] for each in answer["top"]] == list(expected)[:5]
    found = [each["value"] for each in answer["top"]]
    np.testing.assert_allclose(found, list(expected.values())[:5], atol=1e-5)


@pytest.fixture(scope="module")
def browser(server, tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("needs the browser chromium on PATH")
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    browser.open(server[0], 1000)
    yield browser
    browser.close()


def drop(browser, *paths):
    """Drops files onto the page, and returns what it says in the end."""
    browser.value("document.getElementById('words').textContent = ''")
    browser.drop("#drop", *paths)
    browser.until("/\\.$/.test(words.textContent) && !words.textContent.includes('...')")
    return browser.value("words.textContent")


def test_a_clip_that_is_dropped_plays_and_is_answered(browser, expected, tmp_path):
    clip = tmp_path / EVIL
    clip.write_bytes(video())
    words = drop(browser, clip)
    assert words.startswith(f"{EVIL}: answered in ")
    assert browser.value("document.title") == "nl_i3d_small_weizmann"
    rows = browser.value(
        "[...document.querySelectorAll('#bars tr')].map(row => row.innerText.split(/\\s+/))"
    )
    top = [[name, f"{value:.3f}"] for name, value in list(expected.items())[:5]]
    assert rows == top
    browser.until("document.querySelector('video').currentTime > 0")
    assert browser.value("document.querySelector('video').videoWidth") == 180
    count = browser.value("document.querySelectorAll('#frames canvas').length")
    assert 2 <= count <= 6
    shot = np.asarray(Image.open(io.BytesIO(browser.screenshot(whole=True))).convert("RGB"))
    red = np.abs(shot.astype(int) - (255, 59, 48)).sum(axis=-1) < 30  # the box of the position
    assert red.sum() > 50


def test_broken_files_are_told_in_words(browser, tmp_path):
    broken_file, large = tmp_path / "broken.mp4", tmp_path / "large.mp4"
    broken_file.write_bytes(b"no video")
    large.write_bytes(bytes(4_000_001))
    assert drop(browser, broken_file).startswith("The file cannot be read as a video: ")
    assert browser.value("shown.hidden && looks.hidden")
    assert drop(browser, large) == "The file must have at most 4.0 MB. Received: 4.0 MB."
    assert drop(browser, broken_file, large).startswith("Drop one file.")


def test_the_page_fetches_nothing_and_fits_on_a_phone(browser, server):
    status, page = ask(server[0], None, "GET", "/")
    assert status == 200
    assert "://" not in page.replace("data:", "")
    browser.open(server[0], 380)
    assert browser.value("document.documentElement.scrollWidth") == 380
    browser.open(server[0], 1000)


def memory(process):
    """Megabytes in memory of a process."""
    with open(f"/proc/{process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def test_fifty_hostile_uploads_are_answered_in_words(server, expected):
    address, process = server
    assert_right(ask(address, video())[1], expected)
    before = memory(process)
    hopeless, doubtful = broken(), damaged()
    assert len(hopeless) + len(doubtful) >= 50
    for name, content in (hopeless | doubtful).items():
        status, answer = ask(address, content)
        assert status in ((400,) if name in hopeless else (200, 400)), (name, answer)
        if status == 400:
            assert answer["error"].startswith("The "), name
            assert "/" not in answer["error"], (name, answer)
            assert len(answer["error"]) < 200, name
    assert_right(ask(address, video())[1], expected)
    assert memory(process) < before + 300


def test_other_requests_are_refused(server):
    address = server[0]
    status, answer = ask(address, bytes(4_000_001))
    assert (status, answer) == (
        413,
        {"error": "The file must have at most 4 MB. Received: 4.0 MB"},
    )
    assert ask(address, b"", "GET")[0] == 405
    assert ask(address, None, "GET", "/../../etc/passwd")[0] == 404
    assert ask(address, None, "GET", "/page.js")[0] == 404
    assert ask(address, b"", Host="evil.example")[0] == 400  # a site that points to this machine


def test_clients_that_leave_or_wait_do_not_stop_the_server(server, expected):
    address, content = server[0], video()
    parts = urlsplit(address)
    half = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
    clients = [socket.create_connection((parts.hostname, parts.port), 60) for _ in range(3)]
    clients[0].sendall(half)
    clients[0].close()
    assert ask(address, content)[0] == 200
    for each in clients[1:]:
        each.sendall(half)
    answer = ask(address, content)
    assert answer == (503, {"error": "2 files are being worked on. Try again soon."})
    for each in clients[1:]:
        with each, each.makefile("rb") as reply:
            text = reply.read()
        assert text.startswith(b"HTTP/1.1 408")
        assert b"The file took longer than 10 seconds to arrive." in text
    with ThreadPoolExecutor(2) as threads:
        for status, answer in threads.map(lambda _: ask(address, content), range(2)):
            assert status == 200
            assert_right(answer, expected)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "name", ["nl_fcn_small_scenes", pytest.param("mask_rcnn_small_objects", marks=SLOW)]
)
def test_networks_of_images_show_a_picture(name):
    predictor = zoo.load(name)
    answer = Answerer(predictor)
    content = io.BytesIO()
    Image.fromarray(objects_image(3, (96, 128))[0]).save(content, "PNG")
    found = answer(content.getvalue(), 60.0)
    assert {each["label"] for each in found["top"]} <= set(predictor.class_names)
    with Image.open(io.BytesIO(base64.b64decode(found["picture"]))) as picture:
        assert picture.size[1] == 96
    with pytest.raises(UploadError, match="cannot be read as an image: it is no image"):
        answer(b"no image", 60.0)
    Image.new("1", (5000, 4000)).save(content := io.BytesIO(), "PNG")
    with pytest.raises(UploadError, match="at most 4194304 pixels"):
        answer(content.getvalue(), 60.0)

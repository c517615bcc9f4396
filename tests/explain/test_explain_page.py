"""The page on which one clicks a position: what is in it, and in a browser with a real click."""

import base64
import io
import re

import numpy as np
import pytest
from explain.chromium import CHROMIUM, Browser
from PIL import Image

from keras_nonlocal import explain, models

EVIL = "</script><script>document.title = 'it ran'</script><img src=x onerror=alert(1)>"
FRAMES, SIZE = 8, 64


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(60, 90, (FRAMES, SIZE, SIZE, 3)).astype("uint8")


@pytest.fixture(scope="module")
def page(video_model, clip, pixels, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "clip.html"
    health = explain.report(video_model, clip)
    facts = [("video", EVIL), ("long", "unbreakable" * 12)]
    return explain.write_page(
        video_model, clip, pixels, path, title=f"A clip {EVIL}", facts=facts, health=health
    )


def test_nothing_is_fetched_and_the_only_scripts_are_its_own(page):
    text = page.read_text("utf-8")
    assert EVIL not in text
    assert len(re.findall(r"<script[ >]", text)) == 2  # the data, and the script of the package
    assert "default-src 'none'; img-src data:" in text
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", text)
    assert "://" not in text


def test_wrong_inputs_are_refused(video_model, keypoint_model, clip, people, pixels, tmp_path):
    path = tmp_path / "page.html"
    with pytest.raises(ValueError, match="batch of one clip or image"):
        explain.write_page(video_model, np.concatenate([clip] * 2), pixels, path, title="Two")
    with pytest.raises(ValueError, match="no block on clips or images"):
        explain.write_page(keypoint_model, people, pixels[0], path, title="People")
    assert not path.exists()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("needs the browser chromium on PATH")
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def opened(browser, page):
    browser.open(page, 1000)
    browser.until("document.querySelector('#words').textContent.length > 20")
    return browser


def drawn(browser):
    """The frames in the strip, from the page, with a pixel for each of the pixels of the clip."""
    browser.until("document.querySelectorAll('#strip canvas').length === 8")
    shots = browser.value(
        "[...document.querySelectorAll('#strip canvas')].map(each => each.toDataURL())"
    )
    images = [Image.open(io.BytesIO(_bytes(shot))).convert("RGB") for shot in shots]
    return np.stack(
        [np.asarray(each.resize((SIZE, SIZE), Image.Resampling.BOX)) for each in images]
    )


def _bytes(address):

    return base64.b64decode(address.partition("base64,")[2])


def test_a_click_shows_where_that_position_looks(opened, video_model, clip):
    opened.click("#strip canvas:nth-child(4)", 0.62, 0.27)  # frame 3, column 39.7, row 17.3
    assert opened.value("document.querySelector('#frame').value") == "3"
    found = explain.top_positions(
        video_model, clip, queries=explain.Position(3, 0.27 * 64 - 0.5, 0.62 * 64 - 0.5)
    )
    assert found.queries.tolist() == [[[1, 2, 5]]]
    assert "in frame 2, row 2, column 5" in opened.value("words.textContent")
    assert f"{found.weights.max():.3g}" in opened.value("words.textContent")
    frames = drawn(opened).astype(int)
    heat = frames[..., 0] - frames[..., 2]
    expected = np.zeros((4, 8, 8), bool)
    expected[tuple(found.positions[0, 0].T)] = True
    # The middles of cells: cell i of a stride of 8 is at pixel 8 i, and has two frames.
    colored = heat[::2, ::8, ::8] > 40
    inner = np.ones((4, 8, 8), bool)
    inner[1, 1:4, 4:7] = False  # but for the red box around the query, which covers its edges
    np.testing.assert_array_equal(colored[inner], expected[inner])


def test_the_block_the_frame_and_the_keys(opened):
    words = opened.value("words.textContent")
    opened.value("block.value = '1', block.dispatchEvent(new Event('change'))")
    assert opened.value("words.textContent") != words
    opened.value("block.value = '0', block.dispatchEvent(new Event('change'))")
    assert opened.value("words.textContent") == words
    opened.click("#stage", 0.5, 0.5)
    opened.value("stage.focus()")
    opened.press("ArrowRight")
    row, column = re.search(r"row (\d), column (\d)", opened.value("words.textContent")).groups()
    assert (row, column) == ("4", "5")
    opened.value("frame.value = 6, frame.dispatchEvent(new Event('input'))")
    assert opened.value("number.textContent").startswith("6 (0 to 7)")


def test_no_script_from_a_name_runs_and_a_narrow_window_is_enough(browser, page):
    browser.open(page, 380)
    browser.until("document.querySelector('#words').textContent.length > 20")
    assert browser.value("document.title") == f"A clip {EVIL}"
    assert browser.value("document.documentElement.scrollWidth") == 380
    beyond = browser.value(
        "[...document.querySelectorAll('main *')].filter(each => !each.closest('.wide') &&"
        " each.getBoundingClientRect().right > 380).map(each => each.outerHTML.slice(0, 80))"
    )
    assert beyond == []
    assert browser.value("document.querySelectorAll('.wide tbody tr').length") == 2
    shot = np.asarray(Image.open(io.BytesIO(browser.screenshot())).convert("L"))
    assert shot.shape == (900, 380)
    assert shot.std() > 20


def test_an_image_has_a_page_too(browser, tmp_path):
    model = models.nl_fcn_small(classes=3, input_shape=(32, 32, 3))
    image = np.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype("float32")
    path = tmp_path / "image.html"
    explain.write_page(model, image, np.full((32, 32, 3), 99, "uint8"), path, title="An image")
    browser.open(path, 600)
    browser.until("document.querySelector('#words').textContent.length > 20")
    browser.click("#stage", 0.9, 0.1)
    assert "The position row 0, column 3 of" in browser.value("words.textContent")

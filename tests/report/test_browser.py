"""The page in a real browser: images load, everything fits on a phone, dark mode works."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image
from report.example_scores import EVIL, NAMES, history, many_classes, multi_label, scores

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the browser chromium on PATH")

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
PHONE, DESK = 400, 1200
FRAME = "<body style='margin:0'><iframe src='copy.html' style='border:0;width:{}px;height:900px'>"
# This runs in a copy of the page within a frame, as no window is as narrow as a phone.
PROBE = """<script>addEventListener("load", () => {
const root = document.documentElement, wide = [...document.querySelectorAll(".wide")];
for (const fold of document.querySelectorAll("details")) fold.open = true;
parent.postMessage(JSON.stringify({
  images: [...document.images].map(image => image.complete ? image.naturalWidth : 0),
  width: root.clientWidth, content: root.scrollWidth,
  beyond: [...document.querySelectorAll("main *")].filter(part =>
    !wide.some(box => box.contains(part)) && part.getBoundingClientRect().right > root.clientWidth
  ).map(part => part.outerHTML.slice(0, 80)),
  paper: getComputedStyle(document.body).backgroundColor,
}), "*")})</script>"""
LISTEN = """<pre id="message"></pre><script>addEventListener("message", event => {
document.getElementById("message").textContent = event.data})</script>"""


@pytest.fixture
def browse(tmp_path):
    """Returns `browse(address, *options)`, which gives the output of the browser."""

    def run(address, *options):
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [
            CHROMIUM,
            *OPTIONS,
            "--virtual-time-budget=5000",
            profile,
            *options,
            f"file://{address}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        shutil.rmtree(tmp_path / "profile", ignore_errors=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def probe(tmp_path, browse):
    """Returns `probe(page, width)`, which gives what `PROBE` measures at this width."""

    def run(page, width):
        text = page.path.read_text("utf-8")
        policy = "default-src 'none'; script-src 'unsafe-inline';"
        copy = text.replace("default-src 'none';", policy).replace("</body>", f"{PROBE}</body>")
        (tmp_path / "copy.html").write_text(copy, "utf-8")
        (tmp_path / "frame.html").write_text(LISTEN + FRAME.format(width), "utf-8")
        shown = browse(tmp_path / "frame.html", "--dump-dom", f"--window-size={DESK},1000")
        (message,) = re.findall('<pre id="message">(.*?)</pre>', shown, re.DOTALL)
        return json.loads(message.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

    return run


@pytest.fixture
def pages(report, videos):
    long_name = "unbreakable" * 12
    lost = [*videos[:5], f"/gone/{long_name}.mp4"]
    return {
        "history": lambda: report(history=history(40), facts=[("data", long_name)]),
        "classes": lambda: report(scores=scores(lost, (EVIL, long_name, "run"))),
        "several": lambda: report(scores=multi_label(lost, (*NAMES[:2], long_name))),
        "many": lambda: report(scores=many_classes()),
    }


@pytest.mark.parametrize("case", ["history", "classes", "several", "many"])
def test_all_images_load_and_everything_fits_on_a_phone(pages, probe, case):
    page = pages[case]()
    found = probe(page, PHONE)
    assert len(found["images"]) == len(page.images) > 0
    assert min(found["images"]) > 0
    assert found["width"] == PHONE
    assert found["beyond"] == []
    assert found["content"] == PHONE


def test_no_script_of_a_page_runs(report, browse):
    page = report()
    text = page.path.read_text("utf-8")
    script = "<script>document.title = 'it ran'</script></body>"
    page.path.write_text(text.replace("</body>", script), "utf-8")
    shown = browse(page.path, "--dump-dom")
    assert "<h1>A run</h1>" in shown
    assert "<title>it ran</title>" not in shown


@pytest.mark.parametrize(("theme", "paper"), [("1", 255), ("0", 26)])
def test_the_page_has_a_light_and_a_dark_mode(report, videos, browse, tmp_path, theme, paper):
    page = report(history=history(), scores=scores(videos))
    shot = tmp_path / "shot.png"
    options = [f"--screenshot={shot}", f"--window-size={DESK},2000"]
    browse(page.path, *options, f"--blink-settings=preferredColorScheme={theme}")
    pixels = np.asarray(Image.open(shot).convert("L"), int)
    assert pixels[5, 5] == paper
    inked = abs(pixels - paper) > 60
    assert 0.02 < inked.mean() < 0.5
    assert inked.any(axis=1)[:1000].mean() > 0.3

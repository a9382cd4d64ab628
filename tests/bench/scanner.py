"""The scanner page's figures in Chromium: `python -m tests.bench.scanner`.

Verifying a code, at full speed and with the processor slowed six times, by the browser's Ed25519 and by the portable
one; 200 tickets typed through one page without network; from the first readable frame until the answer stands.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from app.web.assets import address
from tests.browser import camera
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.scanner_phone import Fair, Phone
from tests.served import Served

TICKETS, SLOWER = 200, 6
VERIFY = """
async ({ module, keys, texts, verifier }) => {
  const { decode, verifiers } = await import(module);
  const times = [];
  for (const text of texts) {
    const began = performance.now();
    await decode(text, keys, verifiers[verifier]);
    times.push(performance.now() - began);
  }
  return times.sort((one, other) => one - other);
}
"""
TYPE = """
async (texts) => {
  const part = document.querySelector("[data-part=verdict]"), times = [], kinds = {};
  for (const text of texts) {
    const began = performance.now(), before = Number(part.dataset.answer ?? 0);
    for (const key of [...text, "Enter"]) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    while (Number(part.dataset.answer ?? 0) === before) await new Promise((go) => setTimeout(go, 1));
    times.push(performance.now() - began);
    kinds[part.dataset.outcome] = (kinds[part.dataset.outcome] ?? 0) + 1;
    while (document.querySelector("#scanner").dataset.busy === "true") await new Promise((go) => setTimeout(go, 1));
  }
  return { times: times.sort((one, other) => one - other), kinds };
}
"""


def show(name: str, times: list[float]) -> None:
    """One row: median, 99th percentile, longest."""
    print(f"| {name:52} | {times[len(times) // 2]:8.1f} | {times[int(len(times) * 0.99)]:8.1f} | {times[-1]:8.1f} |")


def measure(browser: Browser, served: Served, reel: Path) -> None:
    fair = Fair(served)
    codes = [ticket["url"] for _ in range(TICKETS // 4) for ticket in fair.party(4)["tickets"]]
    print(f"| {'milliseconds':52} | {'median':>8} | {'p99':>8} | {'longest':>8} |")
    phone = Phone(browser, fair.gate())
    keys = fair.api.get("/gate/api/roster", headers={"authorization": f"Bearer {fair.gate()['token']}"}).json()["keys"]
    session = phone.context.new_cdp_session(phone.page)
    for slower in (1, SLOWER):
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        for verifier in ("native", "portable"):
            asked = {"module": address("gate/ticket_code.js"), "keys": keys, "texts": codes[:100], "verifier": verifier}
            show(f"verify a code, {verifier}, {slower}× slower", phone.page.evaluate(VERIFY, asked))
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    phone.offline()
    for slower, some in ((1, codes[: TICKETS // 2]), (SLOWER, codes[TICKETS // 2 :])):
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        began = time.perf_counter()
        done = phone.page.evaluate(TYPE, some)
        wall = time.perf_counter() - began
        show(f"typed to answer, offline, kept, {slower}× slower", done["times"])
        print(f"  {len(some)} tickets in {wall:.1f} s: {done['kinds']}")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    phone.offline(False)
    phone.delivered()
    print(f"  {TICKETS} tickets scanned without network, {fair.stats()['admitted']} admitted on the server")
    phone.context.close()
    films(browser, served, reel)


def films(browser: Browser, served: Served, reel: Path) -> None:
    """The camera: grey, then a ticket; from the first frame with it until the answer stands."""
    waits = []
    for _ in range(5):
        fair = Fair(served)
        camera.film(reel, (None, 4), (fair.picture(fair.party()), 20))
        phone = Phone(browser, fair.gate())
        phone.page.wait_for_selector("[data-part=start]", state="hidden")
        waits.append(
            phone.page.evaluate(
                """async () => {
                  const video = document.querySelector("video"), canvas = document.createElement("canvas");
                  const pixel = canvas.getContext("2d", { willReadFrequently: true });
                  const part = document.querySelector("[data-part=verdict]");
                  const grey = () => {
                    const [x, y] = [video.videoWidth / 2 - 150, video.videoHeight / 2 - 150];
                    pixel.drawImage(video, x, y, 300, 300, 0, 0, 30, 30);
                    const { data } = pixel.getImageData(0, 0, 30, 30);
                    return data.every((value, index) => index % 4 === 3 || (value > 100 && value < 140));
                  };
                  while (grey()) await new Promise((go) => requestAnimationFrame(go));
                  const began = performance.now();
                  while (part.hidden) await new Promise((go) => setTimeout(go, 2));
                  return performance.now() - began;
                }"""
            )
        )
        phone.context.close()
    show("first readable frame to answer (camera, online)", sorted(waits))


def main() -> None:
    """Run once and print."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        reel = Path(name) / "camera.y4m"
        camera.film(reel, (None, 1))
        flags = [*FLAGS, *camera.FLAGS, f"--use-file-for-fake-video-capture={reel}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        with Served(Path(name) / "data") as served:
            served.token = served.staff()
            measure(browser, served.start(), reel)
        browser.close()


if __name__ == "__main__":
    main()

// Where codes come from: the camera with its torch, pictures, and hand scanners, which type.
import { Camera, Reader, readFile } from "./camera.js";
import { Keys } from "./keys.js";
import { notice, pause, parts, root, say } from "./page.js";
import { stayAwake, wake } from "./signals.js";

const ANSWERS_WITHIN = 8000; // milliseconds: a camera that is asked for and does not answer

const silent = async () => {
  await pause(ANSWERS_WITHIN);
  throw new DOMException("no answer", "TimeoutError");
};

export class Seeing {
  constructor(scanner) {
    this.scanner = scanner;
    this.reader = new Reader(root.dataset);
    this.camera = new Camera(parts.video, this.reader, (text) => scanner.seen(text));
    parts.torch.hidden = parts.swap.hidden = true;
    parts.begin.addEventListener("click", () => {
      wake();
      this.begin();
    });
    parts.picture.addEventListener("click", () => {
      wake();
      parts.file.click();
    });
    parts.file.addEventListener("change", () => this.#pictures());
    parts.torch.addEventListener("click", () => this.#light());
    parts.swap.addEventListener("click", () => this.#otherCamera());
    this.keys = new Keys((typed, keys) => this.#typed(typed, keys));
    this.camera.ended = (why) => this.#stopped(why);
  }

  async begin(deviceId = "") {
    parts.trouble.textContent = "";
    this.wanted = true;
    const asked = (this.asked = {});
    stayAwake();
    try {
      const opening = this.camera.open(deviceId);
      opening.then(() => this.#shows()).catch(() => {}); // late, it is welcome all the same
      await Promise.race([opening, silent()]);
      await Promise.race([this.reader.ready, silent()]);
    } catch (error) {
      if (asked !== this.asked) return; // asked anew, or nobody looks any more
      const known = {
        NotAllowedError: "camera_denied",
        SecurityError: "camera_denied",
        NotReadableError: "camera_busy",
        AbortError: "camera_busy",
        TimeoutError: "camera_silent",
      };
      if (error.name !== "TimeoutError") this.camera.close();
      this.#stopped(error.name === "Error" ? "reader_failed" : (known[error.name] ?? "camera_none"));
    }
  }

  async #shows() {
    await this.reader.ready;
    if (!this.camera.track) return; // it ended meanwhile
    parts.start.hidden = true;
    const cameras = await this.camera.cameras().catch(() => []);
    parts.swap.hidden = cameras.length < 2;
    parts.torch.hidden = !this.camera.hasTorch;
  }

  #stopped(why) {
    parts.start.hidden = false;
    parts.trouble.textContent = say(why);
    parts.torch.hidden = parts.swap.hidden = true;
  }

  /** A camera that nobody looks through is let go: another tab or app may want it. */
  visible(seen) {
    if (!seen) {
      this.asked = null;
      this.camera.close();
    } else if (this.wanted && !this.camera.track) this.begin();
  }

  async #typed(typed, keys) {
    if (parts.typing.open) parts.typing.close();
    parts.find.value = "";
    while (this.scanner.busy) await pause(50);
    await this.scanner.scan(typed, keys);
  }

  async #otherCamera() {
    const cameras = await this.camera.cameras(),
      now = this.camera.track?.getSettings().deviceId;
    const at = cameras.findIndex((device) => device.deviceId === now);
    await this.begin(cameras[(at + 1) % cameras.length]?.deviceId ?? "");
  }

  async #light() {
    this.lit = !this.lit;
    await this.camera.light(this.lit).catch(() => {
      this.lit = false;
    });
    parts.torch.querySelector("span").textContent = say(this.lit ? "light_on" : "light_off");
  }

  async #pictures() {
    const [file] = parts.file.files;
    parts.file.value = "";
    if (!file) return;
    const [text] = await readFile(this.reader, file);
    if (text) await this.scanner.scan(text);
    else notice(say("no_code"));
  }
}

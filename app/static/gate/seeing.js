// Where codes come from: the camera with its torch, pictures, and hand scanners, which type.
import { Camera, Reader, readFile } from "./camera.js";
import { notice, parts, root, say } from "./page.js";
import { stayAwake, wake } from "./signals.js";

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
    this.#handScanner();
  }

  /** A hand scanner types fast and ends with Enter; whatever has the focus, it is heard. */
  #handScanner() {
    let typed = "",
      last = 0;
    document.addEventListener("keydown", (event) => {
      if (event.target.closest?.("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (performance.now() - last > 100) typed = "";
      last = performance.now();
      if (event.key === "Enter" && typed.length > 5) {
        event.preventDefault();
        this.scanner.scan(typed);
        typed = "";
      } else if (event.key.length === 1) typed += event.key;
    });
  }

  async begin(deviceId = "") {
    parts.trouble.textContent = "";
    stayAwake();
    try {
      await this.camera.open(deviceId);
      await this.reader.ready;
      parts.start.hidden = true;
    } catch (error) {
      const known = {
        NotAllowedError: "camera_denied",
        SecurityError: "camera_denied",
        NotReadableError: "camera_busy",
        AbortError: "camera_busy",
      };
      this.camera.close();
      parts.start.hidden = false;
      parts.trouble.textContent = say(error.name === "Error" ? "reader_failed" : (known[error.name] ?? "camera_none"));
    }
    const cameras = await this.camera.cameras().catch(() => []);
    parts.swap.hidden = cameras.length < 2;
    parts.torch.hidden = !this.camera.hasTorch;
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

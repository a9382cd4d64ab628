// The camera, its torch and choice, and the worker that reads frames. One stream stays open while the page is seen.
import { pause } from "./page.js";

const SIDE = 720,
  EVERY = 100, // pixels of the square that is read; milliseconds between frames
  READS_WITHIN = 4000, // milliseconds
  MOST_FAILURES = 2; // in a row

export class Reader {
  constructor({ worker, reader, wasm }) {
    this.worker = new Worker(worker);
    this.waiting = new Map();
    this.next = 1;
    this.ready = new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => {
        if (data.ready) resolve();
        else if (data.failed) reject(new Error(data.failed));
        else {
          this.waiting.get(data.id)?.(data.texts);
          this.waiting.delete(data.id);
        }
      };
      this.worker.onerror = () => reject(new Error("worker"));
    });
    this.ready.catch(() => {});
    this.worker.postMessage({ reader, wasm });
  }

  /** The texts of the QR codes in a picture. */
  async read(picture) {
    await this.ready;
    const id = this.next++;
    const answer = new Promise((resolve) => this.waiting.set(id, resolve));
    this.worker.postMessage({ id, picture }, [picture.data.buffer]);
    return answer;
  }
}

/** A square cut from the middle of a video frame or a picture, as the reader takes it. */
const middle = (source, width, height, canvas, whole = false) => {
  const [cutWidth, cutHeight] = whole ? [width, height] : [Math.min(width, height), Math.min(width, height)];
  const scale = Math.min(1, (whole ? 2 * SIDE : SIDE) / Math.max(cutWidth, cutHeight));
  canvas.width = Math.round(cutWidth * scale);
  canvas.height = Math.round(cutHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(
    source,
    (width - cutWidth) / 2,
    (height - cutHeight) / 2,
    cutWidth,
    cutHeight,
    0,
    0,
    canvas.width,
    canvas.height,
  );
  return context.getImageData(0, 0, canvas.width, canvas.height);
};

/** What a chosen file shows; [] for one that is no picture. */
export const readFile = async (reader, file) => {
  try {
    const picture = await createImageBitmap(file);
    return await reader.read(middle(picture, picture.width, picture.height, document.createElement("canvas"), true));
  } catch {
    return [];
  }
};

export class Camera {
  /** `seen(text)` is called for every code in every frame; `ended(why)` when it stops by itself. */
  constructor(video, reader, seen) {
    this.video = video;
    this.reader = reader;
    this.seen = seen;
    this.canvas = document.createElement("canvas");
    this.stream = null;
  }

  get track() {
    return this.stream?.getVideoTracks()[0];
  }

  /** Opens a camera, the one at the back unless another is chosen; rejects as getUserMedia does. */
  async open(deviceId = "") {
    this.close();
    const asked = (this.asked = {});
    const wanted = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } };
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
    if (asked !== this.asked) {
      for (const track of stream.getTracks()) track.stop();
      throw new DOMException("asked anew", "AbortError");
    }
    this.stream = stream;
    this.track.onended = () => {
      this.close();
      this.ended?.("camera_ended");
    };
    this.video.srcObject = this.stream;
    await this.video.play();
    this.#look();
  }

  close() {
    this.asked = null;
    clearTimeout(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  async #look(failures = 0) {
    const began = performance.now();
    const texts = await this.#texts().catch(() => undefined);
    if (!texts && failures >= MOST_FAILURES) {
      this.close();
      this.ended?.("reader_failed");
      return;
    }
    for (const text of texts ?? []) this.seen(text);
    if (this.stream)
      this.timer = setTimeout(
        () => this.#look(texts ? 0 : failures + 1),
        Math.max(10, EVERY - (performance.now() - began)),
      );
  }

  /** What the present frame shows; undefined where it cannot be read. */
  async #texts() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || document.hidden) return [];
    return Promise.race([this.reader.read(middle(this.video, width, height, this.canvas)), pause(READS_WITHIN)]);
  }

  async cameras() {
    return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  }

  get hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  light(on) {
    return this.track.applyConstraints({ advanced: [{ torch: on }] });
  }
}

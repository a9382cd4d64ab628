// Reads QR codes out of pictures, off the page's thread. Takes {id, picture: ImageData}, answers {id, texts}: at most one.
let detector;
self.onmessage = async ({ data }) => {
  if (data.reader) {
    try {
      importScripts(data.reader);
      const { BarcodeDetector, prepareZXingModule } = self.BarcodeDetectionAPI;
      await prepareZXingModule({ overrides: { locateFile: () => data.wasm }, fireImmediately: true });
      detector = new BarcodeDetector({ formats: ["qr_code"] });
      self.postMessage({ ready: true });
    } catch (error) {
      self.postMessage({ failed: String(error) });
    }
    return;
  }
  try {
    const found = await detector.detect(data.picture);
    const { width, height } = data.picture;
    // a sheet shows many tickets: the one that the volunteer aims at counts
    const off = ({ boundingBox: { x, y, width: wide, height: high } }) =>
      Math.hypot(x + wide / 2 - width / 2, y + high / 2 - height / 2);
    found.sort((one, other) => off(one) - off(other));
    self.postMessage({ id: data.id, texts: found.slice(0, 1).map((each) => each.rawValue) });
  } catch {
    self.postMessage({ id: data.id, texts: [] });
  }
};

// Reads QR codes out of pictures, off the page's thread. Takes {id, picture: ImageData}, answers {id, texts}.
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
    self.postMessage({ id: data.id, texts: found.map((each) => each.rawValue) });
  } catch {
    self.postMessage({ id: data.id, texts: [] });
  }
};

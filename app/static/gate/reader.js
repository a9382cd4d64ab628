// Reads QR codes out of pictures, off the page's thread. Takes {id, picture: ImageData}, answers {id, texts}: at most one.
let read;
self.onmessage = async ({ data }) => {
  if (data.reader) {
    try {
      importScripts(data.reader);
      const { prepareZXingModule, readBarcodes } = self.ZXingWASM;
      await prepareZXingModule({ overrides: { locateFile: () => data.wasm }, fireImmediately: true });
      read = (picture) => readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, textMode: "Plain" });
      self.postMessage({ ready: true });
    } catch (error) {
      self.postMessage({ failed: String(error) });
    }
    return;
  }
  try {
    const found = await read(data.picture);
    const { width, height } = data.picture;
    // a sheet shows many tickets: the one that the volunteer aims at counts
    const off = ({ position: { topLeft, bottomRight } }) =>
      Math.hypot((topLeft.x + bottomRight.x - width) / 2, (topLeft.y + bottomRight.y - height) / 2);
    found.sort((one, other) => off(one) - off(other));
    self.postMessage({ id: data.id, texts: found.slice(0, 1).map((each) => each.text) });
  } catch {
    self.postMessage({ id: data.id, texts: [] });
  }
};

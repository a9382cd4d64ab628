"""Films for Chromium's fake camera: pictures of tickets, as raw frames (y4m, 4:2:0)."""

import io
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT, RATE = 640, 480, 10
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def film(path: Path, *scenes: tuple[bytes | None, float]) -> None:
    """Write a film that shows each picture (PNG; None: nothing but grey) for so many seconds, over and over.

    A new file takes the old one's place at once: a page that still looks at it never reads half a film.
    """
    made = path.with_suffix(".new")
    with made.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for picture, seconds in scenes:
            frame = b"FRAME\n" + _planes(picture)
            for _ in range(max(1, round(seconds * RATE))):
                file.write(frame)
    made.replace(path)


def _planes(picture: bytes | None) -> bytes:
    frame = Image.new("RGB", (WIDTH, HEIGHT), (120, 120, 120))
    if picture is not None:
        shown = Image.open(io.BytesIO(picture)).convert("RGB")
        shown.thumbnail((HEIGHT - 20, HEIGHT - 20), Image.Resampling.LANCZOS)
        frame.paste(shown, ((WIDTH - shown.width) // 2, (HEIGHT - shown.height) // 2))
    luma, blue, red = frame.convert("YCbCr").split()
    half = (WIDTH // 2, HEIGHT // 2)
    return luma.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()

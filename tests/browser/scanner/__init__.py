"""The scanner page in Chromium, with a camera whose film each test may write."""

// What a volunteer hears and feels, and a screen that stays awake.
const SOUNDS = {
  // pairs of hertz and milliseconds; vibration in milliseconds on, off, on …
  admitted: {
    tones: [
      [880, 90],
      [1320, 160],
    ],
    buzz: [80],
  },
  already: {
    tones: [
      [520, 140],
      [0, 60],
      [520, 140],
    ],
    buzz: [120, 80, 120],
  },
  refused: { tones: [[220, 450]], buzz: [400] },
  another: {
    tones: [
      [700, 120],
      [520, 120],
      [390, 200],
    ],
    buzz: [100, 60, 100, 60, 100],
  },
  left: {
    tones: [
      [1320, 90],
      [880, 160],
    ],
    buzz: [80],
  },
};
let audio = null,
  lock = null;

/** Browsers allow sound only after a tap. */
export const wake = () => {
  audio ??= new (window.AudioContext ?? window.webkitAudioContext)();
  audio.resume();
};

export const signal = (kind) => {
  const { tones, buzz } = SOUNDS[kind];
  navigator.vibrate?.(buzz);
  if (!audio) return;
  let at = audio.currentTime;
  for (const [hertz, milliseconds] of tones) {
    const until = at + milliseconds / 1000;
    if (hertz) {
      const tone = audio.createOscillator(),
        volume = audio.createGain();
      tone.type = kind === "refused" ? "sawtooth" : "sine";
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.linearRampToValueAtTime(0, until);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(until);
    }
    at = until;
  }
};

export const stayAwake = async () => {
  if (!navigator.wakeLock || document.hidden) return;
  lock = lock && !lock.released ? lock : await navigator.wakeLock.request("screen").catch(() => null);
};

const wanted = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4", ""];

/** The best form this browser can record; an empty text leaves the choice to the browser. */
function format(): string {
  return wanted.find((type) => type === "" || MediaRecorder.isTypeSupported(type)) ?? "";
}

/** Whether a voice message can be recorded at all: the page must be secure and have the interface. */
export function canRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && Boolean(navigator.mediaDevices?.getUserMedia);
}

export interface Recording {
  /** Ends the recording and gives what was recorded. */
  finish: () => Promise<File>;
  /** Ends the recording and forgets it. */
  cancel: () => void;
  /** Loudness of this moment, 0 to 1. */
  level: () => number;
}

/** Asks for the microphone and begins. Fails with the browser's own error when it is refused. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
  });
  const type = format();
  const recorder = new MediaRecorder(stream, {
    audioBitsPerSecond: 32_000,
    ...(type ? { mimeType: type } : {}),
  });
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);

  const context = new AudioContext();
  const meter = context.createAnalyser();
  meter.fftSize = 512;
  context.createMediaStreamSource(stream).connect(meter);
  const samples = new Float32Array(meter.fftSize);

  function release() {
    for (const track of stream.getTracks()) track.stop();
    void context.close();
  }

  // In one piece: then the browser writes the length and an index into the file when it ends.
  recorder.start();
  return {
    finish: () =>
      new Promise((resolve) => {
        recorder.onstop = () => {
          release();
          const mime = (recorder.mimeType || "audio/webm").split(";")[0] ?? "audio/webm";
          const ending = mime === "audio/mp4" ? "m4a" : (mime.split("/")[1] ?? "webm");
          resolve(new File(parts, `voice.${ending}`, { type: recorder.mimeType || mime }));
        };
        recorder.stop();
      }),
    cancel: () => {
      recorder.onstop = null;
      if (recorder.state !== "inactive") recorder.stop();
      release();
    },
    level: () => {
      meter.getFloatTimeDomainData(samples);
      let most = 0;
      for (const sample of samples) most = Math.max(most, Math.abs(sample));
      return Math.min(1, most * 1.6);
    },
  };
}

// Recording from the microphone. WhatsApp's voice notes are Ogg with Opus. Browsers that record Opus in WebM are
// repacked; what else a browser records is kept as it is, and said, because there is nothing here to convert it with.

import { oggFromWebm } from "./ogg.js";

const WISHES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

export class Recorder {
  get running() {
    return this.recorder?.state === "recording";
  }

  async start() {
    if (!navigator.mediaDevices || !window.MediaRecorder) throw new Error("this browser cannot record here");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    const mimeType = WISHES.find((wish) => MediaRecorder.isTypeSupported(wish));
    this.recorder = new MediaRecorder(stream, { mimeType });
    this.parts = [];
    this.recorder.ondataavailable = (event) => this.parts.push(event.data);
    this.recorder.start();
  }

  // Gives the recording as a Blob with its type.
  async stop() {
    await new Promise((done) => {
      this.recorder.onstop = done;
      this.recorder.stop();
    });
    this.release();
    const recorded = new Blob(this.parts, { type: this.recorder.mimeType.replace(/; ?codecs/, "; codecs") });
    if (recorded.type !== "audio/webm; codecs=opus") return recorded;
    return oggFromWebm(new Uint8Array(await recorded.arrayBuffer()));
  }

  cancel() {
    if (!this.running) return;
    this.recorder.onstop = () => this.release();
    this.recorder.stop();
  }

  release() {
    for (const track of this.recorder.stream.getTracks()) track.stop();
  }
}

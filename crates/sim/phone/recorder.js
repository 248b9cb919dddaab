// Recording from the microphone. WhatsApp's voice notes are Ogg with Opus; where the browser cannot write that we
// keep what it can and say so, because there is nothing here to convert it with.

const WISHES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

export class Recorder {
  get running() {
    return this.recorder?.state === "recording";
  }

  async start() {
    if (!navigator.mediaDevices || !window.MediaRecorder) throw new Error("this browser cannot record here");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const mimeType = WISHES.find((wish) => MediaRecorder.isTypeSupported(wish));
    this.recorder = new MediaRecorder(stream, { mimeType });
    this.parts = [];
    this.recorder.ondataavailable = (event) => this.parts.push(event.data);
    this.recorder.start();
  }

  stop() {
    return new Promise((done) => {
      this.recorder.onstop = () => {
        this.release();
        const mime = this.recorder.mimeType.replace(";codecs", "; codecs");
        done({ blob: new Blob(this.parts, { type: mime }), mime });
      };
      this.recorder.stop();
    });
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

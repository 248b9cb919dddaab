import type { Locator } from "playwright-core";

/** What the browser decodes of the sound that an <audio> element plays. */
export interface Sound {
  /** Seconds. */
  length: number;
  /** The loudest moment, 0 to 1. */
  loudest: number;
}

/** Decodes the whole file of an <audio> element; fails where the browser cannot. */
export function decode(audio: Locator): Promise<Sound> {
  return audio.evaluate(async (element: HTMLAudioElement) => {
    const answer = await fetch(element.src);
    const context = new OfflineAudioContext(1, 48_000, 48_000);
    const sound = await context.decodeAudioData(await answer.arrayBuffer());
    const loudest = sound.getChannelData(0).reduce((most, level) => Math.max(most, Math.abs(level)), 0);
    return { length: sound.duration, loudest };
  });
}

/** The natural width of a picture, 0 while it is not decoded. */
export function decodedWidth(image: Locator): Promise<number> {
  return image.evaluate((element: HTMLImageElement) => (element.complete ? element.naturalWidth : 0));
}

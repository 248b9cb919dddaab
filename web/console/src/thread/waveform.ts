/** Loudness of equal stretches of a recording, 0 to 100, the loudest stretch being 100. */
export function peaks(samples: Float32Array, count: number): number[] {
  const size = samples.length / count;
  const loud: number[] = [];
  for (let n = 0; n < count; n += 1) {
    let most = 0;
    const end = Math.min(samples.length, Math.floor((n + 1) * size));
    for (let i = Math.floor(n * size); i < end; i += 1) most = Math.max(most, Math.abs(samples[i] ?? 0));
    loud.push(most);
  }
  const loudest = Math.max(...loud, 0);
  return loud.map((l) => (loudest > 0 ? Math.round((l / loudest) * 100) : 0));
}

/** Fits a waveform of any length to a number of bars, keeping the loudest of what falls together. */
export function bars(waveform: readonly number[], count: number): number[] {
  if (waveform.length === 0) return Array.from({ length: count }, () => 0);
  return Array.from({ length: count }, (_, n) => {
    const from = Math.floor((n * waveform.length) / count);
    const to = Math.max(from + 1, Math.floor(((n + 1) * waveform.length) / count));
    return Math.min(100, Math.max(0, ...waveform.slice(from, to)));
  });
}

/** Reads the waveform and the length from the recording itself, for media whose waveform the server does not know. */
export async function listen(url: string, count: number): Promise<{ waveform: number[]; seconds: number }> {
  const response = await fetch(url);
  const bytes = await response.arrayBuffer();
  // An offline context decodes without asking for permission to make sound.
  const context = new OfflineAudioContext(1, 1, 48_000);
  const buffer = await context.decodeAudioData(bytes);
  return { waveform: peaks(buffer.getChannelData(0), count), seconds: buffer.duration };
}

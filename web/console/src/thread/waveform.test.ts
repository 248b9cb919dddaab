import { expect, test } from "vitest";
import { bars, peaks } from "./waveform";

test("peaks are relative to the loudest stretch", () => {
  expect(peaks(Float32Array.from([0, 0.1, -0.5, 0.2, 0.25, 0]), 3)).toEqual([20, 100, 50]);
  expect(peaks(new Float32Array(8), 4)).toEqual([0, 0, 0, 0]);
  expect(peaks(new Float32Array(0), 2)).toEqual([0, 0]);
});

test("bars fit any length and keep the loudest", () => {
  expect(bars([10, 90, 20, 30], 2)).toEqual([90, 30]);
  expect(bars([10, 20], 4)).toEqual([10, 10, 20, 20]);
  expect(bars([], 3)).toEqual([0, 0, 0]);
  expect(bars([-5, 250], 2)).toEqual([0, 100]);
});

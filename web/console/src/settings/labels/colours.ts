/** The colours offered for labels: apart from each other, visible on light and dark. */
export const labelColours = [
  "#2f9f78",
  "#2f7fd1",
  "#7a5bd6",
  "#c2509e",
  "#d64545",
  "#e07b22",
  "#c2a013",
  "#6f7b77",
] as const as readonly [string, ...string[]];

declare module "virtual:emoji/*" {
  const source: {
    emojis: [emoji: string, group: number, label: string, tags: string][];
    groups: [group: number, label: string][];
  };
  export default source;
}

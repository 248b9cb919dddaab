import { createTheme, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eaf7f2",
  "#d3eee3",
  "#a8dcc8",
  "#79c8aa",
  "#4fb48f",
  "#2f9f78",
  "#1b8a65",
  "#0f7655",
  "#0b6347",
  "#06503a",
];

// A neutral dark with a trace of green instead of the kit's warm grey.
const dark: MantineColorsTuple = [
  "#d7dbdb",
  "#b6bcbc",
  "#929999",
  "#6b7373",
  "#404747",
  "#2c3233",
  "#222728",
  "#1a1e1f",
  "#141718",
  "#0f1112",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: 7,
  colors: { pine, dark },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily:
    '"Desk Emoji", -apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei UI", "Noto Sans CJK SC", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.25rem" }, h2: { fontSize: "1.0625rem" }, h3: { fontSize: "0.9375rem" } },
  },
  // By name and not through each component, which would pull all of them into the first load.
  components: {
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 34 } },
    Button: { defaultProps: { size: "sm" } },
    Loader: { defaultProps: { size: "sm", type: "dots" } },
    Menu: {
      defaultProps: {
        shadow: "md",
        radius: "md",
        withinPortal: false,
        floatingStrategy: "fixed",
        withInitialFocusPlaceholder: false,
      },
    },
    Modal: { defaultProps: { centered: true, radius: "lg", overlayProps: { opacity: 0.4 } } },
    Popover: { defaultProps: { shadow: "md", radius: "md" } },
    Select: { defaultProps: { allowDeselect: false, checkIconPosition: "right" } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false, fz: "xs" } },
  },
});

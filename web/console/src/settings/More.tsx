import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  /** A list that comes in pages. */
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  /** Small, below a field. */
  small?: boolean;
}

/** Shows the next page of a list; nothing where there is none. */
export function More({ list, small = false }: Props) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <Button
      size={small ? "xs" : "sm"}
      variant="default"
      loading={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      {t("action.more")}
    </Button>
  );
}

import "@mantine/core/styles/Notification.layer.css";
import "@mantine/notifications/styles.layer.css";
import { type NotificationData, Notifications, notifications } from "@mantine/notifications";
import { useEffect } from "react";

interface Props {
  queue: NotificationData[];
  onShown: (count: number) => void;
}

/** The kit's notices, loaded when the first one is to be shown. */
export function Notices({ queue, onShown }: Props) {
  useEffect(() => {
    for (const notice of queue) notifications.show(notice);
    if (queue.length > 0) onShown(queue.length);
  }, [queue, onShown]);
  return <Notifications position="top-right" limit={4} />;
}

// What the tables of meters, buses and sensors share.
import type { JSX } from "preact";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import { Icon } from "../../ui/icon";

export function Online({ online }: { online: boolean | null }): JSX.Element {
  const { t } = useTexts();
  return (
    <span class={`online ${online === false ? "warn" : ""}`}>
      <Icon name={online === null ? "clock" : online ? "check" : "unlink"} size={14} />
      {t(online === null ? "status.unknown" : online ? "status.online" : "status.offline")}
    </span>
  );
}

export function seenText(ms: number | null, nowMs: number, { t, f }: Pick<Words, "t" | "f">): string {
  return ms === null ? t("age.never") : f.age({ freshness: "fresh", ms: Math.max(0, nowMs - ms) });
}

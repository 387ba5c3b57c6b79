// Why something that was asked for did not happen, in words for whoever asked.
import { ApiError } from "../api/client";
import type { Words } from "../i18n/texts";

export function failureText(error: unknown, { t }: Pick<Words, "t">): string {
  if (error instanceof ApiError && error.status === 403) return t("role.viewer.note");
  if (error instanceof ApiError && error.status === 0) return t("alarms.error.unreachable");
  return t("alarms.error.other", { message: error instanceof Error ? error.message : String(error) });
}

/** Alarms are acted on by several people at once; the list is then already as the gateway has it. */
export function alarmFailureText(error: unknown, words: Pick<Words, "t">): string {
  const passed = error instanceof ApiError && (error.status === 409 || error.status === 404);
  return passed ? words.t("alarms.error.conflict") : failureText(error, words);
}

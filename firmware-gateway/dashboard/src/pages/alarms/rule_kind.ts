import type { Words } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";

const RULE_KIND_TEXT: Record<string, TextKey> = {
  door_open: "rule_kind.door_open", leak_wet: "rule_kind.leak_wet", device_silent: "rule_kind.device_silent", camera_offline: "rule_kind.camera_offline",
  person_seen: "rule_kind.person_seen", value_above: "rule_kind.value_above", value_below: "rule_kind.value_below", power_demand: "rule_kind.power_demand",
  load_left_on: "rule_kind.load_left_on", water_leak: "rule_kind.water_leak", water_running: "rule_kind.water_running", unaccounted: "rule_kind.unaccounted",
  bus_fault: "rule_kind.bus_fault", broker_fault: "rule_kind.broker_fault", gateway_fault: "rule_kind.gateway_fault", alarm_flood: "rule_kind.alarm_flood",
};

/** A kind that this page does not know is shown by its rule's id. */
export function ruleKindText(kind: string, rule: string, { t }: Pick<Words, "t">): string {
  const key = RULE_KIND_TEXT[kind];
  return key === undefined ? rule : t(key);
}

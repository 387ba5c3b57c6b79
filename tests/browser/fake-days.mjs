// What may stand on the pages at once, for the stand-in.
//
//   node fake-days.mjs [port]      serves the built dashboard with invented, moving figures, on such a day
import { fileURLToPath } from "node:url";
import { FakeGateway } from "./fake-gateway.mjs";

/** A bad day: every state an alarm and a sensor can be in, at once. */
export function badDay(gateway) {
  gateway.raise({ priority: "critical", rule: "leak", rule_kind: "leak", source: "b2-leak-server", area: "b2", ago_ms: 95_000,
    message: "二号政务服务大厅机房地板 检测到漏水", message_en: "Service hall 2 server room floor is wet" });
  gateway.raise({ priority: "high", source: "b1-door-east", ago_ms: 370_000,
    message: "一号办公楼东门 已开启超过 60 秒", message_en: "Office building 1 east door has been open for more than 60 s" });
  gateway.raise({ priority: "high", state: 3, active: false, change: "returned", source: "b2-door-west", area: "b2", ago_ms: 1_500_000, changed_ms: Date.now() - 1_200_000,
    message: "二号政务服务大厅西门 已开启超过 60 秒", message_en: "Service hall 2 west door has been open for more than 60 s" });
  gateway.raise({ priority: "medium", state: 2, change: "acknowledged", by: "陈志明", rule: "silent", rule_kind: "device_silent", source: "b3-fan", area: "b3", ago_ms: 5_400_000,
    changed_ms: Date.now() - 4_000_000, message: "三号综合楼空调末端 电表 300 秒没有应答", message_en: "Annex 3 air handling meter has not answered for 300 s" });
  gateway.raise({ priority: "low", state: 4, change: "shelved", by: "林晓", held_by: "林晓", held_reason: "等待更换电池", shelved_until_ms: Date.now() + 7_200_000, rule: "battery", rule_kind: "battery_low", source: "b3-door-roof", area: "b3", ago_ms: 90_000_000,
    changed_ms: Date.now() - 80_000_000, message: "三号综合楼屋面门 传感器电量低", message_en: "Annex 3 roof door sensor battery is low" });
  gateway.setSensor("b1-door-east", { open: true, changed: Date.now() - 430_000 });
  gateway.setSensor("b2-leak-server", { wet: true, changed: Date.now() - 95_000 });
  gateway.setSensor("b2-camera-hall", { person: true });
  gateway.setSensor("b3-camera-dock", { online: false, changed: Date.now() - 720_000 });
  gateway.setSensor("b3-door-roof", { battery_pct: 12 });
  gateway.loseMeters((meter) => meter.id === "b3-fan", 5_700_000);
  gateway.compound.letters.push(
    { letter: 17, sink: "central", at_ms: Date.now() - 3_000_000, reason: "field type conflict: input field \"value\" is type string", lines: 1, text: "electricity,site=cangshan,meter=b1-light power=1234.5 1763883600000" },
    { letter: 12, sink: "central", at_ms: Date.now() - 90_000_000, reason: "point is outside of the retention policy", lines: 20, text: "water,site=cangshan,meter=b2-cold flow=300 1763883600000" });
  gateway.compound.proposed.push({ id: "roof-hatch", name: "Roof hatch", kind: "door", announced: "homeassistant/binary_sensor/0x00158d/contact/config",
    toml: '[[sensor]]\nid = "roof-hatch"\nkind = "door"\nfamily = "zigbee2mqtt"\ntopic = "zigbee2mqtt/roof-hatch"\n' });
}

/** Every state that badDay has not, what waits for its delay, and a typhoon. */
export function badNight(gateway) {
  const now = Date.now();
  const fault = gateway.raise({ priority: "high", rule: "bus", rule_kind: "bus_fault", source: "riser-east", area: null, ago_ms: 600_000, message: "总线 riser-east 中断", message_en: "Bus riser-east is down" });
  gateway.raise({ priority: "medium", state: 6, rule: "silent", rule_kind: "device_silent", source: "b3-light", area: "b3", ago_ms: 580_000, cause: fault.id, change: "suppressed",
    message: "三号综合楼照明插座 电表没有应答", message_en: "Annex 3 lighting and sockets meter does not answer" });
  gateway.raise({ priority: "high", rule: "water-leak", rule_kind: "water_leak", source: "b2-cold", area: "b2", ago_ms: 7_200_000, finding: "night_flow", value: 96, limit: 30,
    message: "二号政务服务大厅总水表 夜间流量 96 L/h，往常 30 L/h", message_en: "Service hall 2 main water: 96 L/h at night, usually 30 L/h" });
  gateway.raise({ priority: "critical", state: 8, rule: "leak", rule_kind: "leak_wet", source: "b1-leak-pump", area: "b1", ago_ms: 9_000_000, active: false, by: "林晓", change: "acknowledged",
    message: "一号办公楼水泵房 检测到漏水", message_en: "Office building 1 pump room is wet" });
  gateway.raise({ priority: "medium", state: 5, rule: "camera", rule_kind: "camera_offline", source: "b3-camera-dock", area: "b3", ago_ms: 90_000_000, held_by: "陈志明", held_reason: "返厂维修", change: "taken_out_of_service",
    message: "三号综合楼装卸区摄像机 离线", message_en: "Annex 3 dock camera is offline" });
  gateway.compound.pending.push({ id: 90, rule: "door-open", rule_kind: "door_open", source: "b2-door-roof", source_name: "二号政务服务大厅屋面门", source_name_en: "Service hall 2 roof door", area: "b2", priority: "high",
    since_ms: now - 20_000, due_ms: now + 40_000, value: 1, limit: null });
  gateway.modes.switch("typhoon", "王伟", "台风橙色预警");
  gateway.modes.check("roof", true, "王伟");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const gateway = await new FakeGateway().start(Number(process.argv[2] ?? 8090));
  badDay(gateway);
  badNight(gateway);
  console.log(`invented figures at ${gateway.url}`);
}

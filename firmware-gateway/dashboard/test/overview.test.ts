// What the overview decides before it draws.
import { describe, expect, it, vi } from "vitest";
import type { Area, Sensor, Subitem } from "../src/api/wire";

// The modules reach for the page when they load; these tests need none of it.
vi.mock("../src/store/gateway", () => ({}));
vi.mock("uplot", () => ({ default: class {} }));

const { areaTree, share } = await import("../src/pages/overview/areas_panel");
const { sensorFace, withoutPrefix } = await import("../src/pages/overview/sensors_panel");
const { topSubitems } = await import("../src/pages/overview/subitems_panel");
const { powerRange, tickTexts } = await import("../src/ui/power_chart");
const { wordsFor } = await import("../src/i18n/texts");
const { powerBefore } = await import("../src/pages/overview/figures_panel");

const area = (id: string, parent: string | null): Area => ({ id, parent } as Area);
const sensor = (fields: Partial<Sensor>): Sensor => ({ kind: "door", online: true, open: null, wet: null, person: null, ...fields } as Sensor);

describe("areas", () => {
  it("children follow their parent, in the configuration's order", () => {
    const rows = areaTree([area("b1", null), area("b2", null), area("b1-f2", "b1"), area("b1-f1", "b1")]);
    expect(rows.map(({ area: { id }, depth }) => `${depth}${id}`)).toEqual(["0b1", "1b1-f2", "1b1-f1", "0b2"]);
  });
  it("every area is shown once, also in a circle or under an unknown parent", () => {
    expect(areaTree([area("a", "b"), area("b", "a"), area("c", "gone")]).map((row) => row.area.id).sort()).toEqual(["a", "b", "c"]);
  });
  it("a share needs a whole", () => {
    expect(share(5, 0)).toBeNull();
    expect(share(null, 5)).toBeNull();
    expect(share(1, 4)).toBe(0.25);
  });
});

describe("sub-items", () => {
  it("only those are shown that no other one includes, and never the whole beside its parts", () => {
    const codes = ["01000", "01A00", "01A10", "01B00", "01C10"].map((code) => ({ code } as Subitem));
    expect(topSubitems(codes).map(({ code }) => code)).toEqual(["01A00", "01B00", "01C10"]);
  });
});

describe("sensors", () => {
  it("water that was seen stays an alert after the sensor went silent", () => {
    expect(sensorFace(sensor({ kind: "leak", wet: true, online: false })).look).toBe("alert");
  });
  it("an offline door does not claim to be closed", () => {
    expect(sensorFace(sensor({ open: false, online: false }))).toMatchObject({ look: "offline", text: "sensors.offline" });
  });
  it("what nobody has said yet is unknown, not normal", () => {
    expect(sensorFace(sensor({ online: null })).look).toBe("unknown");
    expect(sensorFace(sensor({ kind: "camera", online: null })).look).toBe("unknown");
  });
  it("a name does not repeat its heading", () => {
    expect(withoutPrefix("Building 1 east door", "Building 1")).toBe("East door");
    expect(withoutPrefix("一号楼东门", "一号楼")).toBe("东门");
    expect(withoutPrefix("一号楼", "一号楼")).toBe("一号楼");
    expect(withoutPrefix("Gate", "Building 1")).toBe("Gate");
  });
});

describe("the change of a quarter of an hour", () => {
  it("is against the minute that held that moment, if it was measured", () => {
    const now = 1_700_000_000_000;
    const start = now - 15 * 60_000 - 20_000;
    expect(powerBefore([[start, 1, 500, 1, 1, 60, 0]], now)).toBe(500);
    expect(powerBefore([[start, 1, 0, 0, 0, 0, 0]], now)).toBeNull();
    expect(powerBefore([], now)).toBeNull();
  });
});

describe("the curve's vertical axis", () => {
  it("does not blow noise up into mountains, and starts at zero when asked to", () => {
    const [low, high] = powerRange(80_000, 80_010, false);
    expect(high - low).toBeGreaterThan(4_000);
    expect(powerRange(80_000, 90_000, true)[0]).toBe(0);
    expect(powerRange(100, 5_000, false)[0]).toBe(0);
    expect(powerRange(-5_000, 1_000, true)[0]).toBe(-5_000);
  });
  it("writes every tick apart, the unit once", () => {
    expect(tickTexts([140_000, 142_500, 145_000], wordsFor("en", undefined))).toEqual(["140.0", "142.5", "145.0 kW"]);
    expect(tickTexts([0, 50_000, 100_000], wordsFor("zh", undefined))).toEqual(["0", "50", "100 kW"]);
  });
});

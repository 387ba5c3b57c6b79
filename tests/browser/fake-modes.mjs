// The stand-in's modes, arming and patrol: /api/v1/modes and what switches them, as docs/api.md has it.
export class FakeModes {
  mode = "usual";
  since_ms = null;
  by = "";
  comment = "";
  armed = new Map();
  checked = new Map();
  entries = [];

  constructor(areas) {
    this.areas = areas;
    this.modes = [
      { id: "holiday", name: "节假日模式", name_en: "Holiday", off_hours: true, patrol: [] },
      { id: "typhoon", name: "台风模式", name_en: "Typhoon", off_hours: true, patrol: [
        { id: "roof", name: "屋顶排水口", name_en: "Roof drains", area: "b1", sensor: "b1-door-roof" },
        { id: "garage", name: "地下车库挡水板", name_en: "Garage flood boards", area: "b2", sensor: null },
        { id: "plant", name: "配电间门窗", name_en: "Switch room doors and windows", area: "b3", sensor: "b3-door-plant" }] }];
  }

  answer(sensors) {
    const armed = (id) => this.mode !== "usual" || this.armed.has("compound") || this.armed.has(id);
    return {
      mode: this.mode, since_ms: this.since_ms, by: this.by, comment: this.comment,
      modes: this.modes.map((mode) => ({ ...mode, patrol: mode.patrol.map((place) => ({ ...place, open: sensors.find(({ id }) => id === place.sensor)?.open ?? null,
        checked_ms: this.checked.get(place.id)?.at ?? null, by: this.checked.get(place.id)?.by ?? "" })) })),
      areas: ["compound", ...this.areas].map((id) => ({ id, armed: armed(id), by_hand: this.armed.has(id), since_ms: this.armed.get(id)?.at ?? null, by: this.armed.get(id)?.by ?? "" })),
    };
  }

  note(kind, subject, value, by, comment) {
    const entry = { event: Date.now() * 1000 + this.entries.length, kind, subject, value, changed_ms: Date.now(), by, comment };
    this.entries.unshift(entry);
    return entry;
  }

  /** null: there is no such mode. */
  switch(mode, by, comment) {
    if (mode !== "usual" && !this.modes.some(({ id }) => id === mode)) return null;
    Object.assign(this, { mode, since_ms: Date.now(), by, comment });
    this.checked.clear();
    return this.note("mode", "", mode === "usual" ? "" : mode, by, comment);
  }

  arm(area, arm, by, comment) {
    if (arm) this.armed.set(area, { at: Date.now(), by });
    else this.armed.delete(area);
    return this.note("armed", area, arm ? "1" : "", by, comment);
  }

  check(place, check, by) {
    if (!this.modes.find(({ id }) => id === this.mode)?.patrol.some(({ id }) => id === place)) return null;
    if (check) this.checked.set(place, { at: Date.now(), by });
    else this.checked.delete(place);
    return this.note("patrol", place, check ? "1" : "", by, "");
  }
}

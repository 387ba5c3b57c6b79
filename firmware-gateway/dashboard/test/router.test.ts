import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { addEventListener: () => undefined });
const { findRoute, pathOf } = await import("../src/router");
const { retryPause } = await import("../src/api/stream");

describe("addresses", () => {
  it("name a page, with or without slashes and parameters", () => {
    expect(pathOf("#/alarms")).toBe("alarms");
    expect(pathOf("#alarms/?state=all")).toBe("alarms");
    expect(pathOf("")).toBe("");
  });
  it("an unknown one leads to the first page", () => {
    const page = () => null;
    const first = { path: "overview", title: "page.overview" as const, icon: "overview" as const, page };
    expect(findRoute([first], "nowhere")).toBe(first);
  });
});

describe("the pause before connecting again", () => {
  it("doubles up to a bound, and is spread", () => {
    expect([1, 2, 3, 4].map((attempt) => retryPause(attempt, 0.5))).toEqual([500, 1000, 2000, 4000]);
    expect(retryPause(1000, 0.5)).toBe(15_000);
    expect(retryPause(3, 0)).toBe(1500);
    expect(retryPause(3, 0.999)).toBeLessThanOrEqual(2500);
  });
});

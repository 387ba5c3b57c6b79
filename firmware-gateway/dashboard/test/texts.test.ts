import { describe, expect, it } from "vitest";
import { TEXTS, fill, wordsFor } from "../src/i18n/texts";

const zh = TEXTS.zh();
const en = TEXTS.en();
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();

describe("texts", () => {
  it("every key is in both languages, and none is empty", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    for (const texts of [zh, en]) for (const [key, text] of Object.entries(texts)) expect(text, key).not.toBe("");
  });
  it("both languages fill in the same values", () => {
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) expect(placeholders(en[key]), key).toEqual(placeholders(zh[key]));
  });
  it("English has no Chinese in it, but for the button that switches to Chinese", () => {
    for (const [key, text] of Object.entries(en)) if (key !== "app.language") expect(text, key).not.toMatch(/[\u3400-\u9fff]/);
  });
  it("a value that is not given stays visible instead of vanishing", () => {
    expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
  });
  it("a thing without an English name is shown by its Chinese one", () => {
    const words = wordsFor("en", undefined);
    expect(words.name({ name: "一号楼", name_en: "" })).toBe("一号楼");
    expect(words.name({ name: "一号楼", name_en: "Building 1" })).toBe("Building 1");
  });
});

// Texts of one page in both languages side by side: [Chinese, English].
export type Pairs = Readonly<Record<string, readonly [string, string]>>;

export function column<P extends Pairs>(pairs: P, language: 0 | 1): Record<keyof P & string, string> {
  return Object.fromEntries(Object.entries(pairs).map(([key, pair]) => [key, pair[language]])) as Record<keyof P & string, string>;
}

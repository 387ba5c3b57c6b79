// What the style sheet knows by media query, for what is drawn and not styled.
import { useEffect, useState } from "preact/hooks";

export function useMedia(condition: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(condition).matches);
  useEffect(() => {
    const query = matchMedia(condition);
    const read = (): void => setMatches(query.matches);
    read();
    query.addEventListener("change", read);
    return () => query.removeEventListener("change", read);
  }, [condition]);
  return matches;
}

export const PHONE = "(max-width: 720px)";

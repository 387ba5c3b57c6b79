// Lines that a central store refused for good: why, and what becomes of them. For administrators; others see how many there are.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchLetters, settleLetters } from "../../api/client";
import type { DeadLetter, LetterChoice } from "../../api/wire_system";
import { useResource } from "../../store/resource";
import { useTexts } from "../../i18n/texts";
import { ConfirmDialog } from "../../ui/confirm_dialog";
import { failureText } from "../../ui/failure";
import { Icon } from "../../ui/icon";
import { useOperator } from "../../ui/operator";
import { Empty, Panel } from "../../ui/parts";

/** A requeue is done by the store's thread, up to a second later. */
const AGAIN_MS = 1_500;

export function LettersPanel({ count, nowMs }: { count: number; nowMs: number }): JSX.Element | null {
  const { t } = useTexts();
  const { administers } = useOperator();
  if (count === 0) return null;
  return (
    <Panel id="letters" title={t("letters.title")} note={<span>{t("letters.note")}</span>}>
      {administers ? <Letters count={count} nowMs={nowMs} /> : <p class="audit-note">{t("letters.admin", { n: count })}</p>}
    </Panel>
  );
}

function Letters({ count, nowMs }: { count: number; nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const [version, setVersion] = useState(0);
  const [dropping, setDropping] = useState<DeadLetter | null>(null);
  const [said, setSaid] = useState<{ text: string; bad: boolean } | null>(null);
  const letters = useResource("letters", fetchLetters, 30_000, version + count * 1000);
  const settle = async (what: "requeue" | "drop", which: LetterChoice): Promise<void> => {
    setSaid(null);
    try {
      setSaid({ text: (await settleLetters(what, which)).done, bad: false });
      setTimeout(() => setVersion((before) => before + 1), AGAIN_MS);
    } catch (error) {
      setSaid({ text: failureText(error, words), bad: true });
    }
    setVersion((before) => before + 1);
  };
  const list = letters.value ?? [];
  return (
    <>
      {letters.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("letters.failed")}</p>}
      <p role="status" class={said === null ? "" : said.bad ? "failure" : "audit-note"}>{said?.text}</p>
      {list.length === 0 ? <Empty icon="clock" title={t("curve.loading")} /> : <>
        <div class="table-scroll" tabIndex={0} role="region" aria-label={t("letters.title")}>
          <table class="table">
            <thead><tr><th scope="col">{t("journal.time")}</th><th scope="col">{t("letters.sink")}</th><th scope="col">{t("letters.reason")}</th>
              <th scope="col" class="right">{t("letters.lines")}</th><th scope="col">{t("letters.text")}</th><th scope="col"><span class="visually-hidden">{t("letters.requeue")}</span></th></tr></thead>
            <tbody>{list.map((letter) => (
              <tr key={letter.letter} data-letter={letter.letter}>
                <td class="num">{f.moment(letter.at_ms, nowMs)}</td><td>{letter.sink}</td><td class="wrap">{letter.reason}</td><td class="right num">{f.count(letter.lines)}</td>
                <td class="letter-text"><code>{letter.text.slice(0, 160)}{letter.text.length > 160 ? "…" : ""}</code></td>
                <td class="letter-actions"><button type="button" class="quiet" onClick={() => void settle("requeue", { letter: letter.letter })}>{t("letters.requeue")}</button>
                  <button type="button" class="quiet" onClick={() => setDropping(letter)}>{t("letters.drop")}</button></td>
              </tr>))}
            </tbody>
          </table>
        </div>
        {list.length > 1 && <p class="audit-note"><button type="button" class="button" onClick={() => void settle("requeue", { all: true })}>{t("letters.requeue_all")}</button></p>}
      </>}
      {dropping !== null && <ConfirmDialog title={t("letters.drop.title")} text={t("letters.drop.text", { n: f.count(dropping.lines), sink: dropping.sink })} submit={t("letters.drop")} onCancel={() => setDropping(null)} onConfirm={() => {
        setDropping(null);
        void settle("drop", { letter: dropping.letter });
      }} />}
    </>
  );
}

// What a main meter measured and no sub-meter accounts for: the differences that the site defines, today and on the last whole day.
import type { JSX } from "preact";
import type { Live, MeterKind } from "../../api/wire";
import { UNKNOWN, joined } from "../../format/formats";
import type { Quantity } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { balances } from "../../store/balance";
import { Icon } from "../../ui/icon";

export function BalanceList({ live, kind, quantity }: { live: Live; kind: MeterKind; quantity(value: number): Quantity }): JSX.Element | null {
  const { t, f, name } = useTexts();
  const list = balances(live, kind);
  if (list.length === 0) return null;
  const part = (percent: number | undefined): string => f.percent(percent === undefined ? null : percent / 100);
  return (
    <div class="balances">
      <h3>{t("balance.title")}</h3>
      <ul>{list.map(({ node, totals, over }) => (
        <li key={node.id} data-balance={node.id} class={over ? "warn" : ""}>
          <b>{over && <Icon name="medium" size={14} />}{name(node)}</b>
          <span class="num">{t("balance.today", { value: totals.unaccounted_today === undefined ? UNKNOWN : joined(quantity(totals.unaccounted_today)), part: part(totals.unaccounted_today_pct) })}</span>
          {totals.last_day_ms !== undefined && <span class="num">{t("balance.last_day", { day: f.day(totals.last_day_ms), part: part(totals.unaccounted_last_day_pct) })}</span>}
          {totals.unaccounted_limit_pct !== undefined && <span class="num dim">{t(over ? "balance.limit.over" : "balance.limit", { part: part(totals.unaccounted_limit_pct) })}</span>}
        </li>))}
      </ul>
    </div>
  );
}

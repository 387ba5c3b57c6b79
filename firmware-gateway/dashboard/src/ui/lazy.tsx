// Pages and panels that are fetched when they are first wanted, so that the start page's first number does not wait for them.
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useTexts } from "../i18n/texts";
import { Empty } from "./parts";

export interface Lazy<Props> { page: ComponentType<Props>; preload(): Promise<void> }

export function lazy<Props extends object = object>(load: () => Promise<ComponentType<Props>>): Lazy<Props> {
  let Loaded: ComponentType<Props> | undefined;
  const preload = async (): Promise<void> => { Loaded ??= await load(); };

  function Page(props: Props): JSX.Element {
    const { t } = useTexts();
    const [state, setState] = useState<"loading" | "ready" | "failed">(Loaded === undefined ? "loading" : "ready");
    useEffect(() => {
      if (Loaded === undefined) preload().then(() => setState("ready"), () => setState("failed"));
    }, []);
    if (Loaded !== undefined && state === "ready") return <Loaded {...props} />;
    return (
      <div class="waiting">
        {state === "failed"
          ? <div>
              <Empty icon="unlink" title={t("lazy.failed")} text={t("lazy.failed.text")} />
              <button type="button" class="button" onClick={() => location.reload()}>{t("lazy.reload")}</button>
            </div>
          : <Empty icon="clock" title={t("lazy.loading")} />}
      </div>
    );
  }
  return { page: Page, preload };
}

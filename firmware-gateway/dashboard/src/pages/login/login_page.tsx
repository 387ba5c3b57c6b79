import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import { signIn } from "../../store/session";
import { Icon } from "../../ui/icon";

export function loginFailure(error: unknown, { t, f }: Pick<Words, "t" | "f">): string {
  if (!(error instanceof ApiError)) return t("login.other", { message: String(error) });
  if (error.code === "wrong_password") return t("login.wrong");
  if (error.code === "locked") return t("login.locked", { duration: f.duration((error.retryAfterS ?? 60) * 1000) });
  if (error.status === 0) return t("login.unreachable");
  return t("login.other", { message: error.message });
}

export function LoginPage(): JSX.Element {
  const words = useTexts();
  const { t } = words;
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  async function send(): Promise<void> {
    if (user === "" || password === "") {
      setFailure(t("login.required"));
      return;
    }
    setFailure(null);
    setSending(true);
    try {
      await signIn(user, password);
    } catch (error) {
      setFailure(loginFailure(error, words));
      setPassword("");
      second.current?.focus();
    } finally {
      setSending(false);
    }
  }

  return (
    <div class="waiting">
      <form class="panel login" aria-labelledby="login-title" onSubmit={(event) => {
        event.preventDefault();
        if (!sending) void send();
      }}>
        <h2 id="login-title">{t("login.title")}</h2>
        <p>{t("login.text")}</p>
        <label for="login-user">{t("login.user")}</label>
        <input id="login-user" ref={first} name="username" autocomplete="username" autocapitalize="none" spellcheck={false} value={user}
          onInput={(event) => setUser(event.currentTarget.value)} />
        <label for="login-password">{t("login.password")}</label>
        <input id="login-password" ref={second} type="password" name="password" autocomplete="current-password" value={password}
          aria-describedby={failure === null ? undefined : "login-failure"}
          onInput={(event) => setPassword(event.currentTarget.value)} />
        {failure !== null && <p id="login-failure" class="failure" role="alert"><Icon name="high" size={16} />{failure}</p>}
        <button type="submit" class="primary" disabled={sending}>{t(sending ? "login.sending" : "login.submit")}</button>
      </form>
    </div>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { app } from '../state/app.js';
import { login } from './session.js';

/** Stands before everything else while the service asks who one is. */
export function LoginDialog() {
  const asked = app.use(state => state.login);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (asked !== 'no' && !dialog.current?.open) dialog.current?.showModal();
  }, [asked]);
  if (asked === 'no') return null;
  return (
    <dialog
      ref={dialog}
      id="login"
      aria-labelledby="login-title"
      onCancel={event => event.preventDefault()}
      // A second Esc closes a dialog in some browsers, whatever was prevented.
      onClose={() => app.get().login !== 'no' && dialog.current?.showModal()}
    >
      <LoginForm over={asked === 'over'} />
    </dialog>
  );
}

function LoginForm({ over }: { over: boolean }) {
  const [state, set] = useState({ busy: false, problem: '' });
  const box = useRef<HTMLInputElement>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = box.current?.value.trim() ?? '';
    if (given === '' || state.busy) return;
    set({ busy: true, problem: '' });
    login(given).catch(error => {
      set({ busy: false, problem: error instanceof Error ? error.message : String(error) });
      box.current?.select();
    });
  };
  return (
    <form class="login-form" onSubmit={submit}>
      <h2 id="login-title">{over ? 'Your session is over' : 'This service asks for a token'}</h2>
      {state.problem !== '' && (
        <p class="problem" role="alert">
          {state.problem}
        </p>
      )}
      <p>
        A token of <code>deadair token create NAME --scope read</code> (or <code>write</code>), or the value
        of <code>DEADAIR_TOKEN</code> on the service's host. It is exchanged for a session and kept nowhere in
        this browser.
      </p>
      <label for="token">Token</label>
      <input
        ref={box}
        id="token"
        type="password"
        autocomplete="off"
        spellcheck={false}
        maxLength={500}
        required
        autofocus
      />
      <button type="submit" class="primary" disabled={state.busy}>
        Sign in
      </button>
    </form>
  );
}

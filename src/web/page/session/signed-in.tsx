import { app } from '../state/app.js';
import { Icon } from '../ui/icons.js';
import { logout } from './session.js';

/** Who is signed in, and the way out; nothing where no token is asked for. */
export function SignedIn() {
  const who = app.use(state => state.who);
  if (!who || who.name === 'local') return null;
  const title = `Signed in as ${who.name} (${who.scope}): sign out`;
  return (
    <button type="button" id="sign-out" class="quiet" aria-label={title} title={title} onClick={logout}>
      <Icon name="leave" />
    </button>
  );
}

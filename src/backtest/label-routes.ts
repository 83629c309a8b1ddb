import { z } from 'zod';
import { type Route, route } from '../http/route.js';
import { SIGNAL_CLASSES } from '../model/vocabulary.js';
import { DeadairError } from '../platform/errors.js';
import { ecsLine } from '../records/ecs.js';
import type { Store } from '../store/store.js';
import { placeOf } from '../web/api/lines.js';
import { type Lesson, learn, type Taught } from './learn.js';
import { BacktestReply, type BacktestRoutesDeps, tryRule } from './routes.js';
import { TAUGHT_PACK, type TaughtRules } from './taught.js';

export interface LabelRoutesDeps extends BacktestRoutesDeps {
  store: Pick<Store, 'search' | 'context'>;
  taught: Pick<TaughtRules, 'all' | 'pack' | 'keep'>;
}

const LabelBody = z.strictObject({
  id: z.string().max(100).describe('event.id of the line'),
  class: z.enum(SIGNAL_CLASSES).describe('What it means'),
  everywhere: z
    .boolean()
    .default(false)
    .describe('For the lines of every program, not only of the one that wrote this line'),
});

const TaughtReply = z.object({
  rule: z.string().describe('pack/rule'),
  program: z.string().nullable().describe('Whose lines it holds for; null: everybody’s'),
  pattern: z.string(),
  text: z.string().describe('The pack with the rule in it, as YAML'),
});

/** `POST /v1/lines/label` shows the rule that a line's meaning would become, `…/keep` judges with it from now on. */
export function labelRoutes(deps: LabelRoutesDeps): Route[] {
  const { store, taught } = deps;
  const lessonOf = async (body: z.output<typeof LabelBody>, signal: AbortSignal): Promise<Lesson> => {
    const page = await store.context({ ...placeOf(body.id), before: 0, after: 0 }, signal);
    const row = page.rows[page.at];
    if (row === undefined)
      throw new DeadairError('not-found', `There is no line ${body.id}; retention may have taken it.`, {
        subject: 'id',
      });
    const line = ecsLine(row);
    return {
      message: line.message,
      path: line.log.file.path,
      agent: line.agent.id,
      label: body.class,
      everywhere: body.everywhere,
    };
  };
  const others = () => taught.all().filter(({ pack }) => pack !== TAUGHT_PACK);
  return [
    route({
      method: 'post',
      path: '/v1/lines/label',
      summary: 'Which rule a line’s meaning would become, and what it would change in stored lines',
      description: 'What varies in the line becomes a placeholder. Nothing is kept or sent.',
      tag: 'rules',
      auth: 'read',
      body: LabelBody.extend({
        from: z.string().max(100).default('1d').describe('Tried on the lines since: 15m, 16:58, yesterday'),
      }),
      reply: TaughtReply.extend({ effect: BacktestReply }),
      async handler({ body, signal }) {
        const made = learn(await lessonOf(body, signal), others(), taught.pack());
        const rule = { kind: 'pack' as const, name: `${TAUGHT_PACK}.yaml`, text: made.text };
        const effect = await tryRule(deps, { rule, from: body.from }, signal, made.rule);
        return { ...replyOf(made), effect };
      },
    }),
    route({
      method: 'post',
      path: '/v1/lines/label/keep',
      summary: 'Keeps the rule that a line’s meaning becomes; lines that come are judged with it',
      description:
        'It stands in taught-rules.yaml of the service’s data directory. Lines that are stored keep what they were judged. Where several services share a store, each has its own.',
      tag: 'rules',
      auth: 'write',
      body: LabelBody,
      reply: TaughtReply.extend({ file: z.string().describe('On the service’s host') }),
      async handler({ body, signal }) {
        const lesson = await lessonOf(body, signal);
        const { taught: made, file } = await taught.keep(existing => learn(lesson, others(), existing));
        return { ...replyOf(made), file };
      },
    }),
  ];
}

function replyOf({ rule, program, pack, text }: Taught): z.input<typeof TaughtReply> {
  return { rule, program: program ?? null, pattern: pack.rules.at(-1)!.pattern!, text };
}

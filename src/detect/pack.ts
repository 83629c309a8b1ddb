import { z } from 'zod';
import { SIGNAL_CLASSES } from '../model/vocabulary.js';
import { PROGRAM_EVENTS } from './events.js';

/**
 * A rule pack is a YAML file in src/detect/packs (or named in deadair.yaml under `detect.packs`): what one kind of
 * program prints and what it means. Every rule carries lines that must and must not match; `deadair rules test` and
 * `npm test` run them.
 */
export const Rule = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    /** The signal; absent or `none` for a rule that only gives an event or only vetoes. */
    class: z.enum(SIGNAL_CLASSES).optional(),
    event: z.enum(PROGRAM_EVENTS).optional(),
    /** Literal texts, any of which must be in the line (any case); cheap. */
    phrases: z.array(z.string().min(3)).optional(),
    /**
     * A regular expression (RE2 syntax: no look-around, no back-references) on the line, ANSI stripped, any case. Named
     * groups become fields. `{{name}}` stands for a list of `words`. Where phrases are given too, both must be found.
     */
    pattern: z.string().optional(),
    /** Patterns that the line must hold as well, anywhere. */
    also: z.array(z.string()).optional(),
    caseSensitive: z.boolean().optional(),
    /** Look-alikes: the rule does not apply to a line that holds one of these patterns. */
    unless: z.array(z.string()).optional(),
    /**
     * A sentence in prose rather than a program's exact phrase: it does not count where the line's structure says that
     * nothing happened (negated, conditional, a setting, a counter, code; see detect/structure).
     */
    prose: z.boolean().optional(),
    /**
     * The line's words name why something failed, not only that it did: of several rules that match, the innermost cause
     * gives the class, whatever verb or state stands before it (see causes.ts). `weak`: a time-out told in general words,
     * which stands behind what the system itself said.
     */
    cause: z.enum(['strong', 'weak']).optional(),
    /** Only for lines of this program (`programs` of a pack); of a pack's `of`, if absent. `anybody`: holds for all. */
    of: z.string().optional(),
    /**
     * How far a rule that only vetoes reaches: over the whole line, or (`words`) only over what shares words with its match
     * and over verbs and states that name no cause. A job beside the cause is not what failed.
     */
    reach: z.enum(['line', 'words']).optional(),
    /** Whom the line speaks of, where that is not the peer it names: the writer itself (its own link, its own end). */
    about: z.enum(['peer', 'self']).optional(),
    /**
     * The program itself says that it lost a member or ends of a fault: one such line of it is an incident, whatever its level.
     */
    decisive: z.boolean().optional(),
    /**
     * Higher wins when several rules match one line; default 0, as programs' packs use. The generic packs use negative
     * ones (look-alikes as class `none` above what they veto), so that a program's own rules always win. See LAST_RESORT.
     */
    priority: z.int().optional(),
    /** What it means and where the phrase comes from (source file, version). */
    note: z.string().optional(),
    samples: z.strictObject({ match: z.array(z.string()).min(1), not: z.array(z.string()).default([]) }),
  })
  .refine(rule => rule.phrases?.length || rule.pattern, 'a rule needs phrases or a pattern');
export type Rule = z.infer<typeof Rule>;

/**
 * Rules of this priority or a lower one know a word and no sentence. It counts where no other rule decides and it stands in none of
 * the places that are harmless for words (detect/structure/places.ts); what they mark makes no incident by itself (decision 0027).
 */
export const LAST_RESORT = -90;

export const Pack = z.strictObject({
  pack: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  title: z.string(),
  /** Where the phrases were read: repositories, versions, documents. */
  source: z.string().optional(),
  /** How the program behaves, for the incident engine: which silences are normal, how long its timers are. */
  behaviour: z
    .strictObject({
      /** Seconds of silence that mean nothing in each phase; absent: silence is normal there. */
      silence: z.partialRecord(z.enum(['idle', 'starting', 'waiting', 'working']), z.number()).optional(),
      /** Seconds after which the program itself notices a peer that does not answer (keepalive + time-out). */
      peerTimeoutSeconds: z.number().optional(),
      /** A loss within this many seconds of the last sign of life is a crash or reset, later: unresponsive. */
      resetWithinSeconds: z.number().optional(),
      /** Seconds within which an agent answers when a run starts, or never will. */
      readyWithinSeconds: z.number().optional(),
      /** The controller reports an agent as late after so many seconds without an update. */
      lateAfterSeconds: z.number().optional(),
      /** Period of the controller's signs of life of each agent (`agent.alive`), where it prints them. */
      aliveSeconds: z.number().optional(),
      /** Seconds the controller waits for answers when it tells the agents to stop. */
      abortSeconds: z.number().optional(),
      /** Seconds an agent may work on past the announced duration. */
      drainSeconds: z.number().optional(),
      /** How the controller names agents that were not named for it: `{n}` counts from 1. */
      agentNames: z.string().optional(),
      controllerFiles: z.array(z.string()).optional(),
      defaultPort: z.int().optional(),
      /** Settings of the program worth a look, by incident kind: shown in the post-mortem. */
      settings: z.record(z.string(), z.array(z.string())).optional(),
    })
    .optional(),
  /**
   * Programs and how their lines and logs are told from others: `marks` are patterns of what only they print, `names` words
   * of their process, image or log file.
   */
  programs: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
      z.strictObject({ marks: z.array(z.string()).optional(), names: z.array(z.string().min(2)).optional() }),
    )
    .optional(),
  /** The program that the pack's rules speak for; absent: they hold for anybody. */
  of: z.string().optional(),
  /**
   * Codes by family, each with number, name and class. Patterns refer to a family's names as `{{errno_timeout}}` and to its
   * numbers as `{{errno_timeout_numbers}}`.
   */
  codes: z
    .record(
      z.string().regex(/^[a-z][a-z0-9]*$/),
      z.array(z.tuple([z.union([z.int(), z.null()]), z.string().min(3), z.enum(SIGNAL_CLASSES)])),
    )
    .optional(),
  /** Alternatives by name, for `{{name}}` in patterns of this pack (those of the built-in packs are known to all). */
  words: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.array(z.string()).min(1)).optional(),
  rules: z.array(Rule).min(1),
});
export type Pack = z.infer<typeof Pack>;

/** A pack with the file it was read from, for messages. */
export interface LoadedPack extends Pack {
  file: string;
}

import { existsSync } from 'node:fs';

/**
 * The rule packs a command uses besides the built-in ones: those of the settings (`detect.packs` of deadair.yaml or
 * DEADAIR_CONFIG) and what the service there was taught, so that a command judges lines as the service does, and those named on its command line.
 * @throws ConfigError where the settings are wrong
 */
export async function ownPacks(named: readonly string[] = []): Promise<string[]> {
  // Reading settings takes a while; most commands run where there are none.
  if (!process.env.DEADAIR_CONFIG && !existsSync('deadair.yaml')) return [...named];
  const [{ loadConfig }, { packFiles }] = await Promise.all([
    import('../config/load.js'),
    import('../backtest/taught.js'),
  ]);
  const { detect, data } = loadConfig().settings;
  return [...new Set([...packFiles(detect.packs, data), ...named])];
}

/** `detect.programs` of the settings: which program wrote which log. */
export async function ownPrograms(): Promise<Readonly<Record<string, string>>> {
  if (!process.env.DEADAIR_CONFIG && !existsSync('deadair.yaml')) return {};
  const { loadConfig } = await import('../config/load.js');
  return loadConfig().settings.detect.programs;
}

import type { Incident } from '../model/incident.js';
import { defined } from '../platform/defined.js';
import type { HostWatch } from './hosts.js';
import type { Ledger } from './ledger.js';
import type { Names } from './names.js';
import type { EngineSettings } from './settings.js';

/** More places than these nobody reads in a message. */
const PLACES_TOLD = 12;

/** Who knows where somebody is. */
export interface Whereabouts {
  ledger: Ledger;
  hosts: HostWatch;
  names: Names;
  settings: EngineSettings;
}

/** Says where the subjects are: who reads an alert has to go there. @returns the same incident */
export function placeSubjects(incident: Incident, { ledger, hosts, names, settings }: Whereabouts): Incident {
  const places = incident.subjects.slice(0, PLACES_TOLD).flatMap(subject => {
    const run =
      subject === 'controller' ? ledger.runs.find(({ run: { id } }) => id === incident.run) : undefined;
    const agent = run?.run.controller ?? subject;
    const host = hosts.agents[agent]?.host ?? ledger.agents[agent]?.host;
    const address = settings.agents.find(({ id }) => id === agent)?.address ?? names.addressOf(agent);
    return host === undefined && address === undefined
      ? []
      : [{ agent: subject, ...defined({ host, address }) }];
  });
  if (places.length > 0) incident.places = places;
  return incident;
}

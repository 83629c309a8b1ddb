import type { Routes } from './generated.js';

/** Names for the parts of the generated shapes that the page speaks of. */
export type Query<R extends keyof Routes> = Routes[R]['query'];
export type Body<R extends keyof Routes> = Routes[R]['body'];
export type Reply<R extends keyof Routes> = Routes[R]['reply'];

export type LineRecord = Reply<'GET /v1/search'>['records'][number];
export type Histogram = Reply<'GET /v1/histogram'>;
export type ContextPage = Reply<'GET /v1/context'>;
export type Incident = Reply<'GET /v1/incidents/{id}'>;
export type Evidence = Incident['evidence'][number];
export type Run = Reply<'GET /v1/runs/{run}'>;
export type OverviewChange = Reply<'GET /v1/overview'>;
type Lists = Required<OverviewChange['set']>;
export type Agent = Lists['agents'][number];
export type Life = Lists['life'][number];
export type IncidentHead = Lists['incidents'][number];
export type StoreHead = Lists['store'][number];
export type ServiceHead = Lists['service'][number];
export type Lanes = Reply<'GET /v1/lanes'>;
export type Lane = Lanes['lanes'][number];

/**
 * The HTTP API's shapes, made from its OpenAPI description by `npm run docs:reference`; never edited by hand. A test compares.
 */

export type Error = {
  error: {
    code: "config.invalid" | "config.unreadable" | "usage.invalid" | "query.invalid" | "rules.invalid" | "request.invalid" | "request.version" | "request.encoding" | "request.too-large" | "auth.missing" | "auth.wrong" | "auth.scope" | "request.cross-site" | "request.timeout" | "capsule.damaged" | "capsule.version" | "capsule.too-large" | "not-found" | "conflict" | "busy" | "names.too-many" | "unavailable" | "store.full" | "store.read-only" | "store.gone" | "store.locked" | "store.damaged" | "store.version" | "limits.open-files" | "watch.unreadable" | "port.taken" | "query.timeout" | "remote.failed" | "internal";
    message: string;
    subject?: string;
    column?: number;
  };
};

export interface Routes {
  'POST /v1/ranges': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      version: number;
      outcomes: {
        source: string;
        position: number;
        status: "stored" | "duplicate" | "gap";
      }[];
      now: number;
    };
  };
  'POST /v1/positions': {
    query: Record<never, never>;
    body: {
      version: number;
      host: string;
      collector: string;
    };
    reply: {
      version: number;
      now: number;
      sources: {
        id: string;
        agent: string;
        host: string;
        path: string;
        head: {
          length: number;
          hash: string;
        };
        inode?: string;
        device?: string;
        compression?: "gzip" | "zstd";
        start?: number;
        encoding?: string;
        position: number;
        tail?: {
          length: number;
          hash: string;
        };
        ended: boolean;
        quietMs?: number;
      }[];
      encodings: ("zstd" | "br" | "gzip" | "identity")[];
      maxBodyBytes: number;
      maxRawBytes: number;
      batchBytes?: number;
      heartbeatSeconds: number;
    };
  };
  'POST /v1/heartbeat': {
    query: Record<never, never>;
    body: {
      version: number;
      collector: string;
      host: string;
      agents: string[];
      sentAt: number;
      roundTrip?: {
        serverNow: number;
        sentAt: number;
        receivedAt: number;
      };
      bootId?: string;
      addresses?: string[];
      program: string;
      startedAt: number;
      files: {
        path: string;
        agent: string;
        source?: string;
        size: number;
        position: number;
        mtime: number;
        error: string | null;
        writers?: {
          pid: number;
          name: string;
          state: string;
          startedAt?: number;
          blocked?: {
            threads: number;
            ms: number;
          };
        }[];
        programs?: {
          pid: number;
          name: string;
          state: string;
          startedAt?: number;
          blocked?: {
            threads: number;
            ms: number;
          };
        }[];
        listens?: {
          address: string;
          port: number;
          used?: true;
        }[];
      }[];
      diskFree: number | null;
      writable?: boolean;
      ports?: {
        port: number;
        listening: boolean;
        process?: {
          pid: number;
          name: string;
          state: string;
          startedAt?: number;
          blocked?: {
            threads: number;
            ms: number;
          };
        };
      }[];
      trouble?: {
        kind: string;
        message: string;
      };
      unread?: {
        path: string;
        why: string;
      }[];
      undelivered?: {
        since: number;
        error: string;
      };
      goodbye?: {
        reason: string;
      };
    };
    reply: {
      version: number;
      now: number;
      heartbeatSeconds: number;
    };
  };
  'GET /v1/sources': {
    query: { agent?: string; host?: string; limit?: number; cursor?: string; };
    body: undefined;
    reply: {
      sources: {
        /** One file generation */
        source: string;
        agent: string;
        host: string;
        path: string;
        /** As its collector last saw it */
        size: number | null;
        /** Every byte before it is stored, skipped on purpose, or in a named gap */
        acknowledged: number;
        /** Bytes its collector sees and the store has not yet */
        behind: number | null;
        /** Bytes before the place following began */
        skipped: number;
        stored: number;
        /** Bytes in named gaps of known size */
        missing: number;
        gaps: {
          from: number;
          to: number | null;
          reason: "truncated-before-read" | "deleted-before-read" | "rotated-away" | "unreadable" | "collector-limit" | "rewritten" | "unseen";
          at: string;
        }[];
        lines: number;
        ended: {
          at: number;
          reason: string;
        } | null;
      }[];
      /** Absent on the last page */
      cursor?: string;
    };
  };
  'GET /v1/status': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      version: string;
      now: string;
      startedAt: string;
      agents: {
        id: string;
        host: string;
        /** live: lines now; quiet: heartbeat only; late, silent: neither; lost: see its incident; stopped: in good order */
        state: "live" | "quiet" | "late" | "silent" | "lost" | "ended" | "stopped" | "unknown";
        phase: string | null;
        lastLineAt: string | null;
        lastHeartbeatAt: string | null;
        /** Seen by its collector and not yet delivered */
        lagBytes: number | null;
        /** Host's clock minus the service's */
        clockOffsetMs: number | null;
        clockUncertaintyMs: number | null;
        /** Byte ranges that could not be had */
        gaps: number;
        lines: number;
        files: {
          path: string;
          size: number;
          position: number;
          error: string | null;
        }[];
        /** Open incidents about it */
        incidents: string[];
        /** Why nothing is had of it, and what to do */
        trouble: string | null;
      }[];
      hosts: {
        host: string;
        agents: string[];
        program: string;
        lastHeartbeatAt: string;
        goodbyeAt: string | null;
        diskFree: number | null;
        /** Why a host that is pulled from can not be reached, read or trusted, and what to do */
        trouble?: {
          kind: string;
          message: string;
        };
        /** What the settings of its collector name and nobody reads: folders, patterns that fit nothing */
        unread?: {
          path: string;
          why: string;
        }[];
        /** Its collector beats, and no line can be delivered since then */
        undelivered?: {
          since: string;
          error: string;
        };
      }[];
      /** The open ones, newest first */
      incidents: {
        id: string;
        kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
        subjects: string[];
        cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
        severity: "info" | "warning" | "critical";
        run: string | null;
        /** When the fault began, as far as evidence tells */
        startedAt: string;
        /** When it could be known */
        openedAt: string;
        resolvedAt: string | null;
        /** One sentence */
        explanation: string;
        evidence: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
        /** What others logged because of it */
        consequences: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
      }[];
      /** The newest named gaps; all are in /v1/sources */
      missing: {
        agent: string;
        host: string;
        path: string;
        from: number;
        /** null: how many bytes is not known */
        to: number | null;
        reason: "truncated-before-read" | "deleted-before-read" | "rotated-away" | "unreadable" | "collector-limit" | "rewritten" | "unseen";
        at: string;
      }[];
      /** The newest few */
      runs: {
        id: string;
        name: string;
        startedAt: string;
        endedAt: string | null;
        outcome: "completed" | "failed" | "interrupted" | "lost" | null;
        startedBy: "pack" | "run-command" | "hand";
        controller: string | null;
        agents: string[];
        /** How many agents its controller says there are */
        announced?: number;
        pinned: boolean;
        /** How many belong to it */
        incidents: number;
      }[];
      store: {
        kind: "embedded" | "elasticsearch";
        lines: number;
        bytes: number;
        rawBytes: number;
        oldest: string | null;
        newest: string | null;
        diskFree: number | null;
        damaged: {
          file: string;
          reason: string;
        }[];
        /** About its room: limits that are or will soon be met */
        warnings: string[];
      };
      watching: string[];
      /** There are ways into Kibana: /v1/kibana/line, incident, run */
      kibana: boolean;
    };
  };
  'GET /v1/agents': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      agents: {
        id: string;
        host: string;
        /** live: lines now; quiet: heartbeat only; late, silent: neither; lost: see its incident; stopped: in good order */
        state: "live" | "quiet" | "late" | "silent" | "lost" | "ended" | "stopped" | "unknown";
        phase: string | null;
        lastLineAt: string | null;
        lastHeartbeatAt: string | null;
        /** Seen by its collector and not yet delivered */
        lagBytes: number | null;
        /** Host's clock minus the service's */
        clockOffsetMs: number | null;
        clockUncertaintyMs: number | null;
        /** Byte ranges that could not be had */
        gaps: number;
        lines: number;
        files: {
          path: string;
          size: number;
          position: number;
          error: string | null;
        }[];
        /** Open incidents about it */
        incidents: string[];
        /** Why nothing is had of it, and what to do */
        trouble: string | null;
      }[];
    };
  };
  'GET /v1/overview': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      now: string;
      /** What was known before is not to be kept */
      reset: boolean;
      set: {
        service?: {
          id: "service";
          version: string;
          startedAt: string;
          watching: string[];
          kibana: boolean;
        }[];
        store?: {
          id: "store";
          kind: "embedded" | "elasticsearch";
          lines: number;
          bytes: number;
          rawBytes: number;
          oldest: string | null;
          newest: string | null;
          diskFree: number | null;
          damaged: {
            file: string;
            reason: string;
          }[];
          /** About its room: limits that are or will soon be met */
          warnings: string[];
        }[];
        agents?: {
          id: string;
          host: string;
          state: "live" | "quiet" | "late" | "silent" | "lost" | "ended" | "stopped" | "unknown";
          phase: string | null;
          gaps: number;
          clockOffsetMs: number | null;
          clockUncertaintyMs: number | null;
          files: {
            path: string;
            error: string | null;
          }[];
          /** Open incidents about it */
          incidents: string[];
          /** Why nothing is had of it, and what to do */
          trouble: string | null;
        }[];
        life?: {
          id: string;
          /** Time of the last line, ms since the epoch */
          line: number | null;
          heartbeat: number | null;
          /** Bytes its collector has seen and not yet delivered */
          lag: number | null;
          lines: number;
        }[];
        /** Open ones and the newest that are over, newest first */
        incidents?: {
          id: string;
          kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
          subjects: string[];
          cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
          severity: "info" | "warning" | "critical";
          run: string | null;
          /** When the fault began, as far as evidence tells */
          startedAt: string;
          /** When it could be known */
          openedAt: string;
          resolvedAt: string | null;
          /** One sentence */
          explanation: string;
          /** Lines and observations it rests on */
          evidence: number;
          consequences: number;
          acknowledged: {
            by: string;
            at: string;
          } | null;
          notes: number;
        }[];
        /** The newest few */
        runs?: {
          id: string;
          name: string;
          startedAt: string;
          endedAt: string | null;
          outcome: "completed" | "failed" | "interrupted" | "lost" | null;
          startedBy: "pack" | "run-command" | "hand";
          controller: string | null;
          agents: string[];
          /** How many agents its controller says there are */
          announced?: number;
          pinned: boolean;
          /** How many belong to it */
          incidents: number;
        }[];
      };
      gone: Partial<Record<"service" | "store" | "agents" | "life" | "incidents" | "runs", string[]>>;
    };
  };
  'GET /v1/events': {
    query: { after?: string; };
    body: undefined;
    reply: undefined;
  };
  'GET /v1/search': {
    query: { q?: string; agent?: string[]; level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal"; class?: ("none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered" | "fault")[]; from?: string; to?: string; order?: "newest" | "oldest"; limit?: number; cursor?: string; cut?: number; };
    body: undefined;
    reply: {
      records: {
        /** The line's own time where it has one (see deadair.timeKind), RFC 3339, UTC */
        '@timestamp': string;
        /** Without colours, timestamp and level */
        message: string;
        event: {
          /** SOURCE:OFFSET, stable for ever */
          id: string;
          /** When the collector read it */
          created: string;
          /** When the service stored it */
          ingested: string;
          /** Commit */
          sequence: number;
        };
        host: {
          name: string;
        };
        agent: {
          id: string;
        };
        log: {
          level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
          file: {
            path: string;
          };
        };
        deadair: {
          raw: string;
          source: string;
          offset: number;
          length: number;
          class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
          rule?: string;
          event?: string;
          timeKind: "own" | "inherited" | "observed";
          flags?: string[];
          run?: string[];
        };
      }[];
      /** Absent on the last page */
      cursor?: string;
      /** Set where the time for a page was over before it was full: event time up to which was looked; the cursor goes on there */
      lookedTo?: string;
    };
  };
  'POST /v1/search': {
    query: Record<never, never>;
    body: {
      /** Query, such as: level>=warn "connection reset" -heartbeat */
      q?: string;
      /** Only these agents; beside the query, so that its columns stay true */
      agent?: string | string[];
      /** This level and worse */
      level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
      /** Only these signal classes; `fault` is all but none and recovered */
      class?: string | string[];
      /** Beginning, as people type it: 15m, 16:58, 2026-11-23T16:58, run (write "last 15m", "-2h", "today", "16:58", "2026-11-23T16:58", "A to B", "since A", "before B" or "since run start") */
      from?: string;
      /** End, exclusive; the same forms; absent: until now */
      to?: string;
      /** By event time */
      order?: "newest" | "oldest";
      limit?: number;
      /** From the page before */
      cursor?: string;
      /** Of longer lines only so many characters; deadair.length is the whole in bytes */
      cut?: number;
    };
    reply: {
      records: {
        /** The line's own time where it has one (see deadair.timeKind), RFC 3339, UTC */
        '@timestamp': string;
        /** Without colours, timestamp and level */
        message: string;
        event: {
          /** SOURCE:OFFSET, stable for ever */
          id: string;
          /** When the collector read it */
          created: string;
          /** When the service stored it */
          ingested: string;
          /** Commit */
          sequence: number;
        };
        host: {
          name: string;
        };
        agent: {
          id: string;
        };
        log: {
          level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
          file: {
            path: string;
          };
        };
        deadair: {
          raw: string;
          source: string;
          offset: number;
          length: number;
          class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
          rule?: string;
          event?: string;
          timeKind: "own" | "inherited" | "observed";
          flags?: string[];
          run?: string[];
        };
      }[];
      /** Absent on the last page */
      cursor?: string;
      /** Set where the time for a page was over before it was full: event time up to which was looked; the cursor goes on there */
      lookedTo?: string;
    };
  };
  'GET /v1/histogram': {
    query: { q?: string; agent?: string[]; level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal"; class?: ("none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered" | "fault")[]; from?: string; to?: string; by?: "agent" | "level" | "class"; buckets?: number; interval?: number; };
    body: undefined;
    reply: {
      from: string;
      to: string;
      /** ms */
      interval: number;
      total: number;
      series: {
        key: string;
        counts: number[];
      }[];
      /** The time for an answer was over: not every line of this time was looked at; the rest is exact */
      notLooked?: {
        from: string;
        to: string;
      };
    };
  };
  'POST /v1/histogram': {
    query: Record<never, never>;
    body: {
      /** Query, such as: level>=warn "connection reset" -heartbeat */
      q?: string;
      /** Only these agents; beside the query, so that its columns stay true */
      agent?: string | string[];
      /** This level and worse */
      level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
      /** Only these signal classes; `fault` is all but none and recovered */
      class?: string | string[];
      /** Beginning, as people type it: 15m, 16:58, 2026-11-23T16:58, run (write "last 15m", "-2h", "today", "16:58", "2026-11-23T16:58", "A to B", "since A", "before B" or "since run start") */
      from?: string;
      /** End, exclusive; the same forms; absent: until now */
      to?: string;
      /** One series for each */
      by?: "agent" | "level" | "class";
      /** About so many; the width is a round one */
      buckets?: number;
      /** Width of a bucket in ms, instead of `buckets` */
      interval?: number;
    };
    reply: {
      from: string;
      to: string;
      /** ms */
      interval: number;
      total: number;
      series: {
        key: string;
        counts: number[];
      }[];
      /** The time for an answer was over: not every line of this time was looked at; the rest is exact */
      notLooked?: {
        from: string;
        to: string;
      };
    };
  };
  'GET /v1/context': {
    query: { id: string; before?: number; after?: number; };
    body: undefined;
    reply: {
      records: {
        /** The line's own time where it has one (see deadair.timeKind), RFC 3339, UTC */
        '@timestamp': string;
        /** Without colours, timestamp and level */
        message: string;
        event: {
          /** SOURCE:OFFSET, stable for ever */
          id: string;
          /** When the collector read it */
          created: string;
          /** When the service stored it */
          ingested: string;
          /** Commit */
          sequence: number;
        };
        host: {
          name: string;
        };
        agent: {
          id: string;
        };
        log: {
          level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
          file: {
            path: string;
          };
        };
        deadair: {
          raw: string;
          source: string;
          offset: number;
          length: number;
          class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
          rule?: string;
          event?: string;
          timeKind: "own" | "inherited" | "observed";
          flags?: string[];
          run?: string[];
        };
      }[];
      /** Which of them is the line */
      at: number;
    };
  };
  'GET /v1/facets': {
    query: { q?: string; agent?: string[]; level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal"; class?: ("none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered" | "fault")[]; from?: string; to?: string; limit?: number; };
    body: undefined;
    reply: {
      facets: {
        field: string;
        /** Most frequent first */
        values: {
          value: string;
          count: number;
        }[];
        /** How many values there are */
        distinct: number;
        /** Of so many of the newest lines; null: of all */
        sampled: number | null;
      }[];
    };
  };
  'POST /v1/facets': {
    query: Record<never, never>;
    body: {
      /** Query, such as: level>=warn "connection reset" -heartbeat */
      q?: string;
      /** Only these agents; beside the query, so that its columns stay true */
      agent?: string | string[];
      /** This level and worse */
      level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
      /** Only these signal classes; `fault` is all but none and recovered */
      class?: string | string[];
      /** Beginning, as people type it: 15m, 16:58, 2026-11-23T16:58, run (write "last 15m", "-2h", "today", "16:58", "2026-11-23T16:58", "A to B", "since A", "before B" or "since run start") */
      from?: string;
      /** End, exclusive; the same forms; absent: until now */
      to?: string;
      /** Values of each field */
      limit?: number;
    };
    reply: {
      facets: {
        field: string;
        /** Most frequent first */
        values: {
          value: string;
          count: number;
        }[];
        /** How many values there are */
        distinct: number;
        /** Of so many of the newest lines; null: of all */
        sampled: number | null;
      }[];
    };
  };
  'GET /v1/fields': {
    query: { id: string; };
    body: undefined;
    reply: {
      fields: {
        name: string;
        value: string;
      }[];
    };
  };
  'GET /v1/tail': {
    query: { q?: string; agent?: string[]; level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal"; class?: ("none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered" | "fault")[]; from?: string; to?: string; after?: number; behind?: number; every?: number; newest?: number; cut?: number; };
    body: undefined;
    reply: undefined;
  };
  'POST /v1/tail': {
    query: Record<never, never>;
    body: {
      /** Query, such as: level>=warn "connection reset" -heartbeat */
      q?: string;
      /** Only these agents; beside the query, so that its columns stay true */
      agent?: string | string[];
      /** This level and worse */
      level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
      /** Only these signal classes; `fault` is all but none and recovered */
      class?: string | string[];
      /** Beginning, as people type it: 15m, 16:58, 2026-11-23T16:58, run (write "last 15m", "-2h", "today", "16:58", "2026-11-23T16:58", "A to B", "since A", "before B" or "since run start") */
      from?: string;
      /** End, exclusive; the same forms; absent: until now */
      to?: string;
      /** Last commit seen; absent: only new lines */
      after?: number;
      /** Lines one may fall behind before older ones are skipped */
      behind?: number;
      /** At most one event in so many ms */
      every?: number;
      /** Of what came since the last event only so many of the newest; `skipped` tells of the others */
      newest?: number;
      /** Of longer lines only so many characters; deadair.length is the whole in bytes */
      cut?: number;
    };
    reply: undefined;
  };
  'GET /v1/incidents': {
    query: { state?: "open" | "resolved" | "all"; run?: string; agent?: string; limit?: number; };
    body: undefined;
    reply: {
      incidents: {
        id: string;
        kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
        subjects: string[];
        cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
        severity: "info" | "warning" | "critical";
        run: string | null;
        /** When the fault began, as far as evidence tells */
        startedAt: string;
        /** When it could be known */
        openedAt: string;
        resolvedAt: string | null;
        /** One sentence */
        explanation: string;
        evidence: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
        /** What others logged because of it */
        consequences: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
      }[];
    };
  };
  'GET /v1/incidents/{id}': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      id: string;
      kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
      subjects: string[];
      cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
      severity: "info" | "warning" | "critical";
      run: string | null;
      /** When the fault began, as far as evidence tells */
      startedAt: string;
      /** When it could be known */
      openedAt: string;
      resolvedAt: string | null;
      /** One sentence */
      explanation: string;
      evidence: {
        at: string;
        /** Agent, `controller`, or `deadair` for its own observations */
        by: string;
        role: "cause" | "symptom" | "consequence" | "recovery";
        text: string;
        /** event.id of the line */
        record?: string;
        path?: string;
        rule?: string;
      }[];
      /** What others logged because of it */
      consequences: {
        at: string;
        /** Agent, `controller`, or `deadair` for its own observations */
        by: string;
        role: "cause" | "symptom" | "consequence" | "recovery";
        text: string;
        /** event.id of the line */
        record?: string;
        path?: string;
        rule?: string;
      }[];
      /** Lines out of the ordinary around it: weak evidence that raises no alarm by itself */
      unusual: {
        why: "new" | "burst" | "unlike-siblings";
        at: string;
        agent: string | null;
        count: number;
        template: string;
        example: string;
        sentence: string;
      }[];
      care: {
        /** Somebody looks at it */
        acknowledged: {
          by: string;
          at: string;
        } | null;
        /** Somebody said that it is over */
        closed: {
          by: string;
          at: string;
        } | null;
        /** Oldest first */
        notes: {
          by: string;
          at: string;
          text: string;
        }[];
      };
      /** What to do about it */
      advice: string | null;
    };
  };
  'GET /v1/patterns': {
    query: { q?: string; agent?: string[]; level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal"; class?: ("none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered" | "fault")[]; from?: string; to?: string; run?: string; new?: "true" | "false"; rare?: "true" | "false"; limit?: number; };
    body: undefined;
    reply: {
      /** Lines that match */
      lines: number;
      /** Templates they have */
      total: number;
      /** Most frequent first; with `new` those only, worst first */
      patterns: {
        /** The same for the same template everywhere */
        id: string;
        /** The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> … */
        template: string;
        /** The worst among its lines */
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        /** The earliest line, without time and level */
        example: string;
        count: number;
        first: string;
        last: string;
        /** Lines of each agent */
        agents: Record<string, number>;
        /** No healthy run had it; null: no healthy run is known */
        new: boolean | null;
      }[];
      /** Runs that `new` was decided by */
      healthyRuns: number;
      /** Too many kinds of lines: those beyond the limit are told by their first words */
      cut: boolean;
      /** The time for an answer was over: not every line of this time was looked at; the rest is exact */
      notLooked?: {
        from: string;
        to: string;
      };
    };
  };
  'POST /v1/patterns': {
    query: Record<never, never>;
    body: {
      /** Query, such as: level>=warn "connection reset" -heartbeat */
      q?: string;
      /** Only these agents; beside the query, so that its columns stay true */
      agent?: string | string[];
      /** This level and worse */
      level?: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
      /** Only these signal classes; `fault` is all but none and recovered */
      class?: string | string[];
      /** Beginning, as people type it: 15m, 16:58, 2026-11-23T16:58, run (write "last 15m", "-2h", "today", "16:58", "2026-11-23T16:58", "A to B", "since A", "before B" or "since run start") */
      from?: string;
      /** End, exclusive; the same forms; absent: until now */
      to?: string;
      /** Only the lines of a run: id, name (the newest of that name), `latest`, or `NAME~1` for the one before it */
      run?: string;
      /** Only those that no healthy run had */
      new?: "true" | "false";
      /** Rarest first */
      rare?: "true" | "false";
      limit?: number;
    };
    reply: {
      /** Lines that match */
      lines: number;
      /** Templates they have */
      total: number;
      /** Most frequent first; with `new` those only, worst first */
      patterns: {
        /** The same for the same template everywhere */
        id: string;
        /** The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> … */
        template: string;
        /** The worst among its lines */
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        /** The earliest line, without time and level */
        example: string;
        count: number;
        first: string;
        last: string;
        /** Lines of each agent */
        agents: Record<string, number>;
        /** No healthy run had it; null: no healthy run is known */
        new: boolean | null;
      }[];
      /** Runs that `new` was decided by */
      healthyRuns: number;
      /** Too many kinds of lines: those beyond the limit are told by their first words */
      cut: boolean;
      /** The time for an answer was over: not every line of this time was looked at; the rest is exact */
      notLooked?: {
        from: string;
        to: string;
      };
    };
  };
  'GET /v1/diff': {
    query: { before?: string; now?: string; };
    body: undefined;
    reply: {
      before: {
        id: string;
        name: string;
        startedAt: string;
        lines: number;
        agents: number;
        healthy: boolean;
      };
      now: {
        id: string;
        name: string;
        startedAt: string;
        lines: number;
        agents: number;
        healthy: boolean;
      };
      new: {
        /** The same for the same template everywhere */
        id: string;
        /** The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> … */
        template: string;
        /** The worst among its lines */
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        /** The earliest line, without time and level */
        example: string;
        before: number;
        now: number;
        /** The only host that prints it */
        agent: string | null;
      }[];
      gone: {
        /** The same for the same template everywhere */
        id: string;
        /** The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> … */
        template: string;
        /** The worst among its lines */
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        /** The earliest line, without time and level */
        example: string;
        before: number;
        now: number;
        /** The only host that prints it */
        agent: string | null;
      }[];
      /** Much more or much less often, by count and by rate */
      changed: {
        /** The same for the same template everywhere */
        id: string;
        /** The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> … */
        template: string;
        /** The worst among its lines */
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        /** The earliest line, without time and level */
        example: string;
        before: number;
        now: number;
        /** The only host that prints it */
        agent: string | null;
      }[];
      /** In both runs, but now on one host only */
      oneHost: {
        /** The same for the same template everywhere */
        id: string;
        /** The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> … */
        template: string;
        /** The worst among its lines */
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        /** The earliest line, without time and level */
        example: string;
        before: number;
        now: number;
        /** The only host that prints it */
        agent: string | null;
      }[];
      same: number;
    };
  };
  'GET /v1/runs': {
    query: { limit?: number; };
    body: undefined;
    reply: {
      runs: {
        id: string;
        name: string;
        startedAt: string;
        endedAt: string | null;
        outcome: "completed" | "failed" | "interrupted" | "lost" | null;
        startedBy: "pack" | "run-command" | "hand";
        controller: string | null;
        agents: string[];
        /** How many agents its controller says there are */
        announced?: number;
        pinned: boolean;
        /** How many belong to it */
        incidents: number;
      }[];
    };
  };
  'POST /v1/runs': {
    query: Record<never, never>;
    body: {
      name: string;
    };
    reply: {
      id: string;
      name: string;
      startedAt: string;
      endedAt: string | null;
      outcome: "completed" | "failed" | "interrupted" | "lost" | null;
      startedBy: "pack" | "run-command" | "hand";
      controller: string | null;
      agents: string[];
      /** How many agents its controller says there are */
      announced?: number;
      pinned: boolean;
      /** How many belong to it */
      incidents: number;
    };
  };
  'GET /v1/runs/{run}': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      id: string;
      name: string;
      startedAt: string;
      endedAt: string | null;
      outcome: "completed" | "failed" | "interrupted" | "lost" | null;
      startedBy: "pack" | "run-command" | "hand";
      controller: string | null;
      agents: string[];
      /** How many agents its controller says there are */
      announced?: number;
      pinned: boolean;
      /** How many belong to it */
      incidents: number;
    };
  };
  'POST /v1/runs/{run}/stop': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      id: string;
      name: string;
      startedAt: string;
      endedAt: string | null;
      outcome: "completed" | "failed" | "interrupted" | "lost" | null;
      startedBy: "pack" | "run-command" | "hand";
      controller: string | null;
      agents: string[];
      /** How many agents its controller says there are */
      announced?: number;
      pinned: boolean;
      /** How many belong to it */
      incidents: number;
    };
  };
  'POST /v1/runs/{run}/pin': {
    query: Record<never, never>;
    body: {
      pinned?: boolean;
    };
    reply: {
      id: string;
      name: string;
      startedAt: string;
      endedAt: string | null;
      outcome: "completed" | "failed" | "interrupted" | "lost" | null;
      startedBy: "pack" | "run-command" | "hand";
      controller: string | null;
      agents: string[];
      /** How many agents its controller says there are */
      announced?: number;
      pinned: boolean;
      /** How many belong to it */
      incidents: number;
    };
  };
  'GET /v1/marks': {
    query: { after?: number; from?: string; to?: string; agent?: string; class?: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered"; event?: "run.started" | "run.described" | "run.completed" | "run.failed" | "run.interrupted" | "run.waiting" | "run.ready" | "run.startup-timeout" | "run.workload-started" | "agent.address" | "agent.answered" | "agent.failed" | "agent.stream-error" | "agent.connect-failed" | "agent.abort-unreachable" | "agent.late" | "agent.stalled" | "agent.recovered" | "agent.alive" | "agent.clock-offset" | "agent.rejected" | "controller.aborting" | "controller.gave-up" | "process.started" | "process.port-taken" | "process.failed" | "process.panicked" | "process.stopping" | "agent.named" | "agent.idle" | "agent.joined" | "agent.ready" | "agent.started" | "agent.start-failed" | "agent.phase-ended" | "agent.completed" | "agent.errors" | "agent.detail" | "agent.workload-failed" | "agent.aborted" | "agent.start-overdue" | "controller.lost" | "controller.stream-error" | "controller.disconnected" | "controller.goodbye" | "controller.silent"; limit?: number; };
    body: undefined;
    reply: {
      marks: {
        seq: number;
        /** event.id of the line */
        id: string;
        '@timestamp': string;
        agent: string;
        host: string;
        path: string;
        level: "none" | "trace" | "debug" | "info" | "notice" | "warn" | "error" | "fatal";
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        rule: string;
        event?: string;
        fields?: Record<string, string>;
        text: string;
      }[];
    };
  };
  'GET /v1/settings': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      settings: {
        /** As deadair.yaml names it, such as store.retention.maxAge */
        name: string;
        /** In words, without what is secret */
        value: string;
        /** It is the default */
        usual: boolean;
        /** What it does */
        says: string;
      }[];
    };
  };
  'POST /v1/incidents/{id}/acknowledge': {
    query: Record<never, never>;
    body: {
      /** Who says so */
      by?: string;
    };
    reply: {
      /** Somebody looks at it */
      acknowledged: {
        by: string;
        at: string;
      } | null;
      /** Somebody said that it is over */
      closed: {
        by: string;
        at: string;
      } | null;
      /** Oldest first */
      notes: {
        by: string;
        at: string;
        text: string;
      }[];
    };
  };
  'POST /v1/incidents/{id}/notes': {
    query: Record<never, never>;
    body: {
      /** Who says so */
      by?: string;
      text: string;
    };
    reply: {
      /** Somebody looks at it */
      acknowledged: {
        by: string;
        at: string;
      } | null;
      /** Somebody said that it is over */
      closed: {
        by: string;
        at: string;
      } | null;
      /** Oldest first */
      notes: {
        by: string;
        at: string;
        text: string;
      }[];
    };
  };
  'POST /v1/incidents/{id}/close': {
    query: Record<never, never>;
    body: {
      /** Who says so */
      by?: string;
    };
    reply: {
      /** Somebody looks at it */
      acknowledged: {
        by: string;
        at: string;
      } | null;
      /** Somebody said that it is over */
      closed: {
        by: string;
        at: string;
      } | null;
      /** Oldest first */
      notes: {
        by: string;
        at: string;
        text: string;
      }[];
    };
  };
  'GET /v1/alerts': {
    query: { limit?: number; };
    body: undefined;
    reply: {
      notifications: {
        id: string;
        channel: string;
        status: "pending" | "delivered" | "gave-up" | "dropped";
        title: string;
        severity: "info" | "warning" | "critical";
        incidents: string[];
        createdAt: string;
        attempts: number;
        nextAttemptAt?: string;
        endedAt?: string;
        lastError?: string;
      }[];
      channels: {
        name: string;
        kind: string;
        waiting: number;
        lastDeliveredAt?: string;
        lastError?: string;
      }[];
      silences: {
        id: string;
        match: Record<string, unknown>;
        from: string;
        until: string;
        comment: string;
        by: string;
        createdAt: string;
      }[];
    };
  };
  'POST /v1/alerts/test': {
    query: Record<never, never>;
    body: {
      channel: string;
    };
    reply: {
      channel: string;
      kind: string;
      milliseconds: number;
    };
  };
  'GET /v1/alerts/suppressions': {
    query: { incident?: string; agent?: string; run?: string; channel?: string; from?: string; to?: string; limit?: number; };
    body: undefined;
    reply: {
      suppressions: {
        id: string;
        at: string;
        incident: string;
        kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
        subjects: string[];
        run?: string;
        channel?: string;
        change: string;
        reason: string;
        until?: string;
        detail: string;
      }[];
    };
  };
  'GET /v1/alerts/silences': {
    query: { all?: boolean; };
    body: undefined;
    reply: {
      silences: {
        id: string;
        match: Record<string, unknown>;
        from: string;
        until: string;
        comment: string;
        by: string;
        createdAt: string;
      }[];
    };
  };
  'POST /v1/alerts/silences': {
    query: Record<never, never>;
    body: {
      match?: {
        /** At least this severe. */
        severity?: "info" | "warning" | "critical";
        /** Kinds of incidents. */
        kinds?: ("agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable")[];
        /** Agent ids or `controller`, with wildcards. */
        agents?: string[];
        /** Run ids or names, with wildcards. */
        runs?: string[];
        /** One incident's id. */
        incident?: string;
      };
      from?: string;
      until?: string;
      minutes?: number;
      comment?: string;
      by?: string;
    };
    reply: {
      id: string;
      match: Record<string, unknown>;
      from: string;
      until: string;
      comment: string;
      by: string;
      createdAt: string;
    };
  };
  'DELETE /v1/alerts/silences/{id}': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      id: string;
      match: Record<string, unknown>;
      from: string;
      until: string;
      comment: string;
      by: string;
      createdAt: string;
    };
  };
  'POST /v1/rules/backtest': {
    query: Record<never, never>;
    body: {
      rule: {
        kind: "name";
        name: string;
      } | {
        kind: "pack";
        name: string;
        text: string;
      } | {
        kind: "pattern";
        text: string;
        class?: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
      };
      /** The lines of a run: id, name (the newest of that name), `latest`, or `NAME~1` for the one before it */
      run?: string;
      /** Beginning, as in searches: 15m, 16:58, yesterday */
      from?: string;
      to?: string;
    };
    reply: {
      rules: string[];
      from: string;
      to: string;
      lines: number;
      /** Lines the rules decide */
      marked: number;
      /** The first 200 of them */
      marks: {
        id: string;
        at: string;
        agent: string;
        rule: string;
        class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
        event: string | null;
        /** The rule that decides the line without them */
        before: string | null;
        text: string;
      }[];
      /** Lines that meant something and would mean nothing: a rule without a class vetoes */
      silenced: number;
      /** The first 200 of them */
      silent: {
        id: string;
        at: string;
        agent: string;
        before: string;
        text: string;
      }[];
      /** Incidents that would have followed */
      added: {
        id: string;
        kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
        subjects: string[];
        cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
        severity: "info" | "warning" | "critical";
        run: string | null;
        /** When the fault began, as far as evidence tells */
        startedAt: string;
        /** When it could be known */
        openedAt: string;
        resolvedAt: string | null;
        /** One sentence */
        explanation: string;
        evidence: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
        /** What others logged because of it */
        consequences: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
      }[];
      /** Incidents that there would not have been */
      removed: {
        id: string;
        kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
        subjects: string[];
        cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
        severity: "info" | "warning" | "critical";
        run: string | null;
        /** When the fault began, as far as evidence tells */
        startedAt: string;
        /** When it could be known */
        openedAt: string;
        resolvedAt: string | null;
        /** One sentence */
        explanation: string;
        evidence: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
        /** What others logged because of it */
        consequences: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
      }[];
      same: number;
      alerts: {
        at: string;
        change: string;
        headline: string;
        channels: string[];
      }[];
    };
  };
  'POST /v1/lines/label': {
    query: Record<never, never>;
    body: {
      /** event.id of the line */
      id: string;
      /** What it means */
      class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
      /** For the lines of every program, not only of the one that wrote this line */
      everywhere?: boolean;
      /** Tried on the lines since: 15m, 16:58, yesterday */
      from?: string;
    };
    reply: {
      /** pack/rule */
      rule: string;
      /** Whose lines it holds for; null: everybody’s */
      program: string | null;
      pattern: string;
      /** The pack with the rule in it, as YAML */
      text: string;
      effect: {
        rules: string[];
        from: string;
        to: string;
        lines: number;
        /** Lines the rules decide */
        marked: number;
        /** The first 200 of them */
        marks: {
          id: string;
          at: string;
          agent: string;
          rule: string;
          class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
          event: string | null;
          /** The rule that decides the line without them */
          before: string | null;
          text: string;
        }[];
        /** Lines that meant something and would mean nothing: a rule without a class vetoes */
        silenced: number;
        /** The first 200 of them */
        silent: {
          id: string;
          at: string;
          agent: string;
          before: string;
          text: string;
        }[];
        /** Incidents that would have followed */
        added: {
          id: string;
          kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
          subjects: string[];
          cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
          severity: "info" | "warning" | "critical";
          run: string | null;
          /** When the fault began, as far as evidence tells */
          startedAt: string;
          /** When it could be known */
          openedAt: string;
          resolvedAt: string | null;
          /** One sentence */
          explanation: string;
          evidence: {
            at: string;
            /** Agent, `controller`, or `deadair` for its own observations */
            by: string;
            role: "cause" | "symptom" | "consequence" | "recovery";
            text: string;
            /** event.id of the line */
            record?: string;
            path?: string;
            rule?: string;
          }[];
          /** What others logged because of it */
          consequences: {
            at: string;
            /** Agent, `controller`, or `deadair` for its own observations */
            by: string;
            role: "cause" | "symptom" | "consequence" | "recovery";
            text: string;
            /** event.id of the line */
            record?: string;
            path?: string;
            rule?: string;
          }[];
        }[];
        /** Incidents that there would not have been */
        removed: {
          id: string;
          kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
          subjects: string[];
          cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
          severity: "info" | "warning" | "critical";
          run: string | null;
          /** When the fault began, as far as evidence tells */
          startedAt: string;
          /** When it could be known */
          openedAt: string;
          resolvedAt: string | null;
          /** One sentence */
          explanation: string;
          evidence: {
            at: string;
            /** Agent, `controller`, or `deadair` for its own observations */
            by: string;
            role: "cause" | "symptom" | "consequence" | "recovery";
            text: string;
            /** event.id of the line */
            record?: string;
            path?: string;
            rule?: string;
          }[];
          /** What others logged because of it */
          consequences: {
            at: string;
            /** Agent, `controller`, or `deadair` for its own observations */
            by: string;
            role: "cause" | "symptom" | "consequence" | "recovery";
            text: string;
            /** event.id of the line */
            record?: string;
            path?: string;
            rule?: string;
          }[];
        }[];
        same: number;
        alerts: {
          at: string;
          change: string;
          headline: string;
          channels: string[];
        }[];
      };
    };
  };
  'POST /v1/lines/label/keep': {
    query: Record<never, never>;
    body: {
      /** event.id of the line */
      id: string;
      /** What it means */
      class: "none" | "timeout" | "disconnect" | "refused" | "dns" | "tls" | "recovered";
      /** For the lines of every program, not only of the one that wrote this line */
      everywhere?: boolean;
    };
    reply: {
      /** pack/rule */
      rule: string;
      /** Whose lines it holds for; null: everybody’s */
      program: string | null;
      pattern: string;
      /** The pack with the rule in it, as YAML */
      text: string;
      /** On the service’s host */
      file: string;
    };
  };
  'GET /v1/postmortem': {
    query: { run?: string; format?: "html" | "md" | "json"; };
    body: undefined;
    reply: undefined;
  };
  'GET /v1/lanes': {
    query: { run?: string; from?: string; to?: string; };
    body: undefined;
    reply: {
      /** Id of the run */
      run: string | null;
      /** ms since the epoch */
      from: number;
      to: number;
      now: number;
      interval: number;
      /** The controller first; of many those that failed next */
      lanes: {
        name: string;
        role: "controller" | "agent";
        host: string;
        phases: {
          from: number;
          to: number;
          phase: "idle" | "starting" | "waiting" | "working" | "aborted" | "done" | "failed";
        }[];
        outages: {
          incident: string;
          kind: string;
          from: number;
          to: number | null;
        }[];
        /** Stretches without a line */
        silences: {
          from: number;
          to: number;
        }[];
        /** What it wrote, or what was seen of it, that incidents rest on */
        marks: {
          at: number;
          kind: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          incident: string;
        }[];
        restarts: number[];
        /** Lines per bucket */
        activity: number[];
        clockOffsetMs?: number;
      }[];
    };
  };
  'GET /v1/hosts': {
    query: { last?: number; runs?: number; };
    body: undefined;
    reply: {
      runs: number;
      hosts: {
        agent: string;
        host?: string;
        runs: number;
        firstToFail: number;
        rate: number;
        /** 95 % interval of the rate */
        between: unknown[];
        /** The same rate of all others together */
        siblings: number;
        standsOut: boolean;
        causes: Record<string, number>;
        lost: number;
        stalled: number;
        restarts: number;
        silences: number;
        complaintsBy: number;
        complaintsAbout: number;
        clockOffsetMs?: number;
        lastFailedAt?: number;
      }[];
    };
  };
  'GET /v1/export': {
    query: { run?: string; from?: string; to?: string; agent?: string | string[]; };
    body: undefined;
    reply: undefined;
  };
  'POST /v1/import': {
    query: { maxBytes?: number; };
    body: undefined;
    reply: undefined;
  };
  'POST /v1/backup': {
    query: Record<never, never>;
    body: {
      directory: string;
    };
    reply: undefined;
  };
  'GET /v1/kibana/line': {
    query: { id: string; at: string; show?: "surrounding" | "file"; };
    body: undefined;
    reply: {
      url: string;
    };
  };
  'GET /v1/kibana/incident': {
    query: { id: string; };
    body: undefined;
    reply: {
      url: string;
    };
  };
  'GET /v1/kibana/run': {
    query: { id: string; };
    body: undefined;
    reply: {
      url: string;
    };
  };
  'POST /v1/login': {
    query: Record<never, never>;
    body: {
      token: string;
    };
    reply: {
      name: string;
      scope: "collect" | "read" | "write" | "admin";
    };
  };
  'POST /v1/logout': {
    query: Record<never, never>;
    body: undefined;
    reply: undefined;
  };
  'GET /v1/whoami': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      name: string;
      scope: "collect" | "read" | "write" | "admin";
    };
  };
  'GET /v1/tokens': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      tokens: {
        name: string;
        scope: "collect" | "read" | "write" | "admin";
        agents: string | null;
        createdAt: string;
        createdBy: string;
        expiresAt: string | null;
        expired: boolean;
      }[];
    };
  };
  'POST /v1/tokens': {
    query: Record<never, never>;
    body: {
      name: string;
      scope: "collect" | "read" | "write" | "admin";
      /** Pattern of the agents it may ship lines of (collect) */
      agents?: string;
      expiresInMs?: number;
    };
    reply: {
      name: string;
      scope: "collect" | "read" | "write" | "admin";
      agents: string | null;
      createdAt: string;
      createdBy: string;
      expiresAt: string | null;
      expired: boolean;
      token: string;
    };
  };
  'DELETE /v1/tokens/{name}': {
    query: Record<never, never>;
    body: undefined;
    reply: undefined;
  };
  'GET /healthz': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      status: "ok";
    };
  };
  'GET /readyz': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      status: "ready";
    };
  };
  'GET /metrics': {
    query: Record<never, never>;
    body: undefined;
    reply: undefined;
  };
  'GET /v1/explain': {
    query: { agent?: string; rule?: string; at?: string; };
    body: undefined;
    reply: {
      incidents: {
        id: string;
        kind: "agent-lost" | "agent-not-ready" | "agent-stalled" | "agent-stopped" | "agent-restarted" | "controller-lost" | "controller-stalled" | "startup-timeout" | "workload-failing" | "port-conflict" | "clock-skew" | "overdue" | "collector-lost" | "log-gap" | "network-fault" | "store-unreachable";
        subjects: string[];
        cause: "crashed" | "reset" | "unresponsive" | "partition" | "host-unreachable" | "frozen" | "refused" | "dns" | "tls" | "disk-full" | "permission" | "credentials" | "port-taken" | "timeout" | "wrong-address" | "busy" | "interrupted" | "truncated" | "unknown" | null;
        severity: "info" | "warning" | "critical";
        run: string | null;
        /** When the fault began, as far as evidence tells */
        startedAt: string;
        /** When it could be known */
        openedAt: string;
        resolvedAt: string | null;
        /** One sentence */
        explanation: string;
        evidence: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
        /** What others logged because of it */
        consequences: {
          at: string;
          /** Agent, `controller`, or `deadair` for its own observations */
          by: string;
          role: "cause" | "symptom" | "consequence" | "recovery";
          text: string;
          /** event.id of the line */
          record?: string;
          path?: string;
          rule?: string;
        }[];
      }[];
      pending: {
        kind: string;
        subjects: string[];
        until: string;
        explanation: string;
      }[];
      /** What did not become an incident, and why */
      skipped: {
        at: string;
        rule: string;
        agent: string | null;
        run: string | null;
        reason: string;
      }[];
      /** What was no message, and why */
      suppressed: {
        at: string;
        incident: string;
        channel: string | null;
        reason: string;
        detail: string;
      }[];
      known: string[];
    };
  };
  'POST /v1/agents/{agent}/retire': {
    query: Record<never, never>;
    body: {
      retired?: boolean;
    };
    reply: {
      agent: string;
      retired: boolean;
    };
  };
  'GET /openapi.json': {
    query: Record<never, never>;
    body: undefined;
    reply: {
      openapi: string;
      paths: Record<string, unknown>;
    };
  };
}

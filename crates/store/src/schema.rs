//! The schema, as other programs may read it, and the way to it from every earlier one.
//!
//! ```text
//!   run ◀── call ◀─┬── segment       greeting, line, ring, talk; one `line` for each stay in a group's line
//!                  ├── leg           audio of each leg
//!                  ├── disposition   what came of it, as an agent said
//!                  ├── agent_state   sessions, breaks, wrap-ups (wrap-ups name their call)
//!                  ├── recording ◀── recording_left   recorded talks, and what was left out of them
//!                  └── asked         specialists, and exchanges with other platforms (双号互转)
//!   show             shows of radio studios; `recording_air` ──▶ recording: what of it was broadcast
//!   name             keys of groups, agents, trunks, flows, sites, studios: records keep numbers, and stay right when
//!                    the configuration reorders its lists
//! ```
//!
//! What people have set: `listed`, `enlisted`, `urgent`, `callback`, `plan`; and `audit`, who did what.
//!
//! `…_at` is wall time in milliseconds since 1970, `…_ms` a span in milliseconds. A call without `outcome` is
//! in progress. `PRAGMA user_version` is the number of the last migration that was applied.

/// Migrations in order; the schema's number is how many have been applied.
pub const MIGRATIONS: [&str; 8] =
    [FIRST, REGISTER, RECORDINGS, ASKED, AFTER_TALK, TRANSCODED, ENLISTED, STUDIOS];

/// Marks the file as ours (`PRAGMA application_id`): "SUJI".
pub const APPLICATION_ID: i64 = 0x5355_4a49;

const FIRST: &str = "
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,                   -- NULL while it runs, and when it was killed
    killed INTEGER NOT NULL DEFAULT 0   -- found without an end by a later start
) STRICT;

CREATE TABLE name (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                 -- group, agent, trunk, flow
    key TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;

CREATE TABLE call (
    id INTEGER PRIMARY KEY,             -- run << 40 | number within the run
    arrived_at INTEGER NOT NULL,        -- t0
    caller TEXT NOT NULL,               -- as configured: plain or masked; empty when withheld
    caller_hash INTEGER NOT NULL,       -- of the plain number, to find a caller again; 0 when withheld
    called TEXT NOT NULL,
    sip_call_id TEXT NOT NULL,
    trunk_id INTEGER,                   -- name.id; NULL when an agent's phone called
    phone INTEGER,                      -- place of that phone account in the configuration
    flow_id INTEGER,                    -- name.id; NULL for a service code or a refused call
    answered_at INTEGER,                -- t1
    queued_at INTEGER,                  -- t2
    offered_at INTEGER,                 -- t3
    connected_at INTEGER,               -- t4
    disconnected_at INTEGER,            -- t5
    ended_at INTEGER,
    outcome TEXT,                       -- NULL: in progress
    cause INTEGER,                      -- Q.850
    ended_by TEXT,                      -- caller, agent, system
    group_id INTEGER,                   -- name.id: answered for, or last waited for
    agent_id INTEGER,                   -- name.id: first who talked with him
    greeted_ms INTEGER,
    waited_ms INTEGER,
    rang_ms INTEGER,
    talked_ms INTEGER,
    offers INTEGER,
    moves INTEGER,
    helped INTEGER,
    truncated INTEGER
) STRICT;
CREATE INDEX call_by_arrival ON call (arrived_at);
CREATE INDEX call_by_caller ON call (caller_hash) WHERE caller_hash <> 0;

CREATE TABLE segment (
    call_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,                 -- greeting, line, ring, talk
    group_id INTEGER,
    agent_id INTEGER,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    waited_ms INTEGER,                  -- line: on the original clock, when it ended
    ended TEXT NOT NULL,
    PRIMARY KEY (call_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE leg (
    call_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    side TEXT NOT NULL,
    packets_received INTEGER NOT NULL,
    packets_sent INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    lost_remote INTEGER NOT NULL,
    jitter_us INTEGER NOT NULL,
    jitter_max_us INTEGER NOT NULL,
    round_trip_us INTEGER NOT NULL,
    strangers INTEGER NOT NULL,
    PRIMARY KEY (call_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_state (
    id INTEGER PRIMARY KEY,
    agent_id INTEGER NOT NULL,
    kind TEXT NOT NULL,                 -- signed_in (the whole session), not_ready, wrap_up
    reason TEXT,                        -- not_ready: why
    call_id INTEGER,                    -- wrap_up: after which call
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_state_by_time ON agent_state (from_at);

-- For people: names and times in words.
CREATE VIEW call_log AS
SELECT call.id, datetime(arrived_at / 1000, 'unixepoch', 'localtime') AS arrived, caller, called,
       coalesce(outcome, 'in progress') AS outcome, line.key AS \"group\", agent.key AS agent,
       waited_ms / 1000.0 AS waited_s, talked_ms / 1000.0 AS talked_s, ended_by, cause, trunk.key AS trunk,
       sip_call_id
FROM call
LEFT JOIN name AS line ON line.id = call.group_id
LEFT JOIN name AS agent ON agent.id = call.agent_id
LEFT JOIN name AS trunk ON trunk.id = call.trunk_id;
";

const REGISTER: &str = "
CREATE TABLE listed (                   -- numbers on the grey or the black list
    number TEXT PRIMARY KEY,            -- normalized
    number_hash INTEGER NOT NULL,       -- as call.caller_hash
    list TEXT NOT NULL,                 -- grey, black
    reason TEXT NOT NULL,
    approver TEXT NOT NULL,
    operator TEXT NOT NULL,
    since INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_by_expiry ON listed (expires);

CREATE TABLE urgent (                   -- numbers with an open urgent case: no list applies to them
    number TEXT PRIMARY KEY,
    number_hash INTEGER NOT NULL,
    operator TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE callback (                 -- callbacks that are open
    name INTEGER PRIMARY KEY,           -- in the engine of the run that wrote it
    number TEXT NOT NULL,
    number_hash INTEGER NOT NULL,
    line TEXT NOT NULL,                 -- key of the group
    priority INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due INTEGER NOT NULL
) STRICT;

CREATE TABLE plan (                     -- configurations that were in force, one after the other
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    origin INTEGER,                     -- the version that was gone back to
    at INTEGER NOT NULL,
    operator TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE audit (                    -- who did what
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    operator TEXT NOT NULL,
    deed TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
";

const RECORDINGS: &str = "
CREATE TABLE recording (                -- a row outlives its file, as the trace of its deletion
    id INTEGER PRIMARY KEY,             -- run << 40 | number within the run
    call_id INTEGER,                    -- NULL when it was lost with the process
    agent_id INTEGER,                   -- name.id
    group_id INTEGER,                   -- name.id
    begun_at INTEGER NOT NULL,
    state TEXT NOT NULL,                -- open, whole, recovered, failed, lost
    file TEXT,                          -- below the folder of recordings
    length_ms INTEGER,
    gap_ms INTEGER,                     -- of that: silence for what could not be written
    bytes INTEGER,
    sha256 TEXT,
    keep_until INTEGER,                 -- NULL: it never goes by itself
    held_by TEXT, held_why TEXT, held_at INTEGER,
    deleted_by TEXT, deleted_why TEXT, deleted_at INTEGER
) STRICT;
CREATE INDEX recording_by_call ON recording (call_id);
CREATE INDEX recording_by_time ON recording (begun_at);
CREATE INDEX recording_by_end ON recording (keep_until) WHERE deleted_at IS NULL AND held_at IS NULL;

CREATE TABLE recording_left (           -- pauses and masks
    recording_id INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    keeps TEXT NOT NULL,                -- silence, tone
    PRIMARY KEY (recording_id, from_at)
) STRICT, WITHOUT ROWID;
";

const ASKED: &str = "
CREATE TABLE asked (                    -- a specialist was asked, or a caller exchanged with another platform
    call_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    roster TEXT NOT NULL,               -- its key in the configuration
    liaison INTEGER NOT NULL,           -- another platform's, not our specialists'
    way TEXT NOT NULL,                  -- out: from us, in: to us
    reason TEXT NOT NULL,               -- key; empty for none
    person TEXT NOT NULL,               -- who answered, or was rung last; empty for nobody
    rung INTEGER NOT NULL,              -- phones
    from_at INTEGER NOT NULL,
    answered_at INTEGER,                -- in: when an agent had the caller
    to_at INTEGER NOT NULL,
    took_over INTEGER NOT NULL,         -- he had the caller without an agent
    ended TEXT NOT NULL,                -- answered, nobody, called_off
    PRIMARY KEY (call_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX asked_by_time ON asked (from_at);
ALTER TABLE call ADD COLUMN case_id TEXT;   -- in the case system; NULL when none is known
";

const AFTER_TALK: &str = "
ALTER TABLE call ADD COLUMN last_agent_id INTEGER;  -- name.id: who answered for the talk last
ALTER TABLE call ADD COLUMN survey TEXT;            -- answered: rated, timeout, invalid, hung_up, not_offered
ALTER TABLE call ADD COLUMN rating INTEGER;         -- rated: the key, 1 to 9
ALTER TABLE call ADD COLUMN choices TEXT;           -- keys in menus and lines, the last eight: step:key step:key
ALTER TABLE call ADD COLUMN language TEXT;          -- chosen on the way

CREATE TABLE disposition (              -- what came of a talk; one of a call, the last one given
    call_id INTEGER PRIMARY KEY,
    result TEXT NOT NULL,               -- key in [dispositions]
    online INTEGER NOT NULL,            -- 1: it counted as answered on line (在线解答) when it was given
    resolver TEXT NOT NULL,             -- agent (接听员), specialist (政策专员)
    agent_id INTEGER,                   -- name.id: who said so; NULL when it was entered later
    operator TEXT,                      -- who entered it later
    at INTEGER NOT NULL
) STRICT;

DROP VIEW call_log;
CREATE VIEW call_log AS
SELECT call.id, datetime(arrived_at / 1000, 'unixepoch', 'localtime') AS arrived, caller, called,
       coalesce(outcome, 'in progress') AS outcome, line.key AS \"group\", agent.key AS agent,
       waited_ms / 1000.0 AS waited_s, talked_ms / 1000.0 AS talked_s, ended_by, cause, trunk.key AS trunk,
       sip_call_id, survey, rating, result, resolver, choices, language
FROM call
LEFT JOIN name AS line ON line.id = call.group_id
LEFT JOIN name AS agent ON agent.id = call.agent_id
LEFT JOIN name AS trunk ON trunk.id = call.trunk_id
LEFT JOIN disposition ON disposition.call_id = call.id;
";

const TRANSCODED: &str = "
ALTER TABLE recording ADD COLUMN format TEXT NOT NULL DEFAULT 'wav';    -- of its file: wav, opus
ALTER TABLE recording ADD COLUMN transcode_at INTEGER;  -- a WAV is to become Opus, not before; NULL: it stays
ALTER TABLE recording ADD COLUMN superseded TEXT;       -- in whose place `file` has come, until it is removed
CREATE INDEX recording_to_transcode ON recording (transcode_at) WHERE transcode_at IS NOT NULL;
CREATE INDEX recording_superseded ON recording (id) WHERE superseded IS NOT NULL;
";

const ENLISTED: &str = "
CREATE TABLE enlisted (                 -- numbers that people have put on lists which flows look into
    list TEXT NOT NULL,                 -- key of the list
    number TEXT NOT NULL,               -- normalized
    number_hash INTEGER NOT NULL,       -- as call.caller_hash
    operator TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (list, number)
) STRICT, WITHOUT ROWID;
";

const STUDIOS: &str = "
ALTER TABLE call ADD COLUMN studio_id INTEGER;  -- name.id: sent to this radio studio
ALTER TABLE call ADD COLUMN standby_ms INTEGER; -- held there, apart from waits and talks
ALTER TABLE call ADD COLUMN on_air_ms INTEGER;  -- NULL: never on air
CREATE INDEX call_by_studio ON call (arrived_at) WHERE studio_id IS NOT NULL;

CREATE TABLE show (
    run INTEGER NOT NULL,
    studio TEXT NOT NULL,               -- its key
    number INTEGER NOT NULL,            -- within the run
    begun_at INTEGER NOT NULL,
    ended_at INTEGER,                   -- NULL while it is on, and when the process was killed
    screened INTEGER NOT NULL,          -- these are of the show when it was over; 0 before
    picked INTEGER NOT NULL,
    aired INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    sent_back INTEGER NOT NULL,
    on_air_ms INTEGER NOT NULL,
    standby_ms INTEGER NOT NULL,
    PRIMARY KEY (run, studio, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX show_by_time ON show (begun_at);

CREATE TABLE recording_air (            -- on air
    recording_id INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,             -- from_at while it lasts, and when the process was killed
    PRIMARY KEY (recording_id, from_at)
) STRICT, WITHOUT ROWID;
";

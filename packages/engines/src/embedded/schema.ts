import type { DatabaseSync } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"

/**
 * One step for each schema version, in order; `user_version` counts the steps a file has taken. A released step is never
 * changed, a new one is added at the end.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE record (id TEXT NOT NULL UNIQUE, v INTEGER NOT NULL, body TEXT NOT NULL, entries TEXT, expires_at INTEGER);
  CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE entry (
    name TEXT NOT NULL, part TEXT NOT NULL, sort TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (name, part, sort, id)
  ) WITHOUT ROWID;

  CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, grp TEXT NOT NULL, body TEXT NOT NULL,
    due INTEGER NOT NULL, rank INTEGER, receives INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX job_ready ON job (queue, rank, grp) WHERE rank IS NOT NULL;
  CREATE INDEX job_later ON job (queue, due) WHERE rank IS NULL;
  CREATE TABLE dead_job (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, queue TEXT NOT NULL, grp TEXT NOT NULL, body TEXT NOT NULL,
    why TEXT NOT NULL, receives INTEGER NOT NULL, at INTEGER NOT NULL
  );
  CREATE INDEX dead_job_queue ON dead_job (queue, n);
  CREATE INDEX dead_job_id ON dead_job (id);

  CREATE TABLE content (key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, data BLOB, file INTEGER);
  CREATE INDEX content_file ON content (file) WHERE file IS NOT NULL;
  CREATE TABLE garbage (file INTEGER PRIMARY KEY);
  CREATE TABLE file_block (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), settled INTEGER NOT NULL, reserved INTEGER NOT NULL);
  INSERT INTO file_block VALUES (1, 0, 0);
  `,
  // When content was last put; 0 for what was there before this step.
  `
  ALTER TABLE content ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX content_at ON content (at, key);
  `,
]

/**
 * Brings a file to the schema of this version, each step in a transaction of its own.
 * @throws RelayError `not_ready` when a newer version wrote the file.
 */
export function migrate(db: DatabaseSync, dir: string): void {
  const found = Number(db.prepare("PRAGMA user_version").get()?.user_version)
  if (found > steps.length) {
    throw new RelayError(
      "not_ready",
      `The data in ${dir} was written by a newer version of Postrider (schema ${found}; this version knows ${steps.length}).`,
      { fix: "Start the newer version again." },
    )
  }
  for (const [at, step] of steps.entries()) {
    if (at < found) continue
    db.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${at + 1}; COMMIT`)
  }
}

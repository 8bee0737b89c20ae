/** The one list of connectors. A new kind of system is a new line here. */
import type { Connector } from "#connectors/connector";
import { files } from "#connectors/files/files";
import { postgres } from "#connectors/postgres/postgres";
import { sqlite } from "#connectors/sqlite/sqlite";

export const connectors: readonly Connector[] = [postgres, sqlite, files];

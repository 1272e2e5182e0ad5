import { Spine1764000000000 } from './1764000000000-spine.js';
import { Extraction1764300000000 } from './1764300000000-extraction.js';
import { Cursors1764350000000 } from './1764350000000-cursors.js';
import { SignatureStatistics1764400000000 } from './1764400000000-signature-statistics.js';
import { SignaturePopulation1764400000001 } from './1764400000001-signature-population.js';
import { Trust1764500000000 } from './1764500000000-trust.js';
import { Suspects1764550000000 } from './1764550000000-suspects.js';
import { QuarterDays1764560000000 } from './1764560000000-quarter-days.js';
import { SensitiveTopics1764570000000 } from './1764570000000-sensitive-topics.js';
import { ThemeRarity1764570000001 } from './1764570000001-theme-rarity.js';
import { LeanerJobIndexes1764580000000 } from './1764580000000-leaner-job-indexes.js';
import { JobData1764600000000 } from './1764600000000-job-data.js';
import { LinearStatistics1764610000000 } from './1764610000000-linear-statistics.js';
import { QueueLines1764720000000 } from './1764720000000-queue-lines.js';
import { EventEpoch1764730000000 } from './1764730000000-event-epoch.js';
import { JobCounts1764740000000 } from './1764740000000-job-counts.js';
import { SchedulePlans1764741000000 } from './1764741000000-schedule-plans.js';
import { BudgetPlaces1764750000000 } from './1764750000000-budget-places.js';
import { AccountErasure1764760000000 } from './1764760000000-account-erasure.js';
import { Doors1764770000000 } from './1764770000000-doors.js';
import { BudgetOwners1764780000000 } from './1764780000000-budget-owners.js';
import { EpochByConnection1764790000000 } from './1764790000000-epoch-by-connection.js';
import { Problems1764791000000 } from './1764791000000-problems.js';
import { Imports1764792000000 } from './1764792000000-imports.js';
import { DataMoves1764793000000 } from './1764793000000-data-moves.js';
import { WitnessesOfKinds1764794000000 } from './1764794000000-witnesses-of-kinds.js';
import { ItemVersions1764795000000 } from './1764795000000-item-versions.js';
import { Accounts1764799000000 } from './1764799000000-accounts.js';
import { AccessTokens1764799100000 } from './1764799100000-access-tokens.js';
import { Passkeys1764799200000 } from './1764799200000-passkeys.js';
import { Identities1764799300000 } from './1764799300000-identities.js';
import { Audit1764799400000 } from './1764799400000-audit.js';
import { QueueLineIndexes1764800000000 } from './1764800000000-queue-line-indexes.js';
import { KeptRows1764810000000 } from './1764810000000-kept-rows.js';
import { RowsOfAPerson1764820000000 } from './1764820000000-rows-of-a-person.js';
import { SchedulesAtRest1764840000000 } from './1764840000000-schedules-at-rest.js';
import { InexactListenings1764850000000 } from './1764850000000-inexact-listenings.js';
import { ItemsOfConnections1764860000000 } from './1764860000000-items-of-connections.js';

/**
 * All migrations, in their order; a list, because file globs cannot be loaded everywhere we run. Those that run without a
 * transaction are the last ones, so that a start which is killed leaves the tables as they were or as they become.
 */
export const migrations = [
  Spine1764000000000,
  Extraction1764300000000,
  Cursors1764350000000,
  SignatureStatistics1764400000000,
  SignaturePopulation1764400000001,
  Trust1764500000000,
  Suspects1764550000000,
  QuarterDays1764560000000,
  SensitiveTopics1764570000000,
  ThemeRarity1764570000001,
  LeanerJobIndexes1764580000000,
  JobData1764600000000,
  LinearStatistics1764610000000,
  QueueLines1764720000000,
  EventEpoch1764730000000,
  JobCounts1764740000000,
  SchedulePlans1764741000000,
  BudgetPlaces1764750000000,
  AccountErasure1764760000000,
  Doors1764770000000,
  BudgetOwners1764780000000,
  EpochByConnection1764790000000,
  Problems1764791000000,
  Imports1764792000000,
  DataMoves1764793000000,
  WitnessesOfKinds1764794000000,
  ItemVersions1764795000000,
  Accounts1764799000000,
  AccessTokens1764799100000,
  Passkeys1764799200000,
  Identities1764799300000,
  Audit1764799400000,
  QueueLineIndexes1764800000000,
  KeptRows1764810000000,
  RowsOfAPerson1764820000000,
  SchedulesAtRest1764840000000,
  InexactListenings1764850000000,
  ItemsOfConnections1764860000000,
] as const;

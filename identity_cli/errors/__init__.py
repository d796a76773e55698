"""What stops a command: each error writes its own sentence, and what to do next.

Problems *in* a log are values (rejected lines, ingestion warnings), never these.
"""

from identity_cli.errors.base import ExitCode as ExitCode
from identity_cli.errors.base import IdcliError as IdcliError
from identity_cli.errors.of_files import BadPlan as BadPlan
from identity_cli.errors.of_files import IdsUnreadable as IdsUnreadable
from identity_cli.errors.of_files import InternalUsersUnreadable as InternalUsersUnreadable
from identity_cli.errors.of_files import NoAnswer as NoAnswer
from identity_cli.errors.of_files import PlanOfAnotherLog as PlanOfAnotherLog
from identity_cli.errors.of_logs import TOLD as TOLD
from identity_cli.errors.of_logs import AmbiguousDialect as AmbiguousDialect
from identity_cli.errors.of_logs import EventInBatch as EventInBatch
from identity_cli.errors.of_logs import LineRejected as LineRejected
from identity_cli.errors.of_logs import LogChanged as LogChanged
from identity_cli.errors.of_logs import LogGone as LogGone
from identity_cli.errors.of_logs import LogIsPipe as LogIsPipe
from identity_cli.errors.of_logs import LogShrank as LogShrank
from identity_cli.errors.of_logs import LogUnreadable as LogUnreadable
from identity_cli.errors.of_logs import MixedVendors as MixedVendors
from identity_cli.errors.of_logs import NoEventIn as NoEventIn
from identity_cli.errors.of_logs import NoLogs as NoLogs
from identity_cli.errors.of_logs import NotALog as NotALog
from identity_cli.errors.of_logs import NothingToReplay as NothingToReplay
from identity_cli.errors.of_logs import NothingToSortBy as NothingToSortBy
from identity_cli.errors.of_logs import ProcessGone as ProcessGone
from identity_cli.errors.of_logs import TooManyRejected as TooManyRejected
from identity_cli.errors.of_names import AmbiguousEvent as AmbiguousEvent
from identity_cli.errors.of_names import AmbiguousId as AmbiguousId
from identity_cli.errors.of_names import EventNotMet as EventNotMet
from identity_cli.errors.of_names import IdNotMet as IdNotMet
from identity_cli.errors.of_names import IdOfAnotherTeam as IdOfAnotherTeam
from identity_cli.errors.of_names import IdWithoutPerson as IdWithoutPerson
from identity_cli.errors.of_names import NoSuchEvent as NoSuchEvent
from identity_cli.errors.of_names import NotYetSeen as NotYetSeen
from identity_cli.errors.of_names import UnknownId as UnknownId
from identity_cli.errors.of_names import UnknownProperty as UnknownProperty
from identity_cli.errors.of_options import BadCondition as BadCondition
from identity_cli.errors.of_options import BadMapping as BadMapping
from identity_cli.errors.of_options import BadMoment as BadMoment
from identity_cli.errors.of_options import BadRejectionLimit as BadRejectionLimit
from identity_cli.errors.of_options import ExtraMissing as ExtraMissing
from identity_cli.errors.of_options import UnknownDialect as UnknownDialect
from identity_cli.errors.of_options import UnknownRuleSet as UnknownRuleSet
from identity_cli.errors.of_runs import BooksDoNotBalance as BooksDoNotBalance
from identity_cli.errors.of_runs import FolderNotARun as FolderNotARun
from identity_cli.errors.of_runs import InputInRunFolder as InputInRunFolder
from identity_cli.errors.of_runs import JournalDiffers as JournalDiffers
from identity_cli.errors.of_runs import NoEvents as NoEvents
from identity_cli.errors.of_runs import NoInternalUsers as NoInternalUsers
from identity_cli.errors.of_runs import NoPlaceForRun as NoPlaceForRun
from identity_cli.errors.of_runs import NoRun as NoRun
from identity_cli.errors.of_runs import OutputIsInput as OutputIsInput
from identity_cli.errors.of_runs import RunNotWritten as RunNotWritten
from identity_cli.errors.of_runs import RunReplaced as RunReplaced
from identity_cli.errors.of_runs import RunUnreadable as RunUnreadable

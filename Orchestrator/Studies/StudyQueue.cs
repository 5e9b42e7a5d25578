using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// The runs of a study with their states, in one SQLite file; every change is durable. One program writes; others may
/// read concurrently. Thread-safe.
/// </summary>
internal sealed class StudyQueue : IDisposable
{
    /// <summary>File name in the study folder.</summary>
    public const string FileName = "queue.db";

    /// <summary>Maximum number of failures of a run.</summary>
    public const int MaxFailures = 3;

    private const int Format = 1;

    // FULL: a run reported as done is not repeated after a power failure.
    private const string Schema = """
        PRAGMA journal_mode = DELETE;
        PRAGMA synchronous = FULL;
        BEGIN;
        CREATE TABLE study (name TEXT NOT NULL, identity TEXT NOT NULL, command TEXT NOT NULL, halving TEXT);
        CREATE TABLE runs (
            position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, repetition INTEGER NOT NULL, settings TEXT NOT NULL, arguments TEXT NOT NULL,
            hosting TEXT NOT NULL, configuration TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued', worker TEXT, attempts INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0, failure TEXT, epochs INTEGER NOT NULL DEFAULT 0, lost_nodes INTEGER NOT NULL DEFAULT 0,
            accuracy REAL, loss REAL);
        CREATE TABLE faults (run TEXT NOT NULL, attempt INTEGER NOT NULL, text TEXT NOT NULL);
        CREATE TABLE rungs (run TEXT NOT NULL, epoch INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (run, epoch));
        PRAGMA user_version = 1;
        COMMIT;
        """;

    private readonly SqliteConnection _database;
    private readonly string _folder;
    private readonly Lock _lock = new();

    private StudyQueue(string folder, SqliteConnection database)
    {
        _folder = folder;
        _database = database;
        StudyName = (string)database.Value("SELECT name FROM study")!;
        Identity = (string)database.Value("SELECT identity FROM study")!;
        CommandLine = (string)database.Value("SELECT command FROM study")!;
        Halving = database.Value("SELECT halving FROM study") is string json ? JsonSerializer.Deserialize<HalvingSettings>(json) : null;
    }

    /// <summary>The study's name.</summary>
    public string StudyName { get; }

    /// <summary>SHA-256 over its runs, which identifies the study.</summary>
    public string Identity { get; }

    /// <summary>The command that repeats the study.</summary>
    public string CommandLine { get; }

    /// <summary>Early stopping of bad trials; <see langword="null"/> for none.</summary>
    public HalvingSettings? Halving { get; }

    /// <summary>Whether a folder has a queue.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Creates the queue of a study, with all runs waiting.</summary>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public static StudyQueue Create(string folder, Study study, string command)
    {
        string path = Path.Combine(folder, FileName);

        // Written under a temporary name: a partial queue would be taken for a study with fewer runs.
        string unfinished = path + ".tmp";
        try
        {
            File.Delete(unfinished);
            using (PrivateFiles.Open(unfinished, FileMode.CreateNew))
            {
                // Created with owner-only permissions.
            }

            using (SqliteConnection database = SqliteCalls.Connect(unfinished))
            {
                Fill(database, study, command);
            }

            File.Move(unfinished, path);
            PrivateFiles.FlushFolder(folder);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write '{path}': {e.Message}; choose another --output", e);
        }

        return Open(folder);
    }

    /// <summary>Opens the queue in a folder.</summary>
    /// <param name="folder">The study folder.</param>
    /// <param name="readOnly">Whether to read only, while another program may write.</param>
    /// <exception cref="UserErrorException">The queue is missing or damaged.</exception>
    public static StudyQueue Open(string folder, bool readOnly = false)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new UserErrorException(ExitCode.Data, $"there is no study in '{folder}': it has no {FileName}");
        }

        SqliteConnection? database = null;
        try
        {
            // Not opened read-only: the next process to open the file must roll back a transaction interrupted by a
            // kill.
            database = SqliteCalls.Connect(path);
            if (readOnly)
            {
                database.Execute("PRAGMA query_only = ON");
            }

            return Convert.ToInt32(database.Value("PRAGMA user_version"), CultureInfo.InvariantCulture) is var version && version == Format
                ? new StudyQueue(folder, database)
                : throw new UserErrorException(ExitCode.Data, $"'{path}' is a queue of format {version}, and this program reads {Format}");
        }
        catch (SqliteException e)
        {
            database?.Dispose();
            throw new UserErrorException(ExitCode.Data, $"'{path}' is no queue of a study, or damaged: {e.Message}", e);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    /// <summary>All runs with their status, in order.</summary>
    public IReadOnlyList<StudyRow> Rows()
    {
        lock (_lock)
        {
            ILookup<string, string> faults = _database.Read("SELECT run, text FROM faults ORDER BY rowid", r => (Run: r.GetString(0), Text: r.GetString(1)))
                .ToLookup(f => f.Run, f => f.Text, StringComparer.Ordinal);
            return _database.Read("SELECT * FROM runs ORDER BY position", r => RowOf(r, faults));
        }
    }

    /// <summary>Numbers of runs in a final state and in total.</summary>
    public (int Final, int All) Counts()
    {
        lock (_lock)
        {
            return _database.Read("SELECT state, COUNT(*) FROM runs GROUP BY state", r => (State: StudyRunStates.Parse(r.GetString(0)), Count: r.GetInt32(1)))
                .Aggregate((Final: 0, All: 0), (sum, s) => (sum.Final + (s.State.IsFinal() ? s.Count : 0), sum.All + s.Count));
        }
    }

    /// <summary>Assigns the next waiting run to a worker.</summary>
    /// <returns>The run and its attempt; <see langword="null"/> if none is waiting.</returns>
    public (StudyRun Run, RunId Id)? Take(string worker)
    {
        lock (_lock)
        {
            if (_database.Read("SELECT * FROM runs WHERE state = 'queued' ORDER BY position LIMIT 1", r => RowOf(r, faults: null)) is not [var row])
            {
                return null;
            }

            var id = new RunId(row.Run.Name, row.Attempts + 1);
            _database.Execute(
                "UPDATE runs SET state = 'running', worker = $worker, attempts = $attempt WHERE name = $run",
                ("$worker", worker), ("$attempt", id.Attempt), ("$run", id.Run));
            return (row.Run, id);
        }
    }

    /// <summary>Records a completed epoch and decides whether the run continues.</summary>
    /// <returns>One of <see cref="Verdicts"/>.</returns>
    public string Progress(RunProgress progress)
    {
        lock (_lock)
        {
            if (!IsHeld(progress.Id))
            {
                return Verdicts.GiveUp;
            }

            _database.Execute(
                "UPDATE runs SET epochs = $epochs, lost_nodes = lost_nodes + $lost, accuracy = $accuracy, loss = $loss WHERE name = $run",
                ("$epochs", progress.Epoch), ("$lost", progress.LostNodes), ("$accuracy", Number(progress.Accuracy)), ("$loss", Number(progress.Loss)), ("$run", progress.Id.Run));
            return Halving is { } halving && halving.IsRung(progress.Epoch) && !IsAmongBest(halving, progress) ? Verdicts.Halve : Verdicts.Proceed;
        }
    }

    /// <summary>Records a completed run.</summary>
    /// <param name="id">The attempt.</param>
    /// <param name="halved">Whether successive halving stopped it.</param>
    /// <returns>Whether this attempt was the current one.</returns>
    public bool Complete(RunId id, bool halved) => End(id, halved ? StudyRunState.Halved : StudyRunState.Done);

    /// <summary>Records a failed attempt: the run goes back to the queue, unless it has failed too often.</summary>
    /// <returns>Whether this attempt was the current one.</returns>
    public bool Fail(RunId id, string reason)
    {
        lock (_lock)
        {
            if (!IsHeld(id))
            {
                return false;
            }

            using SqliteTransaction transaction = _database.BeginTransaction();
            _database.Execute("INSERT INTO faults VALUES ($run, $attempt, $text)", ("$run", id.Run), ("$attempt", id.Attempt), ("$text", reason));
            _database.Execute(
                "UPDATE runs SET failures = failures + 1, failure = $failure, state = CASE WHEN failures + 1 >= $max THEN 'failed' ELSE 'queued' END WHERE name = $run",
                ("$failure", reason), ("$max", MaxFailures), ("$run", id.Run));
            transaction.Commit();
            return true;
        }
    }

    /// <summary>Returns an attempt that ended through no fault of the run to the queue.</summary>
    public bool Return(RunId id) => End(id, StudyRunState.Queued);

    /// <summary>On resume of a study: requeues runs that were in progress, and failed runs.</summary>
    public void Requeue()
    {
        lock (_lock)
        {
            _database.Execute("UPDATE runs SET state = 'queued', failures = 0 WHERE state IN ('running', 'failed')");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private static void Fill(SqliteConnection database, Study study, string command)
    {
        database.Execute(Schema);
        using SqliteTransaction transaction = database.BeginTransaction();
        database.Execute(
            "INSERT INTO study VALUES ($name, $identity, $command, $halving)",
            ("$name", study.Name),
            ("$identity", study.Identity),
            ("$command", command),
            ("$halving", study.Halving is null ? DBNull.Value : JsonSerializer.Serialize(study.Halving)));
        foreach ((int position, StudyRun run) in study.Runs.Index())
        {
            database.Execute(
                "INSERT INTO runs (position, name, repetition, settings, arguments, hosting, configuration) VALUES ($position, $name, $repetition, $settings, $arguments, $hosting, $configuration)",
                ("$position", position),
                ("$name", run.Name),
                ("$repetition", run.Repetition),
                ("$settings", JsonSerializer.Serialize(run.Settings)),
                ("$arguments", JsonSerializer.Serialize(run.Arguments)),
                ("$hosting", run.Hosting.ToWord()),
                ("$configuration", run.Configuration));
        }

        transaction.Commit();
    }

    // Non-finite numbers are stored as NULL.
    private static object Number(double value) => (object?)JsonNumber.Of(value) ?? DBNull.Value;

    private bool IsAmongBest(HalvingSettings halving, RunProgress progress)
    {
        double value = halving.Score(progress);
        _database.Execute("INSERT OR REPLACE INTO rungs VALUES ($run, $epoch, $value)", ("$run", progress.Id.Run), ("$epoch", progress.Epoch), ("$value", value));
        IReadOnlyList<double> all = _database.Read("SELECT value FROM rungs WHERE epoch = $epoch", r => r.GetDouble(0), ("$epoch", progress.Epoch));
        return halving.GoesOn(value, all);
    }

    private bool End(RunId id, StudyRunState state)
    {
        lock (_lock)
        {
            if (!IsHeld(id))
            {
                return false;
            }

            _database.Execute(
                "UPDATE runs SET state = $state, failure = NULL WHERE name = $run", ("$state", state.ToWord()), ("$run", id.Run));
            return true;
        }
    }

    private bool IsHeld(RunId id) => _database.Read(
        "SELECT 1 FROM runs WHERE name = $run AND attempts = $attempt AND state = 'running'", r => r.GetInt32(0), ("$run", id.Run), ("$attempt", id.Attempt)) is [_];

    private StudyRow RowOf(SqliteDataReader reader, ILookup<string, string>? faults)
    {
        string name = Column<string>("name");
        var run = new StudyRun(
            name,
            JsonSerializer.Deserialize<SortedDictionary<string, string>>(Column<string>("settings"))!,
            (int)Column<long>("repetition"),
            JsonSerializer.Deserialize<string[]>(Column<string>("arguments"))!)
        {
            Hosting = NodeHostings.Parse(Column<string>("hosting")),
            Configuration = Column<string>("configuration"),
        };
        long lostNodes = Column<long>("lost_nodes");
        return new StudyRow(run, StudyRunStates.Parse(Column<string>("state")))
        {
            Folder = Path.Combine(_folder, StudyFolder.RunsName, name),
            Worker = Optional("worker"),
            Attempts = (int)Column<long>("attempts"),
            Failure = Optional("failure"),
            Epochs = (int)Column<long>("epochs"),
            Accuracy = reader["accuracy"] as double?,
            Loss = reader["loss"] as double?,
            Faults =
            [
                .. faults?[name] ?? [],
                .. lostNodes > 0 ? [string.Create(CultureInfo.InvariantCulture, $"nodes were lost {lostNodes} times")] : (string[])[],
            ],
        };

        T Column<T>(string column) => (T)reader[column];

        string? Optional(string column) => reader[column] as string;
    }
}

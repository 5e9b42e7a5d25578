using System.Text.Json.Serialization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>What <c>results.json</c> says.</summary>
/// <param name="Measures">What the models are judged by, the main one first.</param>
/// <param name="EqualBytes">The budget of the comparison at equal bytes; <see langword="null"/> if there is none.</param>
/// <param name="Options">That all runs share.</param>
/// <param name="Studies">One or two.</param>
/// <param name="Differences">Of two studies, for each of the settings that both have.</param>
internal sealed record ResultsRecord(
    IEnumerable<string> Measures,
    long? EqualBytes,
    IReadOnlyDictionary<string, string> Options,
    IEnumerable<ReportedStudyRecord> Studies,
    IEnumerable<DifferenceRecord> Differences)
{
    /// <summary>Of the file.</summary>
    [JsonPropertyOrder(-2)]
    public int Format { get; } = 1;

    /// <summary>The version of the program.</summary>
    [JsonPropertyOrder(-1)]
    public string WrittenBy { get; } = ProductInfo.Version;
}

/// <summary>A study.</summary>
internal sealed record ReportedStudyRecord(
    string Name,
    string Command,
    bool UnderWay,
    string? Begun,
    string? Ended,
    IReadOnlyDictionary<string, int> States,
    IEnumerable<GroupRecord> Groups,
    IEnumerable<ReportedRunRecord> Runs);

/// <summary>The runs of the same settings.</summary>
internal sealed record GroupRecord(
    string Label,
    IReadOnlyDictionary<string, string> Settings,
    int Runs,
    int Done,
    IReadOnlyDictionary<string, Statistic> Result,
    IReadOnlyDictionary<string, Statistic>? AtEqualBytes,
    bool? EqualsCentralized,
    IEnumerable<GroupEpochRecord> Curve);

/// <summary>Where they stood after an epoch.</summary>
/// <param name="Epoch">From 1.</param>
internal sealed record GroupEpochRecord(int Epoch)
{
    /// <summary>The numbers of that epoch, as members beside it.</summary>
    [JsonExtensionData]
    public IDictionary<string, object> Numbers { get; init; } = new Dictionary<string, object>(StringComparer.Ordinal);
}

/// <summary>A run.</summary>
internal sealed record ReportedRunRecord
{
    public required string Name { get; init; }

    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    public required int Repetition { get; init; }

    public required string State { get; init; }

    public required string StoppedBy { get; init; }

    public int? Attempts { get; init; }

    public string? Worker { get; init; }

    public string? Failure { get; init; }

    public string? Algorithm { get; init; }

    /// <summary>Those in which runs differ; <see langword="null"/> of a run that has not ended well, as with all that <c>run.json</c> says.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    public string? Begun { get; init; }

    public string? Ended { get; init; }

    public required IReadOnlyDictionary<string, double> Result { get; init; }

    public string? ParamsSha256 { get; init; }

    public bool? Lossy { get; init; }

    public string? OptionsDigest { get; init; }

    public VersionsRecord? Versions { get; init; }

    public required string Command { get; init; }

    public string? NodeCommand { get; init; }

    public DealtData? Data { get; init; }

    public IReadOnlyList<NodeRecord>? Nodes { get; init; }

    public EpochFigures? Performance { get; init; }

    public required IEnumerable<RunFault> Faults { get; init; }

    /// <summary>The numbers of each epoch, by the columns of <c>results.csv</c>.</summary>
    public required IEnumerable<IReadOnlyDictionary<string, double>> Curve { get; init; }
}

/// <summary>How two groups of the same settings differ.</summary>
/// <param name="Settings">Theirs.</param>
/// <param name="SecondLessFirst">Mean less mean.</param>
internal sealed record DifferenceRecord(IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, double> SecondLessFirst);

using System.Text.Json.Serialization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The content of <c>results.json</c>.</summary>
/// <param name="Measures">The measures compared, the main one first.</param>
/// <param name="EqualBytes">The budget for comparison at equal bytes; <see langword="null"/> if there is none.</param>
/// <param name="Options">The options that all runs share.</param>
/// <param name="Studies">One or two.</param>
/// <param name="Differences">For two studies: one entry per settings that both have.</param>
internal sealed record ResultsRecord(
    IEnumerable<string> Measures,
    long? EqualBytes,
    IReadOnlyDictionary<string, string> Options,
    IEnumerable<ReportedStudyRecord> Studies,
    IEnumerable<DifferenceRecord> Differences)
{
    /// <summary>Version of the file format.</summary>
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

/// <summary>Runs with equal settings.</summary>
internal sealed record GroupRecord(
    string Label,
    IReadOnlyDictionary<string, string> Settings,
    int Runs,
    int Done,
    IReadOnlyDictionary<string, Statistic> Result,
    IReadOnlyDictionary<string, Statistic>? AtEqualBytes,
    bool? EqualsCentralized,
    IEnumerable<GroupEpochRecord> Curve);

/// <summary>Mean results after an epoch.</summary>
/// <param name="Epoch">From 1.</param>
internal sealed record GroupEpochRecord(int Epoch)
{
    /// <summary>The numbers of that epoch, as sibling members.</summary>
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

    /// <summary>
    /// The options that vary between runs; <see langword="null"/> for a run that has not completed, like everything
    /// from <c>run.json</c>.
    /// </summary>
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

/// <summary>The difference between two groups with equal settings.</summary>
/// <param name="Settings">Their settings.</param>
/// <param name="SecondLessFirst">Differences of the means.</param>
internal sealed record DifferenceRecord(IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, double> SecondLessFirst);

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// The distribution of a run's data set by <c>--partition</c>, as stored in <c>partition.json</c>, for use when the
/// data set is no longer available.
/// </summary>
/// <param name="Dataset">The value of <c>--dataset</c>.</param>
/// <param name="Partition">The value of <c>--partition</c>.</param>
/// <param name="Seed">The partition's seed.</param>
/// <param name="Classes">The labels that occur, ascending; empty for numeric labels.</param>
/// <param name="Counts">Samples, <c>[nodes][Classes]</c>, or <c>[nodes][1]</c> for numeric labels.</param>
internal sealed record DealtData(string Dataset, string Partition, ulong Seed, int[] Classes, int[][] Counts)
{
    private static readonly JsonSerializerOptions Json = new(RecordJson.Line) { RespectRequiredConstructorParameters = true };

    /// <summary>Partitions a data set again and counts the samples.</summary>
    /// <param name="samples">The whole data set.</param>
    /// <param name="options">The run's options.</param>
    /// <exception cref="DataException">The data set cannot be partitioned this way.</exception>
    public static DealtData Of(ISamples samples, RunOptions options)
    {
        int[][] parts = options.Dealing.Deal(samples);
        var table = PartitionTable.Of(samples.Labels, parts);
        bool hasClasses = samples.Targets is null;
        return new DealtData(
            options.Dataset,
            options.Partition.ToString(),
            options.PartitionSeed,
            hasClasses ? [.. table.Classes] : [],
            hasClasses ? [.. table.Counts] : Array.ConvertAll(parts, p => new[] { p.Length }));
    }

    /// <summary>Title with data set and partition.</summary>
    [JsonIgnore]
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Dataset}, {Partition}, seed {Seed}");

    /// <summary>Number of samples on each node.</summary>
    [JsonIgnore]
    public int[] Totals => Array.ConvertAll(Counts, c => c.Sum());

    /// <summary>The counts as a table, which also makes a chart.</summary>
    [JsonIgnore]
    public PartitionTable Table => new(Classes, Counts);

    /// <summary>Serialises the record.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads the file in a run folder.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="UserErrorException">The file is damaged.</exception>
    public static DealtData? Read(string folder)
    {
        string path = RunFolder.PartitionPathIn(folder);
        try
        {
            return !File.Exists(path) ? null
                : JsonSerializer.Deserialize<DealtData>(File.ReadAllBytes(path), Json) is { } data && Array.TrueForAll(data.Counts, c => c.Length == Math.Max(1, data.Classes.Length)) ? data
                : throw new JsonException("its counts do not fit its classes");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"'{path}' is not what a run leaves: {e.Message.ReplaceLineEndings(" ")}; delete that file to have a report without it", e);
        }
    }
}

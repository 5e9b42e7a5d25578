using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>How a run's <c>--partition</c> dealt its data set out: <c>partition.json</c>, for when the data set is not there any more.</summary>
/// <param name="Dataset">As the flag names it.</param>
/// <param name="Partition">As the flag names it.</param>
/// <param name="Seed">Of what is random in it.</param>
/// <param name="Classes">The labels that there are, ascending; none where labels are numbers.</param>
/// <param name="Counts">Samples, <c>[nodes][Classes]</c>, or <c>[nodes][1]</c> where labels are numbers.</param>
internal sealed record DealtData(string Dataset, string Partition, ulong Seed, int[] Classes, int[][] Counts)
{
    private static readonly JsonSerializerOptions Json = new(RecordJson.Line) { RespectRequiredConstructorParameters = true };

    /// <summary>Deals a data set out once more, and counts.</summary>
    /// <param name="samples">All of them.</param>
    /// <param name="options">Of the run.</param>
    /// <exception cref="DataException">It cannot be dealt so.</exception>
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

    /// <summary>Which data set, dealt how.</summary>
    [JsonIgnore]
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Dataset}, {Partition}, seed {Seed}");

    /// <summary>Samples of every node.</summary>
    [JsonIgnore]
    public int[] Totals => Array.ConvertAll(Counts, c => c.Sum());

    /// <summary>The same as a table and a chart.</summary>
    [JsonIgnore]
    public PartitionTable Table => new(Classes, Counts);

    /// <summary>For the file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads the file of a run's folder.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    /// <exception cref="UserErrorException">It is damaged.</exception>
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

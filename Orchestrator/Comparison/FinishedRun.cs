using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Reporting;

namespace TraversalLearning.Orchestration.Comparison;

/// <summary>What a run that has ended left in its folder: the one source of every figure of a comparison, whoever did the run and when.</summary>
internal sealed record FinishedRun
{
    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Of the flags that decide its result.</summary>
    public required string OptionsDigest { get; init; }

    /// <summary>Passes over the data.</summary>
    public required int Epochs { get; init; }

    /// <summary>How its model does on the test set, by <see cref="Measure.Name"/>; without those that are not defined.</summary>
    public required IReadOnlyDictionary<string, double> Measures { get; init; }

    /// <summary>By the orchestrator, to all nodes.</summary>
    public required long SentBytes { get; init; }

    /// <summary>By the orchestrator, from all nodes.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>Of training and evaluation, waiting for nodes left out.</summary>
    public required double Seconds { get; init; }

    /// <summary>Rounds of the method.</summary>
    public required int Steps { get; init; }

    /// <summary>SHA-256 over all parameter bytes.</summary>
    public required string Hash { get; init; }

    /// <summary>Every epoch.</summary>
    public required IReadOnlyList<EpochPoint> Curve { get; init; }

    /// <summary>Its model's file.</summary>
    public string ModelPath => Path.Combine(Folder, ModelFile.FileName);

    /// <summary>Reads a run's folder.</summary>
    /// <returns><see langword="null"/> if no run has ended there.</returns>
    /// <exception cref="UserErrorException">What is there is damaged.</exception>
    public static FinishedRun? Read(string folder)
    {
        string path = RunFolder.SummaryPathIn(folder);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            JsonNode summary = JsonNode.Parse(File.ReadAllBytes(path)) ?? throw new FormatException("it is empty");
            JsonNode result = Require(summary, "result");
            return new FinishedRun
            {
                Folder = folder,
                OptionsDigest = Require(summary, "options_digest").GetValue<string>(),
                Epochs = Require(Require(summary, "options"), "epochs").GetValue<int>(),
                Measures = Measure.All
                    .Where(m => result[m.Name] is not null)
                    .ToDictionary(m => m.Name, m => result[m.Name]!.GetValue<double>(), StringComparer.Ordinal),
                SentBytes = Require(result, "sent_bytes").GetValue<long>(),
                ReceivedBytes = Require(result, "received_bytes").GetValue<long>(),
                Seconds = Require(result, "seconds").GetValue<double>(),
                Steps = Require(result, "steps").GetValue<int>(),
                Hash = Require(result, "params_sha256").GetValue<string>(),
                Curve = EpochPoint.Read(File.ReadAllLines(path = RunFolder.MetricsPathIn(folder))),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"'{path}' is not what a run leaves: {e.Message}; delete '{folder}' to do that run again", e);
        }
    }

    private static JsonNode Require(JsonNode node, string name) => node[name] ?? throw new FormatException($"it has no '{name}'");
}

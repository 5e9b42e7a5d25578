using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

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

    /// <summary>The rule that ended it before its last epoch; <see langword="null"/> if none did.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>Every epoch.</summary>
    public required IReadOnlyList<EpochPoint> Curve { get; init; }

    /// <summary>All that <c>run.json</c> says.</summary>
    public JsonObject Summary { get; init; } = [];

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
            JsonObject summary = JsonNode.Parse(File.ReadAllBytes(path))?.AsObject() ?? throw new FormatException("it is empty");
            JsonNode result = summary.Require("result");
            return new FinishedRun
            {
                Folder = folder,
                OptionsDigest = summary.Require("options_digest").GetValue<string>(),
                Epochs = summary.Require("options").Require("epochs").GetValue<int>(),
                Measures = Measure.All
                    .Where(m => result[m.Name] is not null)
                    .ToDictionary(m => m.Name, m => result[m.Name]!.GetValue<double>(), StringComparer.Ordinal),
                SentBytes = result.Require("sent_bytes").GetValue<long>(),
                ReceivedBytes = result.Require("received_bytes").GetValue<long>(),
                Seconds = result.Require("seconds").GetValue<double>(),
                Steps = result.Require("steps").GetValue<int>(),
                Hash = result.Require("params_sha256").GetValue<string>(),
                StoppedBy = result["stopped_by"]?.GetValue<string>(),
                Summary = summary,
                Curve = EpochPoint.Read(File.ReadAllLines(path = RunFolder.MetricsPathIn(folder))),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"'{path}' is not what a run leaves: {e.Message}; delete '{folder}' to do that run again", e);
        }
    }
}

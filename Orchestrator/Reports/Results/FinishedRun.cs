using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>
/// The results of a completed run, read from its folder: the single source of all figures in a comparison.
/// </summary>
internal sealed record FinishedRun
{
    public required string Folder { get; init; }

    /// <summary>The content of <c>run.json</c>.</summary>
    public required RunRecord Record { get; init; }

    /// <summary>Planned number of epochs.</summary>
    public required int Epochs { get; init; }

    /// <summary>Metrics on the test set, by <see cref="Measure.Name"/>; undefined ones are missing.</summary>
    public required IReadOnlyDictionary<string, double> Measures { get; init; }

    /// <summary>Every epoch.</summary>
    public required IReadOnlyList<EpochPoint> Curve { get; init; }

    /// <summary>Digest of the flags that determine its result.</summary>
    public string OptionsDigest => Record.OptionsDigest;

    public ResultRecord Result => Record.Result;

    /// <summary>SHA-256 over all parameter bytes.</summary>
    public string? Hash => Result.ParamsSha256;

    /// <summary>Path of its model file.</summary>
    public string ModelPath => Path.Combine(Folder, ModelFile.FileName);

    /// <summary>Reads a run folder.</summary>
    /// <returns><see langword="null"/> if no run has completed there.</returns>
    /// <exception cref="UserErrorException">The folder is damaged.</exception>
    public static FinishedRun? Read(string folder)
    {
        string path = RunFolder.SummaryPathIn(folder);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            RunRecord run = RecordJson.Read<RunRecord>(File.ReadAllBytes(path));
            return new FinishedRun
            {
                Folder = folder,
                Record = run,
                Epochs = (run.Options["epochs"] ?? throw new FormatException("it has no 'epochs'")).GetValue<int>(),
                Measures = Measure.Of(run.Result),
                Curve = EpochPoint.Read(File.ReadAllLines(path = RunFolder.MetricsPathIn(folder))),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"'{path}' is not what a run leaves: {e.Message.ReplaceLineEndings(" ")}; delete '{folder}' to do that run again", e);
        }
    }
}

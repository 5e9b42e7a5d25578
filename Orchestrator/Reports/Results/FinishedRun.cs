using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>What a run that has ended left in its folder: the one source of every figure of a comparison, whoever did the run and when.</summary>
internal sealed record FinishedRun
{
    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>What <c>run.json</c> says.</summary>
    public required RunRecord Record { get; init; }

    /// <summary>Passes over the data that it was to make.</summary>
    public required int Epochs { get; init; }

    /// <summary>How its model does on the test set, by <see cref="Measure.Name"/>; without those that are not defined.</summary>
    public required IReadOnlyDictionary<string, double> Measures { get; init; }

    /// <summary>Every epoch.</summary>
    public required IReadOnlyList<EpochPoint> Curve { get; init; }

    /// <summary>Of the flags that decide its result.</summary>
    public string OptionsDigest => Record.OptionsDigest;

    /// <summary>What came of it.</summary>
    public ResultRecord Result => Record.Result;

    /// <summary>SHA-256 over all parameter bytes.</summary>
    public string Hash => Result.ParamsSha256;

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

using System.Collections.ObjectModel;
using System.Globalization;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>
/// The numbers of runs and epochs, by the columns of <c>results.csv</c>: the single source of all figures in a report.
/// </summary>
internal static class RunNumbers
{
    /// <summary>Bytes sent and received.</summary>
    public const string Bytes = "bytes";

    /// <summary>The main measure minus that of centralized training.</summary>
    public const string MeasureDifference = "difference_from_centralized";

    /// <summary>Difference of the parameters from those of centralized training.</summary>
    public const string ParameterDifference = "max_rel_param_diff";

    /// <summary>The columns, in their order.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "epochs", "steps", .. Measure.All.Select(m => m.Name), "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr", "samples_per_second",
        "sent_bytes", "received_bytes", Bytes, "skipped_rows", "seconds", "total_seconds", MeasureDifference, ParameterDifference,
    ];

    /// <summary>The numbers of a completed run.</summary>
    public static IReadOnlyDictionary<string, double> Of(FinishedRun run)
    {
        ResultRecord result = run.Result;
        var numbers = new Dictionary<string, double>(run.Measures, StringComparer.Ordinal)
        {
            ["sent_bytes"] = result.SentBytes,
            ["received_bytes"] = result.ReceivedBytes,
            [Bytes] = result.SentBytes + result.ReceivedBytes,
        };
        if (result.ValidationLoss is { } loss)
        {
            numbers["validation_loss"] = loss;
        }

        if (result.ValidationAccuracy is { } accuracy)
        {
            numbers["validation_accuracy"] = accuracy;
        }

        numbers["epochs"] = result.Epochs;
        numbers["steps"] = result.Steps;
        numbers["skipped_rows"] = result.SkippedRows;
        numbers["seconds"] = result.Seconds;
        numbers["total_seconds"] = result.TotalSeconds;
        return numbers;
    }

    /// <summary>The numbers of a run after its last completed epoch.</summary>
    public static IReadOnlyDictionary<string, double> SoFar(IReadOnlyList<EpochPoint> curve)
    {
        if (curve.Count == 0)
        {
            return ReadOnlyDictionary<string, double>.Empty;
        }

        // Numbers of that epoch alone do not apply to the run.
        Dictionary<string, double> numbers = Of(curve[^1]).Where(n => n.Key is "steps" or "sent_bytes" or "received_bytes" or Bytes || curve[^1].Measures.ContainsKey(n.Key))
            .ToDictionary(StringComparer.Ordinal);
        numbers["epochs"] = curve[^1].Epoch;
        return numbers;
    }

    /// <summary>The numbers of an epoch: seconds of the epoch itself, bytes and steps since the run began.</summary>
    public static IReadOnlyDictionary<string, double> Of(EpochPoint point)
    {
        var numbers = new Dictionary<string, double>(point.Measures, StringComparer.Ordinal) { [Bytes] = point.Bytes };
        foreach ((string column, double value) in point.Figures)
        {
            numbers[column == "step" ? "steps" : column] = value;
        }

        return numbers;
    }

    /// <summary>A number with full precision; empty if not finite.</summary>
    public static string Exact(double? value) => JsonNumber.Of(value)?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;
}
